from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from qbench.circuit import (
    ANSATZE,
    STATE_PREPARATION,
    Angle,
    Operation,
    ReferenceProgram,
    build_circuit,
    encoding_inputs,
    expval,
)
from qbench.exceptions import CircuitError

X, W = Angle.input, Angle.weight


def operations(n_qubits: int, **slots: Any) -> list[Operation]:
    return list(build_circuit(n_qubits, **slots).circuit.operations)


def test_hardware_efficient_goes_over_all_wires_with_each_rotation():
    ansatz = {"name": "hardware_efficient", "rotations": ["RY", "RZ"], "entanglement": "ring"}
    assert operations(3, ansatz=ansatz) == [
        *(Operation.of("RY", q, W(q)) for q in range(3)),
        *(Operation.of("RZ", q, W(3 + q)) for q in range(3)),
        *(Operation.of("CNOT", pair) for pair in [(0, 1), (1, 2), (2, 0)]),
    ]


def test_a_trainable_entangler_takes_fresh_weights():
    ansatz = {"name": "hardware_efficient", "entangler": "RZZ", "entanglement": [[1, 0]]}
    assert operations(2, ansatz=ansatz)[-1] == Operation.of("RZZ", (1, 0), W(2))


def test_rotations_may_be_fixed_gates_and_u3():
    ansatz = {"name": "hardware_efficient", "rotations": ["H", "U3"], "entanglement": "none"}
    assert operations(1, ansatz=ansatz) == [
        Operation.of("H", 0),
        Operation.of("U3", 0, W(0), W(1), W(2)),
    ]


def test_the_default_measurement_is_z_on_every_wire():
    circuit = build_circuit(2, encoding="angle").circuit
    assert circuit.readouts == (expval("Z", 0), expval("Z", 1))


def test_the_encoding_stands_once_or_before_every_layer():
    slots = {"encoding": "angle", "ansatz": {"name": "real_amplitudes", "n_layers": 2}}
    once = operations(2, **slots)
    each = operations(2, reupload="each_layer", **slots)
    encoding, layer = once[:2], 3
    assert each == [*encoding, *once[2 : 2 + layer], *encoding, *once[2 + layer :]]


def test_trainable_scales_are_fresh_weights_behind_those_of_the_ansatz():
    slots = {
        "encoding": {"name": "angle", "rotation": "RX", "scale": 1.5},
        "ansatz": {"name": "basic_entangler", "n_layers": 2},
        "reupload": "each_layer",
    }
    fixed, built = build_circuit(2, **slots), build_circuit(2, trainable_scale=True, **slots)
    assert fixed.scale_weights == {}
    assert built.scale_weights == {4: 1.5, 5: 1.5, 6: 1.5, 7: 1.5}
    assert built.circuit.n_weights == 8
    assert built.circuit.operations[0] == Operation.of("RX", 0, X(0) * W(4))
    w, x = np.linspace(0, 1, 4), np.array([[0.3, -0.8]])
    scaled = np.concatenate([w, list(built.scale_weights.values())])
    np.testing.assert_allclose(
        ReferenceProgram(built.circuit).forward(x, scaled),
        ReferenceProgram(fixed.circuit).forward(x, w),
        atol=1e-14,
    )


def test_trainable_scales_start_at_one_where_an_encoding_has_no_scale():
    built = build_circuit(2, encoding="zz_feature_map", trainable_scale=True)
    assert set(built.scale_weights.values()) == {1.0}
    assert len(built.scale_weights) == 6


def test_amplitude_encoding_pads_to_a_power_of_two():
    encoding = {"name": "amplitude", "pad_with": 0.25}
    circuit = build_circuit(2, encoding=encoding, n_features=3).circuit
    assert circuit.n_inputs == 3
    assert circuit.operations == (Operation.of(STATE_PREPARATION, (0, 1), X(0), X(1), X(2), 0.25),)


@pytest.mark.parametrize(
    ("encoding", "count"),
    [(None, 0), ("none", 0), ("angle", 3), ("basis", 3), ("iqp", 3), ("amplitude", 8)],
)
def test_encoding_inputs_says_how_many_features_are_read(encoding, count):
    assert encoding_inputs(encoding, 3) == count
    assert build_circuit(3, encoding=encoding).circuit.n_inputs == count


@pytest.mark.parametrize("none", [None, "none", {"name": "none"}])
def test_no_encoding_and_no_ansatz_is_an_empty_circuit(none):
    circuit = build_circuit(1, encoding=none, ansatz=none).circuit
    assert (circuit.operations, circuit.n_inputs, circuit.n_weights) == ((), 0, 0)


@pytest.mark.parametrize("name", [name for name in ANSATZE if name not in ("sim", "qcnn")])
@pytest.mark.parametrize("n_qubits", [1, 2, 5])
def test_every_ansatz_builds_and_uses_every_weight(name, n_qubits):
    circuit = build_circuit(n_qubits, "angle", {"name": name, "n_layers": 3}).circuit
    used = {k for o in circuit.operations for a in o.angles for k in a.weight_indices}
    assert used == set(range(circuit.n_weights))


def test_listed_gates_repeat_with_fresh_weights_and_share_named_ones():
    gates = [
        ["H", 0],
        {"repeat": 2, "gates": [["RX", 0, "w*x1"], ["CRZ", [0, 1], "w1/2"]]},
        ["RY", [1], "pi/4"],
    ]
    built = build_circuit(2, gates=gates)
    assert list(built.circuit.operations) == [
        Operation.of("H", 0),
        Operation.of("RX", 0, W(2) * X(1)),
        Operation.of("CRZ", (0, 1), W(1) * 0.5),
        Operation.of("RX", 0, W(3) * X(1)),
        Operation.of("CRZ", (0, 1), W(1) * 0.5),
        Operation.of("RY", 1, math.pi / 4),
    ]
    assert (built.circuit.n_inputs, built.circuit.n_weights) == (2, 4)


