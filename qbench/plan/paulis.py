"""Exact gradient variance of Clifford gates and Pauli rotations by uniform angles.

The observable, carried back through the circuit, is a sum of Pauli strings with
coefficients c(w). A rotation about P by an angle that is uniform over full turns
leaves a string Q that commutes with P; otherwise Q becomes cos(w) Q + sin(w) Q',
both squares have the mean 1/2, and the product of both has the mean 0. So the
means E c^2 follow a Markov chain on the 4**n strings, gate by gate, and a Clifford
gate only renames the strings. The derivative by w keeps just the strings that do
not commute with P. (The step from angles to discrete paths is in Heyraud et al.
2023, "Efficient estimation of trainability for variational quantum circuits",
arXiv:2302.04649.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from qbench.circuit import GATES, Expectation, Operation
from qbench.circuit.build import BuiltCircuit
from qbench.plan.transfer import Real, Slots, transfer_matrix, transfer_slope, variables

MOST_WORK = 5e9
"""Largest 4**n_qubits * gates: some half minute."""

MOST_STRINGS = 1024
"""Pauli strings of an observable."""

_ROTATIONS = ("RX", "RY", "RZ", "PhaseShift", "RXX", "RYY", "RZZ")
"""Gates exp(-i w P / 2), up to a phase, with a Pauli string P."""

_TURN = np.arange(8) * np.pi / 4
"""Angles whose mean is exact for squares of a rotation's matrix."""


@dataclass(frozen=True)
class Step:
    """One gate, or one rotation about a random axis.

    Attributes
    ----------
    matrix : shape (4**k, 4**k)
        Mean squares of the gate's transfer matrix on its k wires.
    slope : the same of its derivative; None for a gate without a weight
    weight : int or None
    """

    wires: tuple[int, ...]
    matrix: Real
    slope: Real | None = None
    weight: int | None = None
    random_axis: bool = False


def mean_variance(built: BuiltCircuit, components: Sequence[int]) -> float | None:
    """Var[d output / d weight] over angles uniform over full turns, the mean over components.

    None where a gate, an angle or the observable is none of those described in
    the module, or where the chain is too long.
    """
    n, readout = built.circuit.n_qubits, built.circuit.readouts[0]
    if built.circuit.n_inputs > 3 * len(built.axis_inputs):
        return None
    start, operations = _split(built.circuit.operations, n)
    if 4.0**n * len(operations) > MOST_WORK or not isinstance(readout, Expectation):
        return None
    strings = _strings(readout, n)
    steps = _steps(operations, built.axis_inputs)
    if strings is None or steps is None or not _terms_decouple(list(strings), steps, n):
        return None
    values, slopes = np.zeros(4**n), np.zeros(4**n)
    for string, coefficient in strings.items():
        values[string] += coefficient**2
    remaining = set(components)
    for step in reversed(steps):
        if slopes.any():
            slopes = _apply(slopes, step.matrix, step.wires, n)
        if step.slope is not None and step.weight in remaining:
            slopes = slopes + _apply(values, step.slope, step.wires, n)
            remaining.remove(step.weight)
        if remaining:
            values = _apply(values, step.matrix, step.wires, n)
    squares = np.ones(1)
    for bloch in start:
        squares = np.multiply.outer(squares, bloch**2).ravel()
    return float(slopes @ squares) / len(components)


def _split(
    operations: Sequence[Operation], n_qubits: int
) -> tuple[list[Real], Sequence[Operation]]:
    """Bloch vectors (1, x, y, z) of the wires behind fixed gates, and what comes then."""
    start = [np.array([1.0, 0.0, 0.0, 1.0]) for _ in range(n_qubits)]
    for position, operation in enumerate(operations):
        fixed = operation.gate in GATES and all(angle.is_constant for angle in operation.angles)
        if len(operation.wires) > 1 or not fixed:
            return start, operations[position:]
        wire = operation.wires[0]
        start[wire] = transfer_matrix(_fixed_matrix(operation)) @ start[wire]
    return start, ()


def _fixed_matrix(operation: Operation) -> NDArray[np.complex128]:
    return GATES[operation.gate].matrix(*(angle.constant for angle in operation.angles))


def _strings(observable: Expectation, n_qubits: int) -> dict[int, float] | None:
    """Coefficients by string, I X Y Z as digits of base 4, without the identity."""
    sizes = (2 ** sum(f in ("P0", "P1") for _, f in t.factors) for t in observable.terms)
    if sum(sizes) > MOST_STRINGS:
        return None
    found: dict[int, float] = {}
    for term in observable.pauli_terms():
        string = sum("IXYZ".index(f) * 4 ** (n_qubits - 1 - w) for w, f in term.factors)
        found[string] = found.get(string, 0.0) + term.coefficient
    return {string: c for string, c in found.items() if string}


