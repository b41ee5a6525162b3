"""The quantum convolutional network: convolutions of neighbours, and pooling that halves the wires.

Cong, Choi and Lukin 2019, "Quantum convolutional neural networks", Nature Physics 15,
1273: one two-qubit unitary for all neighbours of a layer, then part of the qubits are
measured, what comes out decides on rotations of their neighbours, and the rest goes on.
The paper leaves unitaries and depth open; pinned here, on wires k_0, k_1, ... that are
still kept (at first all):

1. ``n_layers`` times a *convolution*: a block on (k_0, k_1), (k_2, k_3), ..., then on
   (k_1, k_2), (k_3, k_4), ... A block is any unitary on two wires, in 15 angles: U3 on
   both, RXX, RYY, RZZ, U3 on both (Kraus and Cirac 2001, Phys. Rev. A 63, 062309).
2. a *pooling* of k_0 into k_1, k_2 into k_3, ...: CRZ where the pooled wire is 1, CRX
   where it is 0 (X, CRX, X), as in Hur, Kim and Park 2022, "Quantum convolutional neural
   network for classical data classification", Quantum Machine Intelligence 4, 3. The pooled
   wire is only a control from here on, which is the same as measuring it (deferred
   measurement). The last of an odd number of wires is kept as it is.

This goes on while at least ``keep`` wires remain, and ends with one more convolution where
several do (the fully connected layer of the paper). The last wire is always kept. With
``shared`` all blocks of a convolution have the same weights and all pairs of a pooling too,
as in the paper; else each has its own, as in Qiskit Machine Learning's tutorial.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from qbench.circuit.angle import Angle
from qbench.circuit.circuit import Operation
from qbench.circuit.options import switch, whole_number
from qbench.circuit.trainable import FreshWeights, Layers, layer_count
from qbench.exceptions import CircuitError

Wires = tuple[int, ...]
Pairs = Sequence[tuple[int, int]]
Part = Callable[[tuple[int, int], Sequence[Angle]], list[Operation]]
"""Gates on a pair of wires, from so many weights."""


def qcnn(
    n_qubits: int,
    fresh: FreshWeights,
    *,
    n_layers: int = 1,
    keep: int = 1,
    shared: bool = True,
) -> Layers:
    """Convolutions and poolings until ``keep`` wires are left, see the module's docstring.

    Weights count in the order of the gates. Everything is one layer: an encoding between
    the levels would reach wires that are given up.

    Raises
    ------
    CircuitError
        Fewer than two wires, or an option out of its range.
    """
    if n_qubits < 2:
        raise CircuitError(f"qcnn: pooling needs 2 qubits, not {n_qubits}")
    rounds, together = layer_count(n_layers), switch("shared", shared)
    operations: list[Operation] = []
    levels = kept_wires(n_qubits, keep)
    for wires in levels:
        if len(wires) > 1:
            neighbours = list(pairwise(wires))
            pairs = neighbours[::2] + neighbours[1::2]
            for _ in range(rounds):
                operations += _on_each(pairs, block, 15, fresh, together)
        if wires != levels[-1]:
            operations += _on_each(_pooled(wires), pooling, 2, fresh, together)
    return [operations]


def kept_wires(n_qubits: int, keep: int = 1) -> list[Wires]:
    """The wires at the start and those that each pooling leaves, the last ones are measured."""
    keep = whole_number("qcnn: keep", keep, 1, max(1, n_qubits - 1))
    levels = [tuple(range(n_qubits))]
    while (len(levels[-1]) + 1) // 2 >= keep and len(levels[-1]) > 1:
        wires = levels[-1]
        levels.append(tuple(kept for _, kept in _pooled(wires)) + wires[len(wires) // 2 * 2 :])
    return levels


def block(wires: tuple[int, int], weights: Sequence[Angle]) -> list[Operation]:
    """Any unitary on two wires, from 15 weights."""
    first, second = wires
    return [
        Operation.of("U3", first, *weights[0:3]),
        Operation.of("U3", second, *weights[3:6]),
        *(
            Operation.of(gate, wires, weights[6 + k])
            for k, gate in enumerate(("RXX", "RYY", "RZZ"))
        ),
        Operation.of("U3", first, *weights[9:12]),
        Operation.of("U3", second, *weights[12:15]),
    ]


def pooling(wires: tuple[int, int], weights: Sequence[Angle]) -> list[Operation]:
    """The first wire decides how the second turns: about Z if it is 1, about X if it is 0."""
    flip = Operation.of("X", wires[0])
    by_one, by_zero = (
        Operation.of(gate, wires, weight)
        for gate, weight in zip(("CRZ", "CRX"), weights, strict=True)
    )
    return [by_one, flip, by_zero, flip]


def _pooled(wires: Wires) -> Pairs:
    """(given up, kept): neighbours, from the first on."""
    return list(zip(wires[::2], wires[1::2], strict=False))


def _on_each(
    pairs: Pairs, part: Part, n_weights: int, fresh: FreshWeights, shared: bool
) -> list[Operation]:
    """The part on every pair, with the same weights for all or with weights of its own."""

    def drawn() -> list[Angle]:
        return [fresh() for _ in range(n_weights)]

    same = drawn() if shared else None
    return [operation for pair in pairs for operation in part(pair, same or drawn())]
