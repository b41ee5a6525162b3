"""What ansätze are made of: fresh weights, random axes, and rounds of gates."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

from qbench.circuit.angle import Angle
from qbench.circuit.circuit import Operation
from qbench.circuit.entanglement import Pairs
from qbench.circuit.gates import GATES
from qbench.circuit.options import gate_name, whole_number
from qbench.exceptions import CircuitError

Layers = list[list[Operation]]
"""A list of layers; data re-uploading repeats the encoding before each."""

Entanglement = str | Sequence[Sequence[int]] | None


class FreshWeights:
    """Hands out weights that no angle reads yet: ``w[start]``, ``w[start + 1]``, ...

    Also random axes, each of three features that no angle reads yet, from
    ``x[first_input]`` on.

    Attributes
    ----------
    next_index : int
        The weight that comes next.
    axis_inputs : list of (int, int, int)
        Features (X, Y, Z) of every random axis so far.
    """

    def __init__(self, start: int = 0, first_input: int = 0) -> None:
        self._indices = count(start)
        self._features = count(first_input)
        self.next_index = start
        self.axis_inputs: list[tuple[int, int, int]] = []

    def __call__(self) -> Angle:
        """The next weight."""
        index = next(self._indices)
        self.next_index = index + 1
        return Angle.weight(index)

    def axis(self) -> tuple[Angle, Angle, Angle]:
        """Features for X, Y and Z: in each draw one of them is 1 and the others are 0."""
        x, y, z = (next(self._features) for _ in range(3))
        self.axis_inputs.append((x, y, z))
        return Angle.input(x), Angle.input(y), Angle.input(z)


def layer_count(value: object) -> int:
    """The option ``n_layers``, checked."""
    return whole_number("n_layers", value, 1)


def rotation_names(rotations: object) -> list[str]:
    """The option ``rotations``, checked: names of gates on one wire."""
    if isinstance(rotations, str) or not isinstance(rotations, Sequence):
        raise CircuitError(f"rotations is a list of gates such as [RY, RZ], not {rotations!r}")
    return [gate_name("rotations", name, n_wires=1) for name in rotations]


def rotation_round(names: Sequence[str], n_qubits: int, fresh: FreshWeights) -> list[Operation]:
    """Each gate over all wires before the next begins, with fresh weights."""
    return [trainable(name, (wire,), fresh) for name in names for wire in range(n_qubits)]


def entangler_round(gate: str, pairs: Pairs, fresh: FreshWeights) -> list[Operation]:
    """The gate on every pair, in order, with fresh weights where it takes angles."""
    return [trainable(gate, pair, fresh) for pair in pairs]


def trainable(gate: str, wires: tuple[int, ...], fresh: FreshWeights) -> Operation:
    """A gate whose every angle is a fresh weight."""
    return Operation.of(gate, wires, *(fresh() for _ in range(GATES[gate].n_angles)))
