"""``execution.optimise: safe``: fewer gates, the same outputs and gradients, up to a global phase.

What a user of the framework could write as well: constant angles folded, rotations about one
axis added, inverse pairs dropped, and neighbours on one wire joined into one U3. Gates are never
reordered, so neighbours are gates with none between them on any of their wires.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from qbench.circuit.angle import Angle, as_angle
from qbench.circuit.circuit import Circuit, Operation
from qbench.circuit.gates import GATES, STATE_PREPARATION, Matrix

ZERO = 1e-14
"""Angles nearer to a whole turn than this, in radians, are one."""

INVOLUTIONS = frozenset({"H", "X", "Y", "Z", "CNOT", "CY", "CZ", "SWAP", "Toffoli"})
"""Gates that are their own inverse."""

ROTATIONS = {"CRX": 4, "CRY": 4, "CRZ": 4, "CPhase": 2, "RXX": 2, "RYY": 2, "RZZ": 2}
"""Gates of one angle on two wires, and after how many times pi they are the identity."""

SYMMETRIC = {"CZ": 2, "SWAP": 2, "CPhase": 2, "RXX": 2, "RYY": 2, "RZZ": 2, "Toffoli": 2}
"""How many of a gate's first wires may be exchanged."""

HALF, WHOLE = math.pi / 2, math.pi


class Turn(NamedTuple):
    """A gate on one wire as RZ(phi) RY(theta) RZ(lam), rightmost first: U3 up to a phase."""

    theta: Angle
    phi: Angle
    lam: Angle


def _turn(theta: Angle | float, phi: Angle | float = 0.0, lam: Angle | float = 0.0) -> Turn:
    return Turn(as_angle(theta), as_angle(phi), as_angle(lam))


TURNS: dict[str, Callable[..., Turn]] = {
    "H": lambda: _turn(HALF, 0.0, WHOLE),
    "X": lambda: _turn(WHOLE, 0.0, WHOLE),
    "Y": lambda: _turn(WHOLE),
    "Z": lambda: _turn(0.0, WHOLE),
    "S": lambda: _turn(0.0, HALF),
    "T": lambda: _turn(0.0, HALF / 2),
    "SX": lambda: _turn(HALF, -HALF, HALF),
    "RX": lambda angle: _turn(angle, -HALF, HALF),
    "RY": lambda angle: _turn(angle),
    "RZ": lambda angle: _turn(0.0, angle),
    "PhaseShift": lambda angle: _turn(0.0, angle),
    "U3": _turn,
}
"""Every gate on one wire by its angles."""


def optimised(circuit: Circuit) -> Circuit:
    """The circuit with gates merged and dropped; equal in outputs and in both gradients.

    States are equal up to a global phase, which may depend on features and weights.
    """
    kept: dict[int, Operation] = {}
    tops: list[list[int]] = [[] for _ in range(circuit.n_qubits)]
    for number, operation in enumerate(circuit.operations):
        current: Operation | None = operation
        if operation.gate != STATE_PREPARATION:
            current = _simplified(operation)
        while current is not None:
            place = _neighbour(current, kept, tops)
            joined = None if place is None else _joined(kept[place], current)
            if place is None or joined is None:
                kept[number] = current
                for wire in current.wires:
                    tops[wire].append(number)
                break
            for wire in kept.pop(place).wires:
                tops[wire].pop()
            current = joined[0] if joined else None
    return replace(circuit, operations=tuple(kept[number] for number in sorted(kept)))


def _neighbour(
    operation: Operation, kept: dict[int, Operation], tops: list[list[int]]
) -> int | None:
    """The kept gate on exactly these wires that is the last one on each of them."""
    last = {tops[wire][-1] if tops[wire] else None for wire in operation.wires}
    place = last.pop()
    if last or place is None or kept[place].gate == STATE_PREPARATION:
        return None
    return place if len(kept[place].wires) == len(operation.wires) else None


