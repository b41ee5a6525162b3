"""Gates as real matrices on the coefficients of Pauli strings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from qbench.circuit import Operation
from qbench.circuit.gates import PAULIS, Matrix

Real = NDArray[np.float64]
Slots = Sequence[tuple[int, int, int]]
"""Features (X, Y, Z) of each rotation about a random axis."""

Variable = tuple[str, int]
"""("weight", index) or ("axis", slot)."""


@cache
def pauli_basis(n_wires: int) -> Matrix:
    """Pauli strings I, X, Y, Z in lexical order, shape (4**n, 2**n, 2**n)."""
    single = np.array([PAULIS[name] for name in "IXYZ"])
    basis = np.ones((1, 1, 1), dtype=complex)
    for _ in range(n_wires):
        size = 2 * basis.shape[-1]
        basis = np.einsum("iab,jcd->ijacbd", basis, single).reshape(-1, size, size)
    return basis


def transfer_matrix(unitary: Matrix) -> Real:
    """R with R[i, j] = tr(P_i U P_j U+) / 2**n, shape (..., 4**n, 4**n)."""
    basis = pauli_basis(unitary.shape[-1].bit_length() - 1)
    turned = np.einsum(
        "iab,...bc,jcd,...ad->...ij", basis, unitary, basis, unitary.conj(), optimize=True
    )
    matrix: Real = turned.real / unitary.shape[-1]
    return matrix


def transfer_slope(generator: Matrix) -> Real:
    """L with d R / d angle = L R, for d U / d angle = -i G U; shape (..., 4**n, 4**n)."""
    basis = pauli_basis(generator.shape[-1].bit_length() - 1)
    left = np.einsum("iab,...bc,jca->...ij", basis, generator, basis)
    right = np.einsum("iab,jbc,...ca->...ij", basis, basis, generator)
    slope: Real = (-1j * (left - right)).real / generator.shape[-1]
    return slope


def variables(gates: Iterable[Operation], slots: Slots) -> set[Variable]:
    """What is drawn for these gates: weights, and slots of random axes."""
    slot_of = {feature: slot for slot, features in enumerate(slots) for feature in features}
    angles = [angle for gate in gates for angle in gate.angles]
    weights = {("weight", k) for angle in angles for k in angle.weight_indices}
    return weights | {("axis", slot_of[i]) for angle in angles for i in angle.input_indices}
