"""The random circuit of the first barren plateaus: rotations about axes drawn at random."""

from __future__ import annotations

from collections.abc import Callable
from math import pi
from random import Random

from qbench.circuit.circuit import Operation
from qbench.circuit.entanglement import entangled_pairs
from qbench.circuit.options import gate_name, number, switch, whole_number
from qbench.circuit.trainable import (
    Entanglement,
    FreshWeights,
    Layers,
    entangler_round,
    layer_count,
)

Slot = Callable[[int], list[Operation]]
"""The operations of one rotation of a wire."""


def random_pauli(
    n_qubits: int,
    fresh: FreshWeights,
    *,
    initial: float = pi / 4,
    n_layers: int = 1,
    entangler: str = "CZ",
    entanglement: Entanglement = "linear",
    redraw: bool = True,
    seed: int = 0,
) -> Layers:
    """RY(pi/4) on every wire, then layers of one rotation about X, Y or Z at random a wire and CZ.

    McClean et al. 2018, "Barren plateaus in quantum neural network training
    landscapes", Nature Communications 9, 4812. ``initial`` is the angle of the
    first RY; 0 leaves them out. With ``redraw`` every sample of the weights has
    axes of its own: a slot is RX, RY, RZ of one weight, each times a feature, of
    which one is 1 (see :class:`FreshWeights`). Without it ``seed`` draws one
    circuit: a longer one begins with the same axes, and axes drawn from a later
    weight on (further blocks) are others. Qiskit's PauliTwoDesign has the pairs
    of ``entanglement: pairwise`` and one more round of rotations at its end.
    """
    seed = whole_number("seed", seed, 0, 2**63 - 1)
    angle = number("initial", initial)
    gate = gate_name("entangler", entangler, n_wires=2)
    pairs = entangled_pairs(entanglement, n_qubits)
    slot = _redrawn(fresh) if switch("redraw", redraw) else _fixed(fresh, seed)
    first = [Operation.of("RY", wire, angle) for wire in range(n_qubits) if angle]
    layers = []
    for _ in range(layer_count(n_layers)):
        rotations = [operation for wire in range(n_qubits) for operation in slot(wire)]
        layers.append(rotations + entangler_round(gate, pairs, fresh))
    layers[0] = first + layers[0]
    return layers


def _redrawn(fresh: FreshWeights) -> Slot:
    def slot(wire: int) -> list[Operation]:
        weight, axis = fresh(), fresh.axis()
        return [
            Operation.of(gate, wire, feature * weight)
            for gate, feature in zip(("RX", "RY", "RZ"), axis, strict=True)
        ]

    return slot


def _fixed(fresh: FreshWeights, seed: int) -> Slot:
    """Axes by ``Random.random``, whose sequence Python promises not to change."""
    generator = Random(f"random_pauli {seed} {fresh.next_index}")

    def slot(wire: int) -> list[Operation]:
        gate = ("RX", "RY", "RZ")[int(3 * generator.random())]
        return [Operation.of(gate, wire, fresh())]

    return slot
