"""Blocks that can start as the identity: an ansatz, then its inverse with weights of its own.

Grant et al. 2019, "An initialization strategy for addressing barren plateaus in
parametrized quantum circuits", Quantum 3, 214: a circuit of blocks U(w) U(v)^-1,
of which each is the identity where v = w.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import pi

from qbench.circuit.angle import Angle
from qbench.circuit.circuit import Operation
from qbench.circuit.trainable import FreshWeights, Layers

_INVERSES: dict[str, tuple[str, float]] = {
    "S": ("PhaseShift", -pi / 2),
    "T": ("PhaseShift", -pi / 4),
    "SX": ("RX", -pi / 2),
}
"""Gates without angles that are not their own inverse, and what undoes them."""


def inverse(operation: Operation) -> Operation:
    """The operation that undoes a gate, up to a global phase."""
    gate, angles = operation.gate, operation.angles
    if gate in _INVERSES:
        name, angle = _INVERSES[gate]
        return replace(operation, gate=name, angles=(Angle(angle),))
    if gate == "U3":
        theta, phi, lam = angles
        return replace(operation, angles=(-theta, -lam, -phi))
    return replace(operation, angles=tuple(-angle for angle in angles))


def identity_blocks(
    half: Callable[[], Layers], fresh: FreshWeights, n_blocks: int
) -> tuple[Layers, dict[int, int]]:
    """So many blocks, each of one half and its inverse with fresh weights.

    Both halves of a block share their random axes, if there are any.

    Parameters
    ----------
    half : makes the layers of one half out of ``fresh``

    Returns
    -------
    The layers, and the weight of the first half that each weight of an inverse mirrors.
    """
    layers: Layers = []
    mirrored: dict[int, int] = {}
    for _ in range(n_blocks):
        start = fresh.next_index
        first = half()
        own = range(start, fresh.next_index)
        for weight in own:
            mirrored[fresh.next_index] = weight
            fresh()
        layers += first
        layers += [[_undone(o, len(own)) for o in reversed(layer)] for layer in reversed(first)]
    return layers, mirrored


def _undone(operation: Operation, shift: int) -> Operation:
    undone = inverse(operation)
    return replace(undone, angles=tuple(a.shifted(0, shift) for a in undone.angles))