def _steps(operations: Sequence[Operation], slots: Slots) -> list[Step] | None:
    steps: list[Step] = []
    position = 0
    while position < len(operations):
        length = 3 if any(a.input_indices for a in operations[position].angles) else 1
        step = _step(operations[position : position + length], slots)
        if step is None:
            return None
        steps.append(step)
        position += length
    weights = [step.weight for step in steps if step.weight is not None]
    axes = sum(step.random_axis for step in steps)
    independent = len(weights) == len(set(weights)) and axes == len(slots)
    return steps if independent else None


def _step(gates: Sequence[Operation], slots: Slots) -> Step | None:
    """A step of one gate, or of the three gates of a random axis."""
    gate = gates[0]
    if gate.gate not in GATES:
        return None
    if all(angle.is_constant for angle in gate.angles):
        squares = _fixed_squares(replace(gate, wires=()))
        clifford = np.allclose(squares.max(axis=0), 1.0, atol=1e-12)
        return Step(gate.wires, np.round(squares)) if clifford else None
    drawn = variables(gates, slots)
    weights = [k for kind, k in drawn if kind == "weight"]
    axes = [k for kind, k in drawn if kind == "axis"]
    scales = {_scale(operation) for operation in gates}
    if len(weights) != 1 or len(axes) != (len(gates) == 3) or len(scales) != 1 or None in scales:
        return None
    if len(gates) == 3 and not _is_axis(gates, slots[axes[0]]):
        return None
    scale = scales.pop() or 0.0
    mean, slope = np.mean([_rotation(operation.gate) for operation in gates], axis=0)
    return Step(gate.wires, mean, scale**2 * slope, weights[0], bool(axes))


@cache
def _fixed_squares(operation: Operation) -> Real:
    squares: Real = transfer_matrix(_fixed_matrix(operation)) ** 2
    return squares


def _is_axis(gates: Sequence[Operation], slot: tuple[int, int, int]) -> bool:
    found = {(g.gate, i) for g in gates for i in g.angles[0].input_indices}
    one_wire = len({gate.wires for gate in gates}) == 1
    return one_wire and found == set(zip(("RX", "RY", "RZ"), slot, strict=True))


def _scale(operation: Operation) -> float | None:
    """The whole number that multiplies a rotation's weight; None for any other angle."""
    if operation.gate not in _ROTATIONS or len(operation.angles[0].terms) != 1:
        return None
    term = operation.angles[0].terms[0]
    plain = len(term.weights) == 1 and len(term.inputs) <= 1
    return abs(term.coefficient) if plain and term.coefficient == round(term.coefficient) else None


@cache
def _rotation(name: str) -> tuple[Real, Real]:
    """Mean squares of a rotation's transfer matrix and of its derivative."""
    gate = GATES[name]
    matrices = transfer_matrix(gate.matrix(_TURN))
    slopes = transfer_slope(gate.generators(0.0)[0]) @ matrices
    return np.mean(matrices**2, axis=0), np.mean(slopes**2, axis=0)


def _terms_decouple(strings: Sequence[int], steps: Sequence[Step], n_qubits: int) -> bool:
    """Whether different strings of the observable are uncorrelated, with any derivative.

    The product R of two strings is the same on all paths of both until a rotation
    does not commute with R: it turns one of both alone, and the mean is zero.
    """
    codes = np.array(strings, dtype=np.int64)
    products = np.unique(codes[:, None] ^ codes)
    digits = products[products > 0, None] // 4 ** np.arange(n_qubits - 1, -1, -1) % 4
    for step in reversed(steps):
        if not len(digits):
            break
        places = 4 ** np.arange(len(step.wires) - 1, -1, -1)
        local = digits[:, step.wires] @ places
        if step.weight is None:
            renamed = step.matrix.argmax(axis=1)[local]
            digits[:, step.wires] = renamed[:, None] // places % 4
            continue
        kept = np.diag(step.matrix)[local] > 1.0 - 1e-9
        if step.random_axis and not kept.all():
            return False
        digits = digits[kept]
    return not len(digits)


def _apply(chain: Real, matrix: Real, wires: tuple[int, ...], n_qubits: int) -> Real:
    """Carry means of squares, shape (4**n,), back through a gate: matrix+ on its wires."""
    first, k = wires[0], len(wires)
    if wires != tuple(range(first, first + k)):
        grid = np.moveaxis(chain.reshape((4,) * n_qubits), wires, range(-k, 0))
        moved = (grid.reshape(-1, 4**k) @ matrix).reshape(grid.shape)
        return np.ascontiguousarray(np.moveaxis(moved, range(-k, 0), wires)).reshape(-1)
    rest = 4 ** (n_qubits - first - k)
    grid = chain.reshape(-1, 4**k, rest)
    if rest < 16:
        return (chain.reshape(-1, 4**k * rest) @ np.kron(matrix, np.eye(rest))).reshape(-1)
    if np.all(matrix.max(axis=0) == 1.0):
        return grid[:, matrix.argmax(axis=0)].reshape(-1)
    return (np.ascontiguousarray(matrix.T) @ grid).reshape(-1)
