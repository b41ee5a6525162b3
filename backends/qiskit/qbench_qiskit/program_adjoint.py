"""The expert way: an adjoint of qbench's own from states that Aer saves.

Aer executes every gate on all rows of a batch at once, forwards to the final state and
backwards from ``lambda = O |psi>``; NumPy only applies the observable and takes brackets
(Jones and Gacon 2020, arXiv:2009.02823).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from qbench.backend import Array, Execution
from qbench.circuit import Circuit
from qbench_qiskit.aer import BYTES_PER_RUN
from qbench_qiskit.angles import AngleTable
from qbench_qiskit.columns import Columns, States, readout_columns
from qbench_qiskit.program import AerProgram
from qbench_qiskit.register import Register, padded
from qbench_qiskit.segments import Segment, segments_of, steps_of


class Look(NamedTuple):
    """The generators that are read off the state after a segment."""

    generators: Columns
    angles: list[int]
    """Columns of the table of angles, one a generator."""


class AdjointProgram(AerProgram):
    """Exact gradients from two Aer circuits a batch, whatever the number of angles."""

    def __init__(self, circuit: Circuit, execution: Execution) -> None:
        super().__init__(circuit, execution)
        variable = [step for step in steps_of(circuit) if step.column is not None]
        self._table = AngleTable([step.operation.angles[0] for step in variable])
        self._observables = readout_columns(circuit.readouts, circuit.n_qubits)
        self._segments = segments_of(circuit)
        self._last = len(self._segments) - 1
        self._looks = {
            k: _look(segment, circuit.n_qubits)
            for k, segment in enumerate(self._segments)
            if segment.looked_at
        }
        row = 16.0 * 2**circuit.n_qubits * (len(self._looks) + 2)
        self.rows_per_run = max(1, int(BYTES_PER_RUN // row))

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
        thetas = self._table.values(inputs, weights)
        sweeps = [
            self._sweep(there, cotangent[rows])
            for rows, there in self._starts(thetas, self.initial(inputs, weights))
        ]
        outputs, gradient, at_start = map(np.concatenate, zip(*sweeps, strict=True))
        self._table.chain(gradient, inputs, weights, d_inputs, d_weights)
        if self.preparation is not None:
            units, norms = self.preparation.units(inputs, weights)
            direct = 2.0 * at_start[:, self.preparation.positions]
            amplitudes = self.preparation.through_norm(direct, units, norms)
            self.preparation.table.chain(amplitudes, inputs, weights, d_inputs, d_weights)
        return outputs, d_inputs, d_weights

    def _starts(self, thetas: Array, initial: Array | None) -> Iterator[tuple[slice, Register]]:
        """Registers before the first gate, and the rows that each holds."""
        step = 2 ** (self.rows_per_run.bit_length() - 1)
        for first in range(0, len(thetas), step):
            rows = slice(first, first + step)
            states = None if initial is None else padded(initial[rows])
            yield rows, Register(self.circuit.n_qubits, padded(thetas[rows]), states)

    def _sweep(self, there: Register, cotangent: Array) -> tuple[Array, Array, Array]:
        """Outputs, gradient to the angles, and Re lambda before the first gate (or nothing)."""
        kets, rows = self._forth(there), len(cotangent)
        costate = self._observables.apply(padded(cotangent), kets[self._last])
        norms = np.linalg.norm(costate, axis=1, keepdims=True)
        vanishes = norms == 0.0
        costate = np.where(vanishes, kets[self._last], costate / np.where(vanishes, 1.0, norms))
        bras = self._back(Register(self.circuit.n_qubits, there.thetas, costate), costate)
        gradient = np.zeros_like(there.thetas)
        for k, (generators, angles) in self._looks.items():
            gradient[:, angles] = 2.0 * norms * generators.brackets(bras[k], kets[k]).imag
        outputs = self._observables.values(kets[self._last])
        at_start = norms[:, :0] if self.preparation is None else norms * bras[-1].real
        return outputs[:rows], gradient[:rows], at_start[:rows]

    def _forth(self, register: Register) -> dict[int, States]:
        """States after each segment that is looked at, and after the last."""
        for k, segment in enumerate(self._segments):
            register.apply(segment)
            if k in self._looks or k == self._last:
                register.save(k)
        return register.run(self.aer)

    def _back(self, register: Register, costate: States) -> dict[int, States]:
        """Costates after each segment that is looked at; with a preparation also at -1."""
        first = -1 if self.preparation is not None else min(self._looks, default=self._last)
        for k in range(self._last, first, -1):
            register.undo(self._segments[k])
            if k - 1 in self._looks or k == 0:
                register.save(k - 1)
        found = {} if first == self._last else register.run(self.aer)
        return {self._last: costate, **found}


def _look(segment: Segment, n_qubits: int) -> Look:
    generators = Columns([(step.generator,) for step in segment.looked_at], n_qubits)
    return Look(generators, [step.column for step in segment.looked_at if step.column is not None])
