"""qbench's gates in Qulacs's: fixed ones, and rotations by Pauli strings.

Qubit ``n - 1 - wire`` holds a wire, so Qulacs's little-endian vectors are in qbench's order.
A rotation in Qulacs is ``exp(+i angle P / 2)``, with the sign that others have reversed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from qulacs import Observable, QuantumGateBase, gate

from qbench.circuit import Angle, Circuit, Expectation, Operation

PAULI_IDS = {"X": 1, "Y": 2, "Z": 3}

PARAMETRIC = {1: gate.ParametricRX, 2: gate.ParametricRY, 3: gate.ParametricRZ}

FIXED: dict[str, Callable[..., Sequence[QuantumGateBase]]] = {
    "H": lambda q: [gate.H(q)],
    "X": lambda q: [gate.X(q)],
    "Y": lambda q: [gate.Y(q)],
    "Z": lambda q: [gate.Z(q)],
    "S": lambda q: [gate.S(q)],
    "T": lambda q: [gate.T(q)],
    "SX": lambda q: [gate.sqrtX(q)],
    "CNOT": lambda c, t: [gate.CNOT(c, t)],
    "CY": lambda c, t: [gate.Sdag(t), gate.CNOT(c, t), gate.S(t)],
    "CZ": lambda c, t: [gate.CZ(c, t)],
    "SWAP": lambda a, b: [gate.SWAP(a, b)],
    "Toffoli": lambda a, b, t: [gate.TOFFOLI(a, b, t)],
}

ROTATIONS: dict[str, list[tuple[int, str, float]]] = {
    "RX": [(0, "X", 1.0)],
    "RY": [(0, "Y", 1.0)],
    "RZ": [(0, "Z", 1.0)],
    "PhaseShift": [(0, "Z", 1.0)],
    "U3": [(2, "Z", 1.0), (0, "Y", 1.0), (1, "Z", 1.0)],
    "CRX": [(0, "IX", 0.5), (0, "ZX", -0.5)],
    "CRY": [(0, "IY", 0.5), (0, "ZY", -0.5)],
    "CRZ": [(0, "IZ", 0.5), (0, "ZZ", -0.5)],
    "CPhase": [(0, "ZI", 0.5), (0, "IZ", 0.5), (0, "ZZ", -0.5)],
    "RXX": [(0, "XX", 1.0)],
    "RYY": [(0, "YY", 1.0)],
    "RZZ": [(0, "ZZ", 1.0)],
}
"""Factors of a gate, first applied first: which of its angles, Pauli string, times what.

From |1><1| = (I - Z)/2 in a control; the strings of one gate commute (but U3's)."""


class Rotation(NamedTuple):
    """``exp(-i factor angle P / 2)``, with P on the qubits."""

    qubits: list[int]
    paulis: list[int]
    angle: Angle
    factor: float

    def fixed(self) -> QuantumGateBase:
        """A gate of a constant angle."""
        return gate.PauliRotation(self.qubits, self.paulis, -self.factor * self.angle.constant)

    def parametric(self) -> QuantumGateBase:
        """A gate whose angle is a parameter; on one qubit Qulacs has quicker ones."""
        if len(self.qubits) == 1:
            return PARAMETRIC[self.paulis[0]](self.qubits[0], 0.0)
        return gate.ParametricPauliRotation(self.qubits, self.paulis, 0.0)


def lower(circuit: Circuit) -> Iterator[QuantumGateBase | Rotation]:
    """The circuit's gates, without its state preparation, in what Qulacs runs."""
    for operation in circuit.gates:
        qubits = [circuit.n_qubits - 1 - wire for wire in operation.wires]
        if operation.gate in FIXED:
            yield from FIXED[operation.gate](*qubits)
            continue
        for which, string, factor in ROTATIONS[operation.gate]:
            if operation.angles[which] == Angle():  # a U3 of two angles
                continue
            on = [(q, PAULI_IDS[p]) for q, p in zip(qubits, string, strict=True) if p != "I"]
            yield Rotation([q for q, _ in on], [p for _, p in on], operation.angles[which], factor)


def preparation(operation: Operation, unit: np.ndarray, n_qubits: int) -> QuantumGateBase:
    """A reflection that takes |0...0> to the unit vector of real amplitudes."""
    axis = -unit
    axis[0] += 1.0
    length = axis @ axis
    matrix = np.eye(len(unit)) - (2.0 / length * np.outer(axis, axis) if length else 0.0)
    qubits = [n_qubits - 1 - wire for wire in reversed(operation.wires)]
    return gate.DenseMatrix(qubits, matrix)


def observable(readout: Expectation, n_qubits: int) -> Observable:
    """An observable as Qulacs's sum of Pauli strings."""
    result = Observable(n_qubits)
    for term in readout.pauli_terms():
        factors = (f"{factor} {n_qubits - 1 - wire}" for wire, factor in term.factors)
        result.add_operator(term.coefficient, " ".join(factors))
    return result
