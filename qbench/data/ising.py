"""Quantum data: ground states of the transverse-field Ising chain on both sides of its transition.

    H = -J sum_i Z_i Z_(i+1) - h sum_i X_i,    J = 1

Below h = J the chain is ordered, above it paramagnetic (P. Pfeuty, Annals of Physics 57,
79, 1970). All off-diagonal entries of H are -h, so by Perron and Frobenius the ground
state of a finite chain is unique and its amplitudes can be taken positive: it is even
under the flip of all spins, and is looked for among even states alone, where the ordered
phase has no second state of almost the same energy. Wire 0 is the most significant bit.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qbench.data.tables import Table
from qbench.exceptions import DataError

PHASES = ("ordered", "paramagnetic")

MOST_QUBITS = 10
"""Even states of so many spins are diagonalised in a tenth of a second."""

_DECIMALS = 12
"""Of the amplitudes: the last digits of an eigenvector differ between machines."""


def tfim(
    n_samples: int,
    n_qubits: int,
    h_min: float,
    h_max: float,
    gap: float,
    boundary: str,
    random_state: int,
) -> Table:
    """Ground states as rows of ``2**n_qubits`` amplitudes, labelled by their phase.

    Half of the fields h / J are uniform in [h_min, 1 - gap], the others in
    [1 + gap, h_max].

    Raises
    ------
    DataError
        A number of qubits, or an interval of fields, that leaves no states.
    """
    fewest = 3 if boundary == "periodic" else 2
    if not fewest <= n_qubits <= MOST_QUBITS:
        raise DataError(
            f"tfim: n_qubits of a chain with {boundary} ends is {fewest} to {MOST_QUBITS}, "
            f"not {n_qubits}"
        )
    if not (0 < h_min <= 1 - gap and 1 + gap <= h_max and gap > 0):
        raise DataError(
            "tfim: fields lie in [h_min, 1 - gap] and [1 + gap, h_max], h_min and gap above 0; "
            f"h_min = {h_min:g}, h_max = {h_max:g} and gap = {gap:g} leave one of them empty"
        )
    generator = np.random.default_rng(random_state)
    y = generator.permutation(np.arange(n_samples) % 2)
    within = generator.uniform(size=n_samples)
    fields = np.where(
        y == 0, h_min + within * (1 - gap - h_min), 1 + gap + within * (h_max - 1 - gap)
    )
    bonds, flips = _chain(n_qubits, boundary == "periodic")
    x = np.array([_ground_state(bonds, flips, field)[1] for field in fields])
    names = tuple(f"{index:0{n_qubits}b}" for index in range(2**n_qubits))
    return Table(np.round(x, _DECIMALS), y.astype(np.int64), names, PHASES)


def ground_state(n_qubits: int, field: float, periodic: bool) -> tuple[float, NDArray[np.float64]]:
    """Energy in units of J and the amplitudes, all positive, shape (2**n_qubits,)."""
    return _ground_state(*_chain(n_qubits, periodic), field)


def _chain(n_qubits: int, periodic: bool) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """-sum Z Z of every even state, and where each X leads it, shape (states, n_qubits).

    An even state goes by that of its two bit strings in which wire 0 is 0.
    """
    states = np.arange(2 ** (n_qubits - 1))
    bits = 1 << np.arange(n_qubits)[::-1]
    spins = 1.0 - 2.0 * ((states[:, None] & bits) > 0)
    following = np.roll(spins, -1, axis=1)
    pairs = n_qubits if periodic else n_qubits - 1
    bonds = -(spins * following)[:, :pairs].sum(axis=1)
    flipped = states[:, None] ^ bits
    return bonds, np.minimum(flipped, 2**n_qubits - 1 - flipped)


def _ground_state(
    bonds: NDArray[np.float64], flips: NDArray[np.int64], field: float
) -> tuple[float, NDArray[np.float64]]:
    from scipy.linalg import eigh

    matrix = np.diag(bonds)
    rows = np.broadcast_to(np.arange(len(bonds))[:, None], flips.shape)
    np.add.at(matrix, (flips, rows), -field)
    energies, vectors = eigh(matrix, subset_by_index=(0, 0))
    half = np.abs(vectors[:, 0]) / np.sqrt(2)
    return float(energies[0]), np.concatenate([half, half[::-1]])
