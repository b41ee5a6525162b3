"""The random circuit of McClean et al.: axes anew for every sample, or one circuit by a seed."""

from __future__ import annotations

from itertools import product
from math import pi
from typing import Any

import numpy as np
import pytest

from qbench.circuit import Angle, Operation, ReferenceProgram, build_circuit

X, W = Angle.input, Angle.weight


def random_pauli(**options: Any) -> dict[str, Any]:
    return {"name": "random_pauli", **options}


def axes(n_qubits: int, **options: Any) -> str:
    circuit = build_circuit(n_qubits, ansatz=random_pauli(redraw=False, **options)).circuit
    return "".join(o.gate[1] for o in circuit.operations if o.angles and o.angles[0].weight_indices)


def test_a_redrawn_slot_is_three_rotations_of_one_weight():
    built = build_circuit(2, ansatz=random_pauli(n_layers=2))
    slots = [
        [Operation.of(f"R{'XYZ'[a]}", k % 2, X(3 * k + a) * W(k)) for a in range(3)]
        for k in range(4)
    ]
    ladder = Operation.of("CZ", (0, 1))
    assert list(built.circuit.operations) == [
        *(Operation.of("RY", wire, pi / 4) for wire in range(2)),
        *slots[0], *slots[1], ladder,
        *slots[2], *slots[3], ladder,
    ]  # fmt: skip
    assert built.axis_inputs == ((0, 1, 2), (3, 4, 5), (6, 7, 8), (9, 10, 11))
    assert (built.circuit.n_inputs, built.circuit.n_weights) == (12, 4)


def test_every_choice_of_axes_is_that_circuit():
    built = build_circuit(2, ansatz=random_pauli(n_layers=2, entangler="CNOT"))
    weights = np.array([0.3, -1.2, 2.0, 0.7])
    for chosen in product(range(3), repeat=4):
        gates = [["RY", 0, "pi/4"], ["RY", 1, "pi/4"]]
        for k, axis in enumerate(chosen):
            gates.append(["R" + "XYZ"[axis], k % 2, f"w{k}"])
            gates += [["CNOT", [0, 1]]] * (k % 2)
        fixed = build_circuit(2, gates=gates).circuit
        features = np.eye(3)[list(chosen)].reshape(1, -1)
        np.testing.assert_allclose(
            ReferenceProgram(built.circuit).states(features, weights),
            ReferenceProgram(fixed).states(np.zeros((1, 0)), weights),
            atol=1e-14,
        )


def test_axes_are_read_behind_the_features_of_an_encoding():
    built = build_circuit(2, encoding="angle", ansatz=random_pauli())
    assert built.axis_inputs == ((2, 3, 4), (5, 6, 7))
    assert built.circuit.n_inputs == 8
    repeated = build_circuit(2, "angle", random_pauli(n_layers=2), reupload="each_layer")
    assert [o.gate for o in repeated.circuit.operations].count("RY") == 2 + 4 + 4


def test_the_initial_rotations_take_another_angle_or_fall_away():
    first = build_circuit(3, ansatz=random_pauli(initial=0.5)).circuit.operations[0]
    assert first == Operation.of("RY", 0, 0.5)
    without = build_circuit(3, ansatz=random_pauli(initial=0)).circuit.operations
    assert without[0] == Operation.of("RX", 0, X(0) * W(0))
    assert len(without) == 3 * 3 + 2


def test_depth_counts_a_rotation_about_a_random_axis_once():
    redrawn = build_circuit(3, ansatz=random_pauli(n_layers=4))
    fixed = build_circuit(3, ansatz=random_pauli(n_layers=4, redraw=False))
    assert redrawn.one_axis.depth == fixed.one_axis.depth == fixed.circuit.depth
    assert redrawn.circuit.depth > redrawn.one_axis.depth


def test_the_axes_of_a_seed_are_pinned():
    assert axes(4, n_layers=3) == "YXXYXYZYXYXY"
    assert axes(4, n_layers=3, seed=1) == "XZZXYYXXYXYZ"


def test_a_longer_circuit_of_a_seed_begins_like_a_shorter_one():
    assert axes(3, n_layers=9, seed=5).startswith(axes(3, n_layers=4, seed=5))


def test_the_axes_of_a_seed_are_equally_frequent():
    drawn = axes(10, n_layers=300)
    assert [drawn.count(axis) for axis in "XYZ"] == pytest.approx([1000] * 3, abs=110)


def test_further_blocks_of_a_seed_have_axes_of_their_own():
    circuit = build_circuit(4, ansatz=random_pauli(n_layers=5, redraw=False), blocks=2).circuit
    gate = {k: o.gate for o in circuit.operations for a in o.angles for k in a.weight_indices}
    first, undone, second = ([gate[k] for k in range(a, a + 20)] for a in (0, 20, 40))
    assert first == undone
    assert first != second
