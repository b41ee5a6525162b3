"""Observables on saved states: brackets and application, in Qiskit's bit order."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from qbench.backend import Array
from qbench.circuit import ObservableTerm, Probabilities, Readout

Terms = Sequence[ObservableTerm]
States = NDArray[np.complex128]
"""Shape (batch, 2**n_qubits), qubit 0 least significant."""


class Columns:
    """Operators that are sums of products of X, Y, Z, P0 and P1, one a column.

    A product maps ``psi`` to ``v * psi[i ^ flips]``: the products of all columns
    with the same flips become one matrix (2**n_qubits, columns) of vectors v.
    """

    def __init__(self, operators: Sequence[Terms], n_qubits: int) -> None:
        self._count = len(operators)
        states = np.arange(2**n_qubits)
        groups: dict[int, dict[int, NDArray[np.complex128]]] = {}
        for column, terms in enumerate(operators):
            for term in terms:
                flips, vector = _flips_and_vector(term, states)
                group = groups.setdefault(flips, {})
                group[column] = group.get(column, 0) + vector
        self._groups = [
            (None if flips == 0 else states ^ flips, list(group), _stacked(list(group.values())))
            for flips, group in groups.items()
        ]

    def brackets(self, bra: States, ket: States) -> NDArray[np.complex128]:
        """<bra| operator |ket>, shape (batch, columns)."""
        result = np.zeros((len(bra), self._count), dtype=complex)
        conjugate = bra.conj()
        for index, columns, vectors in self._groups:
            moved = ket if index is None else np.take(ket, index, axis=1)
            result[:, columns] += (conjugate * moved) @ vectors
        return result

    def values(self, states: States) -> Array:
        """Expectation values, shape (batch, columns)."""
        return self.brackets(states, states).real

    def apply(self, coefficients: Array, ket: States) -> States:
        """sum over columns of coefficient * operator |ket>, coefficients (batch, columns)."""
        result = np.zeros(ket.shape, dtype=complex)
        for index, columns, vectors in self._groups:
            moved = ket if index is None else np.take(ket, index, axis=1)
            result += (coefficients[:, columns] @ vectors.T) * moved
        return result


def readout_columns(readouts: Sequence[Readout], n_qubits: int) -> Columns:
    """One operator an output: observables, and the projectors of probabilities."""
    operators: list[Terms] = []
    for readout in readouts:
        if isinstance(readout, Probabilities):
            for bits in product("01", repeat=len(readout.wires)):
                factors = tuple((w, f"P{b}") for w, b in zip(readout.wires, bits, strict=True))
                operators.append((ObservableTerm(1.0, factors),))
        else:
            operators.append(readout.terms)
    return Columns(operators, n_qubits)


def _flips_and_vector(
    term: ObservableTerm, states: NDArray[np.int64]
) -> tuple[int, NDArray[np.complex128]]:
    flips, vector = 0, np.full(len(states), term.coefficient, dtype=complex)
    for wire, factor in term.factors:
        bit = (states >> wire) & 1
        match factor:
            case "X":
                flips |= 1 << wire
            case "Y":
                flips |= 1 << wire
                vector *= 1j * (2 * bit - 1)
            case "Z":
                vector *= 1 - 2 * bit
            case "P0":
                vector *= 1 - bit
            case "P1":
                vector *= bit
    return flips, vector


def _stacked(vectors: list[NDArray[np.complex128]]) -> NDArray[np.complex128]:
    matrix = np.stack(vectors, axis=1)
    return matrix.real.copy() if not matrix.imag.any() else matrix
