"""Cutting a circuit where an adjoint sweep has to look at the states."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from qbench.circuit import GATES, Angle, Circuit, ObservableTerm, Operation

Matrix = NDArray[np.complex128]

GENERATORS: dict[str, tuple[float, tuple[str, ...]]] = {
    "RX": (0.5, ("X",)),
    "RY": (0.5, ("Y",)),
    "RZ": (0.5, ("Z",)),
    "PhaseShift": (-1.0, ("P1",)),
    "CRX": (0.5, ("P1", "X")),
    "CRY": (0.5, ("P1", "Y")),
    "CRZ": (0.5, ("P1", "Z")),
    "CPhase": (-1.0, ("P1", "P1")),
    "RXX": (0.5, ("X", "X")),
    "RYY": (0.5, ("Y", "Y")),
    "RZZ": (0.5, ("Z", "Z")),
}
"""G in ``exp(-i angle G)`` as a coefficient and one factor a wire."""


@dataclass(frozen=True)
class Step:
    """A gate of at most one angle; ``column`` numbers the variable angles, else None."""

    operation: Operation
    column: int | None

    @property
    def varies(self) -> bool:
        """Whether its angle depends on the row of a batch: whether it reads features."""
        return any(angle.input_indices for angle in self.operation.angles)

    @property
    def generator(self) -> ObservableTerm:
        """The generator of a rotation on the circuit's wires."""
        coefficient, factors = GENERATORS[self.operation.gate]
        wires = self.operation.wires
        return ObservableTerm(coefficient, tuple(zip(wires, factors, strict=True)))


@dataclass
class Segment:
    """Steps at whose end every ``looked_at`` generator may still be read off."""

    steps: list[Step] = field(default_factory=list)
    looked_at: list[Step] = field(default_factory=list)


def steps_of(circuit: Circuit) -> Iterator[Step]:
    """The gates with U3 as its exact product of PhaseShift, RY and PhaseShift."""
    column = 0
    for operation in circuit.gates:
        parts = [operation]
        if operation.gate == "U3":
            theta, phi, lam = operation.angles
            named: list[tuple[str, Angle]] = [
                ("PhaseShift", lam),
                ("RY", theta),
                ("PhaseShift", phi),
            ]
            parts = [Operation(gate, operation.wires, (angle,)) for gate, angle in named]
        for part in parts:
            constant = all(angle.is_constant for angle in part.angles)
            yield Step(part, None if constant else column)
            column += not constant


def segments_of(circuit: Circuit) -> list[Segment]:
    """The steps in as few segments as a first fit gives.

    A step follows, in its segment or a later one, every earlier step that shares a
    wire with it; it stands in a later one than a rotation whose generator it does
    not commute with. So every generator G commutes with what follows it in its
    segment, and ``dE/d angle = 2 Im <lambda| G |psi>`` holds at the segment's end
    as well as right after its gate.
    """
    placed: list[tuple[int, Step]] = []
    for step in steps_of(circuit):
        wires = set(step.operation.wires)
        place = 0
        for earlier_place, earlier in placed:
            if earlier_place >= place and wires.intersection(earlier.operation.wires):
                apart = earlier.column is not None and not _commute(earlier, step)
                place = earlier_place + apart
        placed.append((place, step))
    segments = [Segment() for _ in range(1 + max((place for place, _ in placed), default=0))]
    for place, step in placed:
        segments[place].steps.append(step)
        if step.column is not None:
            segments[place].looked_at.append(step)
    return segments


def _commute(rotation: Step, step: Step) -> bool:
    wires = sorted({*rotation.operation.wires, *step.operation.wires})
    generator = GATES[rotation.operation.gate].generator
    gate = GATES[step.operation.gate]
    other = gate.generator
    if other is None:
        other = gate.matrix(*(angle.constant for angle in step.operation.angles))
    assert generator is not None
    a = _embedded(generator, rotation.operation.wires, wires)
    b = _embedded(other, step.operation.wires, wires)
    return bool(np.allclose(a @ b, b @ a))


def _embedded(matrix: Matrix, wires: tuple[int, ...], all_wires: list[int]) -> Matrix:
    """The matrix on ``wires`` as one on the sorted ``all_wires``."""
    rest = [w for w in all_wires if w not in wires]
    count = len(all_wires)
    full = np.kron(matrix, np.eye(2 ** len(rest))).reshape((2,) * (2 * count))
    place = [[*wires, *rest].index(w) for w in all_wires]
    return full.transpose(place + [count + p for p in place]).reshape(2**count, 2**count)
