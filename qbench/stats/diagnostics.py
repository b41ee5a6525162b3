"""What a circuit's random states say of it: expressibility and entangling capability.

Both are measures of Sim, Johnson and Aspuru-Guzik, "Expressibility and entangling
capability of parameterized quantum circuits for hybrid quantum-classical
algorithms", Advanced Quantum Technologies 2, 1900070 (2019), arXiv:1905.10876.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

Real = NDArray[np.float64]
States = NDArray[np.complexfloating]

_ROUNDING = 1e-3
"""How far a fidelity may leave [0, 1]: far above what single precision does."""


@dataclass(frozen=True)
class Expressibility:
    """How far a circuit's fidelities are from those of Haar-random states.

    Attributes
    ----------
    divergence : float
        KL divergence of the histogram of fidelities from the Haar distribution, nats.
    standard_error : float
    bias : float
        What this estimate would be on average for Haar-random states themselves, nats:
        a divergence near it can't be told from 0.
    n_pairs, bins : int
    """

    divergence: float
    standard_error: float
    bias: float
    n_pairs: int
    bins: int


def fidelities(first: States, second: States) -> Real:
    """``|<first|second>|**2`` row by row, shape (rows,), of states (rows, 2**n)."""
    overlaps = np.einsum("rs,rs->r", np.conj(first), second)
    return np.asarray(overlaps.real**2 + overlaps.imag**2, dtype=np.float64)


def expressibility(fidelities: ArrayLike, n_qubits: int, bins: int = 75) -> Expressibility:
    """KL divergence of fidelities from those of Haar-random states (Sim et al. 2019, eq. 9).

    With p the shares of the bins and q their Haar masses it is ``sum p ln(p / q)``.
    It depends on the number of bins and, by its bias, on the number of pairs;
    the paper takes 75 bins and 5000 pairs. An idle circuit has ``(2**n - 1) ln(bins)``.

    The standard error is the delta method's, ``sqrt((sum p ln(p/q)**2 - KL**2) / m)``
    for m pairs. Near Haar randomness, where 2 m KL is chi-squared, that is too long by
    up to sqrt(2), never too short.

    Parameters
    ----------
    fidelities : array-like, shape (pairs,)
        Of pairs of states at independent random weights.

    Raises
    ------
    ValueError
        Fewer than 2 pairs, fewer than 2 bins, or values outside [0, 1].
    """
    values = np.asarray(fidelities, dtype=np.float64).ravel()
    if len(values) < 2 or bins < 2:
        raise ValueError(f"expressibility needs 2 pairs and 2 bins, not {len(values)} and {bins}")
    if not ((values >= -_ROUNDING) & (values <= 1 + _ROUNDING)).all():
        raise ValueError("fidelities lie between 0 and 1: these states are not normalised")
    pairs = len(values)
    counts, _ = np.histogram(np.clip(values, 0.0, 1.0), bins=bins, range=(0.0, 1.0))
    log_masses = haar_log_masses(n_qubits, bins)
    found = counts > 0
    shares = counts[found] / pairs
    ratios = np.log(shares) - log_masses[found]
    divergence = float(shares @ ratios)
    error = math.sqrt(max(float(shares @ ratios**2) - divergence**2, 0.0) / pairs)
    return Expressibility(divergence, error, haar_bias(pairs, log_masses), pairs, bins)


def haar_log_masses(n_qubits: int, bins: int) -> Real:
    """Logarithm of the probability that a Haar-random pair's fidelity falls in each bin.

    The density is ``(N - 1) (1 - F)**(N - 2)`` with ``N = 2**n`` (Zyczkowski and Sommers
    2005, Physical Review A 71, 032313), so the mass from l to u is exactly
    ``(1 - l)**(N - 1) - (1 - u)**(N - 1)``. In logarithms it never underflows.

    Returns
    -------
    array, shape (bins,)
    """
    power = 2.0**n_qubits - 1
    with np.errstate(divide="ignore"):
        tails = power * np.log(np.arange(bins, -1, -1) / bins)
    return np.asarray(tails[:-1] + np.log(-np.expm1(tails[1:] - tails[:-1])), dtype=np.float64)


def haar_bias(pairs: int, log_masses: Real) -> float:
    """Expected divergence of a histogram whose pairs do follow the masses, nats.

    A bin with mass q counts x pairs, binomial, and contributes
    ``E[x/m ln(x / (m q))]``: an exact sum, taken to 12 standard deviations.
    For many pairs it tends to ``(bins - 1) / (2 m)`` (Miller 1955).
    """
    total = 0.0
    for log_mass in log_masses:
        mass = math.exp(log_mass)
        middle, reach = pairs * mass, 12 * math.sqrt(pairs * mass) + 40
        counts = np.arange(max(1, int(middle - reach)), min(pairs, int(middle + reach)) + 1)
        logs = np.log(counts / pairs) - log_mass
        total += float(stats.binom.pmf(counts, pairs, mass) @ (counts * logs)) / pairs
    return total


def meyer_wallach(states: States, n_qubits: int) -> Real:
    """Meyer and Wallach's Q of each state: 0 for products, 1 when every qubit is fully mixed.

    ``Q = 2 (1 - mean over qubits of Tr rho_k**2)`` (Meyer and Wallach 2002, Journal of
    Mathematical Physics 43, 4273; in this form Brennen 2003, Quantum Information and
    Computation 3, 619). Sim et al.'s entangling capability is its mean over states.

    Parameters
    ----------
    states : complex array, shape (rows, 2**n_qubits)
        Normalised. Half as much memory again is used.

    Returns
    -------
    array, shape (rows,)

    Raises
    ------
    ValueError
        The states have another number of qubits.
    """
    states = np.asarray(states)
    if states.ndim != 2 or states.shape[1] != 2**n_qubits:
        raise ValueError(f"states need shape (rows, {2**n_qubits}), not {states.shape}")
    purity = np.zeros(len(states))
    for wire in range(n_qubits):
        halves = states.reshape(len(states), 2**wire, 2, -1)
        zero, one = halves[:, :, 0], halves[:, :, 1]
        diagonal = [_inner(half, half).real for half in (zero, one)]
        purity += diagonal[0] ** 2 + diagonal[1] ** 2 + 2 * np.abs(_inner(zero, one)) ** 2
    return np.asarray(2 * (1 - purity / n_qubits), dtype=np.float64)


def haar_mean_meyer_wallach(n_qubits: int) -> float:
    """Mean Q of Haar-random states, ``(d - 2) / (d + 1)`` with ``d = 2**n``.

    Scott and Caves 2003, Journal of Physics A 36, 9553.
    """
    dimension = 2.0**n_qubits
    return (dimension - 2) / (dimension + 1)


def _inner(first: States, second: States) -> NDArray[np.complexfloating]:
    products: NDArray[np.complexfloating] = np.einsum("rab,rab->r", first.conj(), second)
    return products
