from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qbench.circuit import (
    GATES,
    STATE_PREPARATION,
    Angle,
    Circuit,
    Operation,
    Probabilities,
    ReferenceProgram,
    build_circuit,
    expval,
    optimised,
)

X, W = Angle.input, Angle.weight
READOUTS = (expval("Z", 0), expval("XY", 1, 2), Probabilities((0, 2)))
TURNS = st.sampled_from([0.0, 0.3, math.pi / 2, math.pi, -math.pi, 2 * math.pi, 4 * math.pi])
ANGLES = st.one_of(
    TURNS.map(Angle),
    st.sampled_from([X(0), W(0), -W(0), W(1) * 2.0 + 0.4, X(1) * W(2), X(0) + math.pi]),
)


@st.composite
def operations(draw: st.DrawFn) -> Operation:
    gate = GATES[draw(st.sampled_from(sorted(GATES)))]
    wires = draw(st.permutations(range(3)))[: gate.n_wires]
    return Operation.of(gate.name, wires, *(draw(ANGLES) for _ in range(gate.n_angles)))


def circuit_of(*gates: Operation) -> Circuit:
    return Circuit(3, gates, READOUTS, 2, 3)


def names(*gates: Operation) -> list[str]:
    return [operation.gate for operation in optimised(circuit_of(*gates)).operations]


def check_unchanged(circuit: Circuit) -> None:
    draw = np.random.default_rng(1)
    x, w = draw.normal(size=(3, circuit.n_inputs)), draw.normal(size=circuit.n_weights)
    cotangent = draw.normal(size=(3, circuit.n_outputs))
    expected = ReferenceProgram(circuit).vjp(x, w, cotangent)
    found = ReferenceProgram(optimised(circuit)).vjp(x, w, cotangent)
    for before, after in zip(expected, found, strict=True):
        np.testing.assert_allclose(after, before, rtol=0, atol=1e-12)


@given(st.lists(operations(), max_size=14))
@settings(max_examples=120, deadline=None)
def test_outputs_and_gradients_stay_what_they_were(gates: list[Operation]) -> None:
    circuit = circuit_of(*gates)
    check_unchanged(circuit)
    smaller = optimised(circuit)
    assert len(smaller.operations) <= len(gates)
    assert optimised(smaller) == smaller


@given(st.lists(operations().filter(lambda o: len(o.wires) == 1), max_size=10))
@settings(max_examples=80, deadline=None)
def test_constant_gates_on_one_wire_become_one_at_most(gates: list[Operation]) -> None:
    fixed = [
        Operation.of(o.gate, 0, *(angle.constant for angle in o.angles))
        for o in gates
        if all(angle.is_constant for angle in o.angles)
    ]
    check_unchanged(circuit_of(Operation.of("U3", 0, 0.5, W(0), X(0)), *fixed))
    assert len(names(*fixed)) <= 1


@pytest.mark.parametrize("gate", ["H", "CNOT", "CZ", "SWAP", "Toffoli"])
def test_a_gate_and_its_inverse_vanish_with_what_they_enclose(gate: str) -> None:
    wires = range(GATES[gate].n_wires)
    outer = Operation.of(gate, wires)
    inner = [Operation.of("RX", 0, W(0)), Operation.of("RX", 0, -W(0))]
    assert names(outer, *inner, outer) == []


def test_the_order_of_wires_counts_where_the_gate_is_not_symmetric() -> None:
    assert names(Operation.of("CZ", (0, 1)), Operation.of("CZ", (1, 0))) == []
    assert names(Operation.of("CNOT", (0, 1)), Operation.of("CNOT", (1, 0))) == ["CNOT"] * 2
    assert names(Operation.of("Toffoli", (0, 1, 2)), Operation.of("Toffoli", (1, 0, 2))) == []


def test_an_encoding_and_a_rotation_about_its_axis_are_one_gate_of_their_sum() -> None:
    merged = optimised(circuit_of(Operation.of("RY", 0, X(0)), Operation.of("RY", 0, W(0))))
    assert merged.operations == (Operation.of("RY", 0, X(0) + W(0)),)


def test_a_gate_between_keeps_two_apart() -> None:
    turn, between = Operation.of("RX", 0, W(0)), Operation.of("CNOT", (0, 1))
    assert names(turn, between, turn) == ["RX", "CNOT", "RX"]
    assert names(turn, Operation.of("H", 1), turn) == ["H", "RX"]


def test_a_controlled_rotation_by_one_turn_is_no_identity() -> None:
    assert names(Operation.of("CRX", (0, 1), 2 * math.pi)) == ["CRX"]
    assert names(Operation.of("CRX", (0, 1), 4 * math.pi)) == []
    assert names(Operation.of("CPhase", (0, 1), 2 * math.pi)) == []


def test_a_gate_with_no_neighbour_stays_as_it_is_written() -> None:
    gates = [Operation.of(name, 0) for name in ("S",)] + [Operation.of("T", 1)]
    assert optimised(circuit_of(*gates)) == circuit_of(*gates)


def test_what_prepares_amplitudes_stays_first() -> None:
    prepared = Operation.of(STATE_PREPARATION, 0, X(0), X(1))
    circuit = circuit_of(prepared, Operation.of("H", 0), Operation.of("H", 0))
    assert optimised(circuit) == circuit_of(prepared)


def test_a_layer_of_two_rotations_becomes_one_gate_a_wire() -> None:
    ansatz = {"name": "hardware_efficient", "rotations": ["RY", "RZ"], "n_layers": 3}
    circuit = build_circuit(4, "angle", ansatz).circuit
    check_unchanged(circuit)
    assert (len(circuit.operations), len(optimised(circuit).operations)) == (40, 24)