def test_listed_gates_may_leave_features_unread():
    assert build_circuit(1, gates=[["RX", 0, "x0"]], n_features=4).circuit.n_inputs == 4


@pytest.mark.parametrize(
    ("slots", "words"),
    [
        ({"n_qubits": 0}, "n_qubits is a whole number from 1"),
        ({"encoding": "angel"}, "no 'angel'; did you mean 'angle'"),
        ({"encoding": 3}, "a name or a mapping"),
        ({"encoding": {"scale": 2}}, "encoding: no None"),
        ({"encoding": {"name": "angle", "rotations": "RX"}}, "did you mean 'rotation'"),
        ({"encoding": {"name": "angle", "rotation": "Y"}}, "known are RX, RY, RZ"),
        ({"encoding": {"name": "angle", "scale": "pi"}}, "scale is a number"),
        ({"encoding": {"name": "angle", "scale": float("inf")}}, "finite"),
        ({"encoding": {"name": "angle", "hadamard": 1}}, "true or false"),
        ({"encoding": {"name": "iqp", "n_layers": 0}}, "n_layers is a whole number from 1"),
        ({"encoding": "angle", "n_features": 3}, "takes 2 features, one a qubit, not 3"),
        ({"encoding": "amplitude", "n_features": 5}, "takes 1 to 4 features, not 5"),
        ({"encoding": {"name": "amplitude", "normalize": False}}, "not offered"),
        ({"encoding": "amplitude", "n_qubits": 17}, "from 1 to 16"),
        ({"ansatz": "strong_entangling"}, "did you mean 'strongly_entangling'"),
        ({"ansatz": {"name": "real_amplitudes", "reps": 2}}, "did you mean 'n_layers'"),
        ({"ansatz": {"name": "hardware_efficient", "entangler": "CX"}}, "did you mean 'CNOT'"),
        ({"ansatz": {"name": "hardware_efficient", "entangler": "RX"}}, "known are CNOT, CY"),
        ({"ansatz": {"name": "hardware_efficient", "rotations": "RY"}}, r"a list .* \[RY, RZ\]"),
        ({"ansatz": {"name": "hardware_efficient", "rotations": 1}}, "a list of gates"),
        ({"ansatz": {"name": "hardware_efficient", "final_rotations": "no"}}, "true or false"),
        ({"ansatz": {"name": "strongly_entangling", "ranges": [1, 1]}}, "a list of 1"),
        ({"ansatz": {"name": "strongly_entangling", "ranges": [2]}}, "a range is"),
        ({"ansatz": {"name": "strongly_entangling", "ranges": 0.5}}, "ranges is auto or"),
        ({"reupload": "always"}, "known are once, each_layer"),
        ({"reupload": "each_layer", "encoding": "angle"}, "needs an encoding and an ansatz"),
        (
            {"reupload": "each_layer", "encoding": "amplitude", "ansatz": "basic_entangler"},
            "can't be repeated",
        ),
        ({"trainable_scale": True}, "needs an encoding by angles"),
        ({"trainable_scale": True, "encoding": {"name": "amplitude"}}, "needs an encoding"),
        ({"gates": [], "ansatz": "basic_entangler"}, "one or the other"),
        ({"gates": [], "blocks": 1}, "one or the other"),
        ({"blocks": 1}, "give an ansatz"),
        ({"blocks": 0, "ansatz": "brick_wall"}, "blocks is a whole number from 1"),
        (
            {"blocks": 2, "ansatz": "brick_wall", "encoding": "angle", "reupload": "each_layer"},
            "blocks and reupload: each_layer exclude",
        ),
        ({"ansatz": {"name": "brick_wall", "entangler": "RY"}}, "known are CNOT, CY"),
        ({"ansatz": {"name": "brick_wall", "rotations": ["CZ"]}}, "rotations: no 'CZ'"),
        ({"ansatz": {"name": "brick_wall", "n_layers": 0}}, "n_layers is a whole number from 1"),
        ({"ansatz": {"name": "random_pauli", "redraw": 1}}, "redraw is true or false"),
        ({"ansatz": {"name": "random_pauli", "initial": True}}, "initial is a number"),
        ({"ansatz": {"name": "random_pauli", "seed": -1}}, "seed is a whole number from 0"),
        ({"ansatz": {"name": "random_pauli", "reps": 3}}, "did you mean 'n_layers'"),
        ({"gates": "H 0"}, "gates is a list"),
        ({"gates": ["H 0"]}, "neither"),
        ({"gates": [["H"]]}, "neither"),
        ({"gates": [["CX", [0, 1]]]}, "did you mean 'CNOT'"),
        ({"gates": [["H", "0"]]}, "wires of H"),
        ({"gates": [["H", [0, 1]]]}, "1 different wires"),
        ({"gates": [["RX", 0, "x5"]], "n_features": 2}, "feature x5, but there are 2"),
        ({"gates": [{"repeat": 2}]}, "a repetition is"),
        ({"gates": [{"repeat": -1, "gates": []}]}, "repeat is a whole number"),
        ({"gates": [{"repeat": 10**5, "gates": [["H", 0]] * 11}]}, "more than 1000000"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_right_word(slots, words):
    with pytest.raises(CircuitError, match=words):
        build_circuit(**{"n_qubits": 2, **slots})
