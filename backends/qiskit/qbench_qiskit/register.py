"""The rows of a batch side by side in one Aer circuit, numbered by qubits of a register.

With 2**m rows the state is ``sum_r |r> |psi_r> / sqrt(2**m)`` on ``n_qubits + m`` qubits, the
register's most significant. A gate whose angle all rows share is one gate of the circuit's own
qubits, whatever the number of rows. A rotation ``exp(-i theta_r G)`` whose angle depends on the
row is a diagonal gate of its qubits and the register, in the basis where G is diagonal: a
uniformly controlled rotation (Möttönen et al. 2004, Phys. Rev. Lett. 93, 130502).
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit.library import DiagonalGate
from qiskit_aer.library import SetStatevector

from qbench.backend import Array
from qbench_qiskit.aer import Aer
from qbench_qiskit.columns import States
from qbench_qiskit.segments import GENERATORS, Segment, Step
from qbench_qiskit.translate import append

INVERSES = {"S": QuantumCircuit.sdg, "T": QuantumCircuit.tdg, "SX": QuantumCircuit.sxdg}
"""Of the gates without an angle; every other one is its own inverse."""

AXES = {
    "X": (QuantumCircuit.h, QuantumCircuit.h),
    "Y": (QuantumCircuit.sx, QuantumCircuit.sxdg),
}
"""Gates before and after Z that make it another Pauli: X = H Z H, Y = SX† Z SX."""


def padded(values: NDArray[Any]) -> NDArray[Any]:
    """Values with rows up to a power of two, the last one repeated."""
    missing = 2 ** (len(values) - 1).bit_length() - len(values)
    return np.pad(values, ((0, missing), (0, 0)), mode="edge") if missing else values


@cache
def spectrum(gate: str) -> Array:
    """Eigenvalues of a rotation's generator, its first wire least significant."""
    coefficient, factors = GENERATORS[gate]
    values = np.array([coefficient])
    for factor in factors:
        values = np.kron([0.0, 1.0] if factor == "P1" else [1.0, -1.0], values)
    return values


class Register:
    """A circuit that runs a batch, appended to segment by segment.

    Every angle is a number when Aer sees it, so controlled rotations are right without a
    transpilation.

    Parameters
    ----------
    thetas : array, shape (2**m, angles), radians
        Every variable angle of every row.
    states : array, shape (2**m, 2**n_qubits), or None for |0...0>
        Unit vectors to start from, in Qiskit's order.
    """

    def __init__(self, n_qubits: int, thetas: Array, states: NDArray[Any] | None = None) -> None:
        self.thetas = thetas
        rows = len(thetas)
        self._rows = list(range(n_qubits, n_qubits + rows.bit_length() - 1))
        self._scale = float(np.sqrt(rows))
        self._circuit = QuantumCircuit(n_qubits + len(self._rows))
        self._saved: list[int] = []
        if states is not None:
            start = SetStatevector(states.ravel() / self._scale)
            self._circuit.append(start, self._circuit.qubits)
        elif self._rows:
            self._circuit.h(self._rows)

    def apply(self, segment: Segment) -> None:
        """Append the gates of a segment."""
        for step in segment.steps:
            self._append(step, 1.0)

    def undo(self, segment: Segment) -> None:
        """Append the inverse of a segment."""
        for step in reversed(segment.steps):
            self._append(step, -1.0)

    def save(self, place: int) -> None:
        """Have Aer save the states of all rows here."""
        self._circuit.save_statevector(label=str(place))
        self._saved.append(place)

    def run(self, aer: Aer) -> dict[int, States]:
        """The saved states by place, each of shape (2**m, 2**n_qubits)."""
        saved, shape = aer.saved(self._circuit, len(self.thetas)), (len(self.thetas), -1)
        return {
            place: np.asarray(saved[str(place)], dtype=complex).reshape(shape) * self._scale
            for place in self._saved
        }

    def _append(self, step: Step, sign: float) -> None:
        operation = step.operation
        if step.varies and self._rows:
            self._append_diagonal(step, sign)
        elif sign < 0 and operation.gate in INVERSES:
            INVERSES[operation.gate](self._circuit, *operation.wires)
        else:
            values = [sign * angle.constant for angle in operation.angles]
            if step.column is not None:
                values = [sign * float(self.thetas[0, step.column])]
            append(self._circuit, operation, values)

    def _append_diagonal(self, step: Step, sign: float) -> None:
        gate, wires = step.operation.gate, step.operation.wires
        phases = np.exp(-1j * sign * np.outer(self.thetas[:, step.column], spectrum(gate)))
        factors = GENERATORS[gate][1]
        axes = {w: f for w, f in zip(wires, factors, strict=True) if f in AXES}
        for wire, factor in axes.items():
            AXES[factor][0](self._circuit, wire)
        self._circuit.append(DiagonalGate(phases.ravel().tolist()), [*wires, *self._rows])
        for wire, factor in axes.items():
            AXES[factor][1](self._circuit, wire)
