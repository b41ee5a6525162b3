"""State-vector arithmetic in place, on slices, for the reference simulator.

A state is a C-contiguous complex array of shape (..., 2**n_qubits, batch), wire
0 most significant. The batch stands last, so every slice that a gate touches
has long contiguous rows.
"""

from __future__ import annotations

from functools import cache
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qbench.circuit.gates import GATES, PAULIS, Matrix
from qbench.circuit.readout import Expectation

Shape = tuple[int, ...]


class Structure(NamedTuple):
    """What a gate does to the basis states of its wires: it mixes at most two at a time."""

    pairs: tuple[tuple[int, int], ...]
    """Basis states that are mixed with each other."""
    phases: tuple[int, ...]
    """Basis states that only get a factor."""
    mixes: bool
    """Whether the pairs do more than change places (not so for X, CNOT, SWAP, Toffoli)."""
    real: bool


def blocks(state: NDArray[Any], wires: Shape, n_qubits: int) -> list[NDArray[Any]]:
    """Views of the state: one for each basis state of the wires, first wire most significant."""
    shape, indices = _layout(wires, n_qubits)
    view = state.reshape(*state.shape[:-2], *shape, state.shape[-1])
    return [view[index] for index in indices]


def apply_gate(state: Matrix, name: str, wires: Shape, matrix: Matrix, n_qubits: int) -> None:
    """Multiply a gate's matrix, shape (d, d) or (batch, d, d), into the state."""
    structure = _structure(name)
    view, entries = _as_real(state, matrix) if structure.real else (state, matrix)
    if len(wires) == 1 and entries.ndim == 2 and structure.mixes:
        (left, _, right), _ = _layout(wires, n_qubits)
        columns = view.reshape(*view.shape[:-2], left, 2, right * view.shape[-1])
        columns[...] = entries @ columns
        return
    parts = blocks(view, wires, n_qubits)
    for i in structure.phases:
        parts[i] *= entries[..., i, i]
    for i, j in structure.pairs:
        first, second = parts[i], parts[j]
        kept = first.copy()
        if structure.mixes:
            first *= entries[..., i, i]
            first += entries[..., i, j] * second
            second *= entries[..., j, j]
            second += entries[..., j, i] * kept
        else:
            first[...] = second
            second[...] = kept


def _as_real(state: Matrix, matrix: Matrix) -> tuple[NDArray[Any], NDArray[Any]]:
    """Real and imaginary parts as neighbours along the batch, for a real matrix: half the work."""
    entries = matrix.real if matrix.ndim == 2 else np.repeat(matrix.real, 2, axis=0)
    return state.view(float), entries


def apply_observable(state: Matrix, observable: Expectation, n_qubits: int) -> Matrix:
    """The observable times the state, a new array."""
    total = np.zeros_like(state)
    for term in observable.terms:
        image = state.copy()
        for wire, factor in term.factors:
            _apply_factor(image, wire, factor, n_qubits)
        total += term.coefficient * image
    return total


def _apply_factor(state: Matrix, wire: int, factor: str, n_qubits: int) -> None:
    if factor in GATES:
        apply_gate(state, factor, (wire,), PAULIS[factor], n_qubits)
    else:
        blocks(state, (wire,), n_qubits)[1 if factor == "P0" else 0][...] = 0.0


def bilinear(
    bra: Matrix, operator: Matrix, ket: Matrix, wires: Shape, n_qubits: int, summed: bool = False
) -> NDArray[Any]:
    """<bra| operator |ket> of every row, shape (batch,), or ``summed`` over the rows, shape ().

    The operator has shape (d, d), or without ``summed`` also (batch, d, d).
    """
    bras, kets = blocks(bra, wires, n_qubits), blocks(ket, wires, n_qubits)
    total: NDArray[Any] = np.zeros(() if summed else ket.shape[-1], dtype=complex)
    used = operator if operator.ndim == 2 else np.abs(operator).sum(axis=0)
    for i, j in zip(*np.nonzero(used), strict=True):
        if summed:
            overlap = np.vdot(bras[i], kets[j])
        else:
            overlap = (bras[i].conj() * kets[j]).sum(axis=tuple(range(bras[i].ndim - 1)))
        total = total + operator[..., i, j] * overlap
    return total


@cache
def _layout(wires: Shape, n_qubits: int) -> tuple[Shape, tuple[Any, ...]]:
    """A shape with an axis of its own for each wire, and the index of each of their states."""
    shape: list[int] = []
    axis_of = {}
    done = 0
    for wire in sorted(wires):
        shape += [2 ** (wire - done), 2]
        axis_of[wire] = len(shape) - 1
        done = wire + 1
    shape.append(2 ** (n_qubits - done))
    indices = []
    for bits in product((0, 1), repeat=len(wires)):
        index: list[Any] = [slice(None)] * (len(shape) + 1)
        for wire, bit in zip(wires, bits, strict=True):
            index[axis_of[wire]] = bit
        indices.append((Ellipsis, *index))
    return tuple(shape), tuple(indices)


@cache
def _structure(name: str) -> Structure:
    gate = GATES[name]
    matrix = gate.matrix(*(0.7 + 0.4 * k for k in range(gate.n_angles)))
    used = np.abs(matrix) > 1e-12
    pairs = [(int(i), int(j)) for i, j in zip(*np.nonzero(np.triu(used, 1)), strict=True)]
    mixed = {i for pair in pairs for i in pair}
    alone = [i for i in range(len(matrix)) if i not in mixed and abs(matrix[i, i] - 1.0) > 1e-12]
    exchange = GATES["X"].matrix()
    mixes = not all(np.array_equal(matrix[np.ix_(pair, pair)], exchange) for pair in pairs)
    real = bool(np.all(np.abs(matrix.imag) < 1e-12))
    return Structure(tuple(pairs), tuple(alone), mixes, real)
