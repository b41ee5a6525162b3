"""The gate catalogue: matrices, generators and shift rules.

Conventions (those that PennyLane and Qiskit share): wire 0 of a gate is the
most significant bit of its matrix, controls come first, rotations are
``exp(-i angle G)`` with the generator G.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.complex128]
Real = NDArray[np.float64]

_I: Matrix = np.eye(2, dtype=complex)
_X: Matrix = np.array([[0, 1], [1, 0]], dtype=complex)
_Y: Matrix = np.array([[0, -1j], [1j, 0]])
_Z: Matrix = np.diag([1.0, -1.0]).astype(complex)
_P0: Matrix = np.diag([1.0, 0.0]).astype(complex)
_P1: Matrix = np.diag([0.0, 1.0]).astype(complex)
_H: Matrix = (_X + _Z) / np.sqrt(2)

PAULIS: dict[str, Matrix] = {"I": _I, "X": _X, "Y": _Y, "Z": _Z, "P0": _P0, "P1": _P1}
"""One-qubit factors of observables; P0 = |0><0|, P1 = |1><1|."""


@dataclass(frozen=True)
class Gate:
    """One gate of the catalogue.

    Attributes
    ----------
    frequencies : one tuple an angle
        The positive gaps between eigenvalues of the angle's generator: (1,)
        takes the two-term shift rule, (0.5, 1) the four-term rule (Wierichs et
        al. 2022, "General parameter-shift rules for quantum gradients").
    generator : matrix, or None
        G in ``exp(-i angle G)`` for gates of one angle.
    """

    name: str
    n_wires: int
    n_angles: int
    frequencies: tuple[tuple[float, ...], ...]
    generator: Matrix | None
    diagonal: bool
    _matrix: Callable[..., Matrix]

    def matrix(self, *angles: Any) -> Matrix:
        """The unitary, shape (..., d, d) for angles of shape (...,), radians."""
        return self._matrix(*angles)

    def generators(self, *angles: Any) -> list[Matrix]:
        """For each angle the G with ``d matrix / d angle = -i G matrix``, shape (..., d, d)."""
        if self.n_angles == 0:
            return []
        if self.generator is not None:
            return [self.generator]
        return _u3_generators(*angles)


def _exponential(generator: NDArray[Any]) -> Callable[[Any], Matrix]:
    values, vectors = np.linalg.eigh(generator)
    size = len(values)
    flat = np.einsum("ik,jk->kij", vectors, vectors.conj()).reshape(size, -1)

    def matrix(angle: Any) -> Matrix:
        phases = np.exp(-1j * np.asarray(angle, dtype=float)[..., None] * values)
        result: Matrix = (phases @ flat).reshape(*phases.shape[:-1], size, size)
        return result

    return matrix


def _u3(theta: Any, phi: Any, lam: Any) -> Matrix:
    theta, phi, lam = np.broadcast_arrays(*(np.asarray(a, dtype=float) for a in (theta, phi, lam)))
    c, s = np.cos(theta / 2), np.sin(theta / 2)
    rows = [[c + 0j, -np.exp(1j * lam) * s], [np.exp(1j * phi) * s, np.exp(1j * (phi + lam)) * c]]
    return np.moveaxis(np.array(rows), (0, 1), (-2, -1))


def _u3_generators(theta: Any, phi: Any, lam: Any) -> list[Matrix]:
    before = _exponential(_Z / 2)(phi)
    full = _u3(theta, phi, lam)
    by_theta: Matrix = before @ (_Y / 2) @ np.swapaxes(before.conj(), -1, -2)
    by_lam: Matrix = -1.0 * (full @ _P1 @ np.swapaxes(full.conj(), -1, -2))
    return [by_theta, -1.0 * _P1, by_lam]


def _controlled(matrix: Matrix) -> Matrix:
    d = matrix.shape[0]
    result = np.eye(2 * d, dtype=complex)
    result[d:, d:] = matrix
    return result


def _is_diagonal(matrix: Matrix) -> bool:
    return bool(np.allclose(matrix, np.diag(np.diag(matrix))))


def _fixed(name: str, matrix: NDArray[Any]) -> Gate:
    matrix = matrix.astype(complex)
    n_wires = int(np.log2(matrix.shape[0]))
    return Gate(name, n_wires, 0, (), None, _is_diagonal(matrix), lambda: matrix)


def _rotation(name: str, generator: NDArray[Any]) -> Gate:
    generator = generator.astype(complex)
    n_wires = int(np.log2(generator.shape[0]))
    values = np.linalg.eigvalsh(generator)
    gaps = {round(float(abs(a - b)), 9) for a in values for b in values} - {0.0}
    frequencies = (tuple(sorted(gaps)),)
    diagonal = _is_diagonal(generator)
    return Gate(name, n_wires, 1, frequencies, generator, diagonal, _exponential(generator))


_SWAP = np.eye(4, dtype=complex)[[0, 2, 1, 3]]
_TOFFOLI = _controlled(_controlled(_X))
_SX = 0.5 * np.array([[1 + 1j, 1 - 1j], [1 - 1j, 1 + 1j]])

_CATALOGUE = [
    _fixed("H", _H),
    _fixed("X", _X),
    _fixed("Y", _Y),
    _fixed("Z", _Z),
    _fixed("S", np.diag([1, 1j])),
    _fixed("T", np.diag([1, np.exp(0.25j * np.pi)])),
    _fixed("SX", _SX),
    _rotation("RX", _X / 2),
    _rotation("RY", _Y / 2),
    _rotation("RZ", _Z / 2),
    _rotation("PhaseShift", -1.0 * _P1),
    Gate("U3", 1, 3, ((1.0,), (1.0,), (1.0,)), None, False, _u3),
    _fixed("CNOT", _controlled(_X)),
    _fixed("CY", _controlled(_Y)),
    _fixed("CZ", _controlled(_Z)),
    _fixed("SWAP", _SWAP),
    _rotation("CRX", np.kron(_P1, _X / 2)),
    _rotation("CRY", np.kron(_P1, _Y / 2)),
    _rotation("CRZ", np.kron(_P1, _Z / 2)),
    _rotation("CPhase", -1.0 * np.kron(_P1, _P1)),
    _rotation("RXX", np.kron(_X, _X) / 2),
    _rotation("RYY", np.kron(_Y, _Y) / 2),
    _rotation("RZZ", np.kron(_Z, _Z) / 2),
    _fixed("Toffoli", _TOFFOLI),
]

GATES: dict[str, Gate] = {gate.name: gate for gate in _CATALOGUE}
"""Every unitary gate by its name."""

STATE_PREPARATION = "StatePreparation"
"""An operation that is no gate: it prepares, from |0...0>, the real amplitudes
given by its ``2**len(wires)`` angles, divided by their norm. It may stand first
only, on the wires 0, 1, ... in order (amplitude encoding)."""
