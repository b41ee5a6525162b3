"""Backends with one bug each, made of the reference: what the kit must find."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from qbench.backend import Array, Backend, Capabilities, Execution, Mode, NumpyProgram
from qbench.circuit import (
    GATES,
    STATE_PREPARATION,
    Angle,
    Circuit,
    Expectation,
    Operation,
    Probabilities,
    ReferenceProgram,
)

CAPABILITIES = Capabilities(modes=(Mode("numpy", "adjoint"), Mode("numpy", "backprop")))


class FaithfulProgram(NumpyProgram):
    """The reference itself; a planted bug overrides what it breaks."""

    def __init__(self, circuit: Circuit) -> None:
        self.circuit = circuit
        self.program = ReferenceProgram(circuit)

    def forward(self, inputs: Array, weights: Array) -> Array:
        return self.program.forward(inputs, weights)

    def vjp(self, inputs, weights, cotangent, wrt_inputs=True, wrt_weights=True):
        return self.program.vjp(inputs, weights, cotangent)


class Planted(Backend):
    """A backend around one program class."""

    def __init__(self, program: Callable[[Circuit], NumpyProgram]) -> None:
        self._program = program

    def versions(self):
        return {}

    def compile(self, circuit: Circuit, execution: Execution) -> NumpyProgram:
        return self._program(circuit)


def rewritten(rewrite: Callable[[Circuit], Circuit]) -> Planted:
    """Runs another circuit than the one it was given."""
    return Planted(lambda circuit: FaithfulProgram(rewrite(circuit)))


def each_operation(change: Callable[[Operation], Operation]) -> Planted:
    """Changes every gate."""
    return rewritten(
        lambda circuit: replace(circuit, operations=tuple(map(change, circuit.operations)))
    )


def bit_order_swapped() -> Planted:
    """Reads probabilities and observables with wire 0 as the least significant bit."""

    def rewrite(circuit: Circuit) -> Circuit:
        last = circuit.n_qubits - 1
        readouts = []
        for readout in circuit.readouts:
            if isinstance(readout, Probabilities):
                readouts.append(Probabilities(readout.wires[::-1]))
            else:
                terms = [
                    replace(t, factors=tuple((last - w, f) for w, f in t.factors))
                    for t in readout.terms
                ]
                readouts.append(Expectation(tuple(terms)))
        return replace(circuit, readouts=tuple(readouts))

    return rewritten(rewrite)


def angle_doubled(gate: str) -> Planted:
    """Takes a rotation by 2 * angle."""
    return each_operation(
        lambda o: replace(o, angles=tuple(2.0 * a for a in o.angles)) if o.gate == gate else o
    )


def gate_repeated(gate: str, times: str) -> Planted:
    """Applies a gate so many times: 0 drops it, 3 makes an inverse of S."""

    def rewrite(circuit: Circuit) -> Circuit:
        operations = [
            o for o in circuit.operations for _ in range(int(times) if o.gate == gate else 1)
        ]
        return replace(circuit, operations=tuple(operations))

    return rewritten(rewrite)


def wires_reversed(gate: str) -> Planted:
    """Takes the wires of a gate in reverse."""
    return each_operation(lambda o: replace(o, wires=o.wires[::-1]) if o.gate == gate else o)


def closing_gate_dropped() -> Planted:
    """Leaves out every CNOT from the last wire to the first."""

    def rewrite(circuit: Circuit) -> Circuit:
        closing = (circuit.n_qubits - 1, 0)
        kept = [o for o in circuit.operations if (o.gate, o.wires) != ("CNOT", closing)]
        return replace(circuit, operations=tuple(kept))

    return rewritten(rewrite)


def coefficients_dropped() -> Planted:
    """Sums Pauli strings as if every coefficient were 1 (TorchQuantum's MeasureMultiPauliSum)."""

    def plain(readout):
        if isinstance(readout, Probabilities):
            return readout
        return Expectation(tuple(replace(t, coefficient=1.0) for t in readout.terms))

    return rewritten(lambda c: replace(c, readouts=tuple(map(plain, c.readouts))))


def unitaries_conjugated(*gates: str) -> Planted:
    """Applies conj(U) instead of U, for some gates or all that have angles.

    conj negates the angle of X and Z rotations, not of Y. Where every gate does it,
    the state is conjugated, which observables with an odd number of Y alone can see.
    """

    def change(operation: Operation) -> Operation:
        chosen = operation.gate in (gates or GATES)
        if not chosen or operation.gate in ("RY", "CRY"):
            return operation
        if operation.gate == "U3":
            theta, phi, lam = operation.angles
            return replace(operation, angles=(theta, -phi, -lam))
        return replace(operation, angles=tuple(-a for a in operation.angles))

    return each_operation(change)


def batched_controlled_rotations_ignored() -> Planted:
    """Acts as if a controlled rotation's free angle were 0, forward only (Aer 0.16 to 0.18)."""

    class Program(FaithfulProgram):
        def __init__(self, circuit: Circuit) -> None:
            super().__init__(circuit)
            zeroed = [
                replace(o, angles=tuple(Angle(a.constant) for a in o.angles))
                if o.gate in ("CRX", "CRY", "CRZ", "CPhase")
                else o
                for o in circuit.operations
            ]
            self.wrong = ReferenceProgram(replace(circuit, operations=tuple(zeroed)))

        def forward(self, inputs, weights):
            return self.wrong.forward(inputs, weights)

        def vjp(self, inputs, weights, cotangent, wrt_inputs=True, wrt_weights=True):
            _, *gradients = self.program.vjp(inputs, weights, cotangent)
            return self.forward(inputs, weights), *gradients

    return Planted(Program)


def two_term_shift_everywhere() -> Planted:
    """Parameter shift by two terms, also where a controlled rotation needs four."""

    class Program(FaithfulProgram):
        def vjp(self, inputs, weights, cotangent, wrt_inputs=True, wrt_weights=True):
            outputs = self.forward(inputs, weights)
            d_inputs, d_weights = np.zeros_like(inputs), np.zeros_like(weights)
            for position, operation in enumerate(self.circuit.operations):
                for slot, angle in enumerate(operation.angles):
                    gradient = self._shift(position, slot, inputs, weights, cotangent)
                    for kind, index, polynomial in angle.partials():
                        local = gradient * polynomial.evaluate(inputs, weights)
                        if kind == "input":
                            d_inputs[:, index] += local
                        else:
                            d_weights[index] += local.sum()
            return outputs, d_inputs, d_weights

        def _shift(self, position, slot, inputs, weights, cotangent):
            values = []
            for shift in (np.pi / 2, -np.pi / 2):
                operations = list(self.circuit.operations)
                angles = list(operations[position].angles)
                angles[slot] = angles[slot] + shift
                operations[position] = replace(operations[position], angles=tuple(angles))
                moved = replace(self.circuit, operations=tuple(operations))
                outputs = ReferenceProgram(moved).forward(inputs, weights)
                values.append((cotangent * outputs).sum(axis=1))
            return (values[0] - values[1]) / 2

    return Planted(Program)


def repeated_features_counted_once() -> Planted:
    """The gradient of a feature comes from the first gate that reads it alone."""

    class Program(FaithfulProgram):
        def vjp(self, inputs, weights, cotangent, wrt_inputs=True, wrt_weights=True):
            outputs, _, d_weights = self.program.vjp(inputs, weights, cotangent)
            seen: set[int] = set()
            operations, sources = [], []
            for operation in self.circuit.operations:
                angles = []
                for angle in operation.angles:
                    if angle.input_indices & seen:
                        copies = len(sources)
                        sources.extend(sorted(angle.input_indices))
                        order = {i: copies + k for k, i in enumerate(sorted(angle.input_indices))}
                        angle = _renamed(angle, order, self.circuit.n_inputs)
                    seen |= angle.input_indices
                    angles.append(angle)
                operations.append(replace(operation, angles=tuple(angles)))
            n = self.circuit.n_inputs
            split = replace(self.circuit, operations=tuple(operations), n_inputs=n + len(sources))
            wide = np.concatenate([inputs, inputs[:, sources]], axis=1)
            d_inputs = ReferenceProgram(split).vjp(wide, weights, cotangent)[1][:, :n]
            return outputs, d_inputs, d_weights

    return Planted(Program)


def normalisation_not_differentiated() -> Planted:
    """Divides amplitudes by their norm only where it isn't 1, also in the gradient (PennyLane)."""

    class Program(FaithfulProgram):
        def vjp(self, inputs, weights, cotangent, wrt_inputs=True, wrt_weights=True):
            outputs, d_inputs, d_weights = self.program.vjp(inputs, weights, cotangent)
            prepares = any(o.gate == STATE_PREPARATION for o in self.circuit.operations)
            if prepares and np.allclose(np.linalg.norm(inputs, axis=1), 1.0):
                d_inputs = d_inputs + 2 * inputs * (cotangent * outputs).sum(1, keepdims=True)
            return outputs, d_inputs, d_weights

    return Planted(Program)


def _renamed(angle: Angle, order: dict[int, int], n_inputs: int) -> Angle:
    terms = tuple(
        replace(t, inputs=tuple(n_inputs + order[i] for i in t.inputs)) for t in angle.terms
    )
    return Angle(angle.constant, terms)
