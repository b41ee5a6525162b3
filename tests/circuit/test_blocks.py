"""Blocks U(w) U(v)^-1: the identity where v = w, for every gate and every ansatz."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from qbench.circuit import ANSATZE, GATES, Operation, ReferenceProgram, build_circuit
from qbench.circuit.blocks import inverse

ANSATZ_SLOTS: list[dict[str, Any]] = [
    *({"name": name, "n_layers": 2} for name in ANSATZE if name != "sim"),
    *({"name": "sim", "number": number, "n_layers": 2} for number in range(1, 20)),
    {"name": "random_pauli", "n_layers": 3, "redraw": False},
    {"name": "brick_wall", "rotations": ["U3", "SX"], "entangler": "CPhase", "n_layers": 2},
    {"name": "hardware_efficient", "rotations": ["T", "S", "RY"], "entangler": "CRX"},
]


@pytest.mark.parametrize("name", GATES)
def test_the_inverse_undoes_every_gate_up_to_a_phase(name):
    angles = [0.7, -1.9, 2.4][: GATES[name].n_angles]
    operation = Operation.of(name, range(GATES[name].n_wires), *angles)
    undone = inverse(operation)
    assert undone.wires == operation.wires
    back = GATES[undone.gate].matrix(*(angle.constant for angle in undone.angles))
    product = back @ GATES[name].matrix(*angles)
    phase = product[0, 0]
    assert abs(phase) == pytest.approx(1.0, abs=1e-14)
    np.testing.assert_allclose(product, phase * np.eye(len(product)), atol=1e-14)


def final_states(slots: dict[str, Any], initial: list[list[Any]], equal: bool) -> np.ndarray:
    """Behind a list of gates as its first state, shape (2**4,)."""
    built = build_circuit(4, **slots)
    rng = np.random.default_rng(7)
    weights = rng.uniform(-3, 3, built.circuit.n_weights)
    for weight, undone in built.mirrored.items() if equal else ():
        weights[weight] = weights[undone]
    features = np.eye(3)[rng.integers(0, 3, len(built.axis_inputs))].reshape(1, -1)
    before = build_circuit(4, gates=initial).circuit.operations
    circuit = replace(built.circuit, operations=(*before, *built.circuit.operations))
    return ReferenceProgram(circuit).states(features, weights)[0]


@pytest.mark.parametrize("slot", ANSATZ_SLOTS, ids=lambda s: "-".join(map(str, s.values())))
def test_a_block_with_equal_halves_is_the_identity(slot):
    """On an entangled state without symmetry, up to a global phase."""
    initial = [["RY", q, 0.4 + q] for q in range(4)] + [["RZ", q, 1.0 + q * q] for q in range(4)]
    initial += [["CRX", [q, (q + 1) % 4], 0.9 + q] for q in range(4)]
    before = final_states({}, initial, equal=True)
    for blocks in (1, 3):
        after = final_states({"ansatz": slot, "blocks": blocks}, initial, equal=True)
        overlap = np.vdot(before, after)
        assert abs(overlap) == pytest.approx(1.0, abs=1e-12)
        np.testing.assert_allclose(after, overlap * before, atol=1e-12)
    other = final_states({"ansatz": slot, "blocks": 1}, initial, equal=False)
    assert abs(np.vdot(before, other)) < 0.99


def test_every_half_has_weights_of_its_own():
    one = build_circuit(3, ansatz="brick_wall").circuit.n_weights
    built = build_circuit(3, ansatz="brick_wall", blocks=2)
    assert built.circuit.n_weights == 4 * one
    halves = [range(i * one, (i + 1) * one) for i in range(4)]
    pairs = [*zip(halves[1], halves[0], strict=True), *zip(halves[3], halves[2], strict=True)]
    assert built.mirrored == dict(pairs)
    used = {k for o in built.circuit.operations for a in o.angles for k in a.weight_indices}
    assert used == set(range(4 * one))


def test_both_halves_of_a_block_share_their_random_axes():
    ansatz = {"name": "random_pauli", "n_layers": 2}
    assert len(build_circuit(2, ansatz=ansatz, blocks=3).axis_inputs) == 3 * 4


def test_scale_weights_follow_those_of_all_blocks():
    built = build_circuit(2, "angle", "brick_wall", trainable_scale=True, blocks=1)
    assert list(built.scale_weights) == [8, 9]
