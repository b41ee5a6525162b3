"""Entanglement patterns: which pairs of wires an entangling layer joins, in what order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

from qbench.circuit.options import choose
from qbench.exceptions import CircuitError

Pairs = list[tuple[int, int]]


def no_pairs(n_qubits: int) -> Pairs:
    """No pair: the qubits stay unentangled."""
    return []


def linear(n_qubits: int) -> Pairs:
    """(0, 1), (1, 2), ...: a chain, as in Qiskit's "linear" and PennyLane's "chain"."""
    return [(i, i + 1) for i in range(n_qubits - 1)]


def reverse_linear(n_qubits: int) -> Pairs:
    """The chain from its end: ..., (1, 2), (0, 1), as in Qiskit's "reverse_linear"."""
    return linear(n_qubits)[::-1]


def ring(n_qubits: int) -> Pairs:
    """The chain, then (n - 1, 0), as in PennyLane's "ring"; one pair on two wires."""
    return linear(n_qubits) + _closing(n_qubits)


def circular(n_qubits: int) -> Pairs:
    """(n - 1, 0), then the chain, as in Qiskit's "circular"; one pair on two wires."""
    return _closing(n_qubits) + linear(n_qubits)


def full(n_qubits: int) -> Pairs:
    """Every pair (i, j) with i < j in lexical order, as in Qiskit's "full"."""
    return list(combinations(range(n_qubits), 2))


def pairwise(n_qubits: int) -> Pairs:
    """(0, 1), (2, 3), ..., then (1, 2), (3, 4), ..., as in Qiskit's "pairwise"."""
    chain = linear(n_qubits)
    return chain[::2] + chain[1::2]


ENTANGLEMENTS: dict[str, Callable[[int], Pairs]] = {
    "none": no_pairs,
    "linear": linear,
    "reverse_linear": reverse_linear,
    "ring": ring,
    "circular": circular,
    "full": full,
    "pairwise": pairwise,
}
"""Every pattern by its name."""


def entangled_pairs(entanglement: str | Sequence[Sequence[int]] | None, n_qubits: int) -> Pairs:
    """The pairs (control, target) of an entangling layer, in order.

    Parameters
    ----------
    entanglement : a name in ENTANGLEMENTS, or a list of pairs
        None is the same as "none".

    Raises
    ------
    CircuitError
        An unknown name, or a pair that does not lie on the wires.
    """
    if entanglement is None:
        return []
    if isinstance(entanglement, str):
        return ENTANGLEMENTS[choose("entanglement", entanglement, ENTANGLEMENTS)](n_qubits)
    if not isinstance(entanglement, Sequence):
        raise CircuitError(f"entanglement is a name or a list of pairs, not {entanglement!r}")
    return [_pair(item, n_qubits) for item in entanglement]


def _pair(item: object, n_qubits: int) -> tuple[int, int]:
    if isinstance(item, Sequence) and len(item) == 2:
        first, second = item
        if first != second and all(type(w) is int and 0 <= w < n_qubits for w in item):
            return first, second
    raise CircuitError(
        f"entanglement: {item!r} is no pair of different wires from 0 to {n_qubits - 1}"
    )


def _closing(n_qubits: int) -> Pairs:
    return [(n_qubits - 1, 0)] if n_qubits > 2 else []
