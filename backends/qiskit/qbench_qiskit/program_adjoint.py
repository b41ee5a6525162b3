"""The expert way: an adjoint of qbench's own from states that Aer saves.

Aer executes every gate, forwards to the final state and backwards from
``lambda = O |psi>``; NumPy only applies the observable and takes brackets
(Jones and Gacon 2020, arXiv:2009.02823).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter, ParameterVector

from qbench.backend import Array, Execution
from qbench.circuit import Circuit
from qbench_qiskit.aer import Saved, Template
from qbench_qiskit.angles import AngleTable
from qbench_qiskit.columns import Columns, States, readout_columns
from qbench_qiskit.program import AerProgram
from qbench_qiskit.segments import Segment, segments_of, steps_of
from qbench_qiskit.translate import append, lower


class Look(NamedTuple):
    """A saved state, and the generators that are read off it."""

    label: str
    generators: Columns
    angles: list[int]
    """Columns of the table of angles, one a generator."""


class AdjointProgram(AerProgram):
    """Exact gradients from two Aer runs a batch, whatever the number of angles."""

    def __init__(self, circuit: Circuit, execution: Execution) -> None:
        super().__init__(circuit, execution)
        segments = segments_of(circuit)
        variable = [step for step in steps_of(circuit) if step.column is not None]
        self._table = AngleTable([step.operation.angles[0] for step in variable])
        self._observables = readout_columns(circuit.readouts, circuit.n_qubits)
        self._looks = [_look(k, s, circuit.n_qubits) for k, s in enumerate(segments) if s.looked_at]
        angles = list(ParameterVector("theta", len(self._table)))
        parts = [lower(_gates(segment, angles, circuit.n_qubits)) for segment in segments]
        bytes_per_row = 16.0 * 2**circuit.n_qubits * (len(self._looks) + 2)
        forward = _forward(parts, segments, self.readouts.append)
        self._forward = Template(forward, angles, bytes_per_row + self.readouts.bytes_per_row)
        backward = _backward(parts, segments, to_start=self.preparation is not None)
        self._backward = Template(backward, angles, bytes_per_row)

    def vjp(
        self,
        inputs: Array,
        weights: Array,
        cotangent: Array,
        wrt_inputs: bool = True,
        wrt_weights: bool = True,
    ) -> tuple[Array, Array, Array]:
        """Outputs and both gradients (one sweep gives both)."""
        d_inputs, d_weights = np.zeros_like(inputs), np.zeros_like(weights)
        thetas, initial = self._table.values(inputs, weights), self.initial(inputs, weights)
        outputs, gradient = np.empty_like(cotangent), np.empty_like(thetas)
        at_start = np.empty((len(inputs), 2**self.circuit.n_qubits))
        step = self._forward.rows_per_run
        for start in range(0, len(inputs), step):
            rows = slice(start, start + step)
            states = None if initial is None else initial[rows]
            outputs[rows], gradient[rows], at_start[rows] = self._sweep(
                thetas[rows], states, cotangent[rows]
            )
        self._table.chain(gradient, inputs, weights, d_inputs, d_weights)
        if self.preparation is not None:
            units, norms = self.preparation.units(inputs, weights)
            direct = 2.0 * at_start[:, self.preparation.positions]
            amplitudes = self.preparation.through_norm(direct, units, norms)
            self.preparation.table.chain(amplitudes, inputs, weights, d_inputs, d_weights)
        return outputs, d_inputs, d_weights

    def _sweep(
        self, thetas: Array, initial: Array | None, cotangent: Array
    ) -> tuple[Array, Array, Array]:
        """Outputs, gradient to the angles, and Re lambda before the first gate."""
        there = [s for chunk in self.aer.run(self._forward, thetas, initial) for s in chunk]
        final = _states(there, "final")
        costate = self._observables.apply(cotangent, final)
        norms = np.linalg.norm(costate, axis=1, keepdims=True)
        vanishes = norms == 0.0
        costate = np.where(vanishes, final, costate / np.where(vanishes, 1.0, norms))
        back = [s for chunk in self.aer.run(self._backward, thetas, costate) for s in chunk]
        gradient = np.zeros_like(thetas)
        for label, generators, angles in self._looks:
            brackets = generators.brackets(_states(back, label), _states(there, label))
            gradient[:, angles] = 2.0 * norms * brackets.imag
        at_start = np.zeros(final.shape)
        if self.preparation is not None:
            at_start = norms * _states(back, "start").real
        return self.readouts.outputs(there), gradient, at_start


def _look(k: int, segment: Segment, n_qubits: int) -> Look:
    generators = Columns([(step.generator,) for step in segment.looked_at], n_qubits)
    columns = [step.column for step in segment.looked_at if step.column is not None]
    return Look(f"after{k}", generators, columns)


def _gates(segment: Segment, angles: list[Parameter], n_qubits: int) -> QuantumCircuit:
    circuit = QuantumCircuit(n_qubits)
    for step in segment.steps:
        values: list[Any] = [angle.constant for angle in step.operation.angles]
        if step.column is not None:
            values = [angles[step.column]]
        append(circuit, step.operation, values)
    return circuit


def _forward(
    parts: list[QuantumCircuit], segments: list[Segment], measure: Callable[[QuantumCircuit], None]
) -> QuantumCircuit:
    circuit = QuantumCircuit(parts[0].num_qubits)
    for k, (part, segment) in enumerate(zip(parts, segments, strict=True)):
        circuit.compose(part, inplace=True)
        if segment.looked_at:
            circuit.save_statevector(label=f"after{k}")
    circuit.save_statevector(label="final")
    measure(circuit)
    return circuit


def _backward(
    parts: list[QuantumCircuit], segments: list[Segment], *, to_start: bool
) -> QuantumCircuit:
    """The inverse gates down to the first segment that is read, or to the start."""
    circuit = QuantumCircuit(parts[0].num_qubits)
    for k, (part, segment) in reversed(list(enumerate(zip(parts, segments, strict=True)))):
        if segment.looked_at:
            circuit.save_statevector(label=f"after{k}")
        if k > 0 or to_start:
            circuit.compose(part.inverse(), inplace=True)
    if to_start:
        circuit.save_statevector(label="start")
    return circuit


def _states(saved: list[Saved], label: str) -> States:
    return np.array([np.asarray(row[label]) for row in saved], dtype=complex)