def _joined(first: Operation, second: Operation) -> list[Operation] | None:
    """One gate or none for both; None where they stay two."""
    if len(first.wires) == 1:
        turn = _product(TURNS[first.gate](*first.angles), TURNS[second.gate](*second.angles))
        return None if turn is None else _listed(_written(turn, first.wires))
    if first.gate != second.gate or _canonical_wires(first) != _canonical_wires(second):
        return None
    if first.gate in INVOLUTIONS:
        return []
    merged = replace(first, angles=(first.angles[0] + second.angles[0],))
    return _listed(_simplified(merged))


def _listed(operation: Operation | None) -> list[Operation]:
    return [] if operation is None else [operation]


def _canonical_wires(operation: Operation) -> tuple[int, ...]:
    count = SYMMETRIC.get(operation.gate, 0)
    return (*sorted(operation.wires[:count]), *operation.wires[count:])


def _simplified(operation: Operation) -> Operation | None:
    """The gate itself, or None where it is the identity up to a phase."""
    if operation.gate in ROTATIONS:
        return None if _vanishes(operation.angles[0], ROTATIONS[operation.gate]) else operation
    if len(operation.wires) > 1:
        return operation
    theta, phi, lam = TURNS[operation.gate](*operation.angles)
    return None if _vanishes(theta) and _vanishes(phi + lam) else operation


def _vanishes(angle: Angle, turns: int = 2) -> bool:
    """Whether the angle is a constant multiple of ``turns`` times pi."""
    return angle.is_constant and abs(math.remainder(angle.constant, turns * math.pi)) < ZERO


def _product(first: Turn, second: Turn) -> Turn | None:
    """``second`` after ``first``, where that is a turn whose angles are polynomials too."""
    middle = first.phi + second.lam
    if _vanishes(first.theta):
        return Turn(second.theta, second.phi, middle + first.lam)
    if _vanishes(second.theta):
        return Turn(first.theta, middle + second.phi, first.lam)
    if _vanishes(middle):
        return Turn(first.theta + second.theta, second.phi, first.lam)
    if _vanishes(middle - math.pi):
        # RY(b) RZ(pi) = RZ(pi) RY(-b)
        return Turn(first.theta - second.theta, second.phi + math.pi, first.lam)
    angles = (first.theta, middle, second.theta)
    if not all(angle.is_constant for angle in angles):
        return None
    inner = _fixed(*(angle.constant for angle in angles))
    return Turn(inner.theta, second.phi + inner.phi, first.lam + inner.lam)


def _fixed(first: float, middle: float, second: float) -> Turn:
    """RY(second) RZ(middle) RY(first) of constants as one turn."""
    ry, rz = GATES["RY"].matrix, GATES["RZ"].matrix
    matrix: Matrix = ry(second) @ rz(middle) @ ry(first)
    theta = 2.0 * math.atan2(abs(matrix[1, 0]), abs(matrix[0, 0]))
    # phi - lam or phi + lam, from the larger elements: the other one is open where they are all
    phi = _angle(matrix[1, 0], matrix[0, 0])
    if abs(matrix[0, 0]) < abs(matrix[1, 0]):
        return _turn(theta, phi, phi - _angle(matrix[1, 0], -matrix[0, 1]))
    return _turn(theta, phi, _angle(matrix[1, 1], matrix[0, 0]) - phi)


def _angle(number: complex, over: complex) -> float:
    """The phase of a quotient; 0 where one of the two is 0."""
    return float(np.angle(number * np.conj(over)))


def _written(turn: Turn, wires: tuple[int, ...]) -> Operation | None:
    """The turn as the plainest gate; None for the identity."""
    theta, phi, lam = turn
    if _vanishes(theta):
        return None if _vanishes(phi + lam) else Operation("RZ", wires, (phi + lam,))
    if _vanishes(phi) and _vanishes(lam):
        return Operation("RY", wires, (theta,))
    if _vanishes(phi + HALF) and _vanishes(lam - HALF):
        return Operation("RX", wires, (theta,))
    return Operation("U3", wires, (theta, phi, lam))
