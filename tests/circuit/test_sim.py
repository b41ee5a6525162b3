from __future__ import annotations

import math

import pytest

from qbench.circuit import GATES, Operation, ReferenceProgram, build_circuit
from qbench.exceptions import CircuitError

CHAIN, EVEN, ODD = "32 21 10", "10 32", "21"
RING, BACK = "30 23 12 01", "32 03 10 21"
FULL = "32 31 30 23 21 20 13 12 10 03 02 01"
XZ, YZ, Y = "RX:0 1 2 3, RZ:0 1 2 3", "RY:0 1 2 3, RZ:0 1 2 3", "RY:0 1 2 3"
INNER = "RY:1 2, RZ:1 2"

FIGURE_2 = {
    1: XZ,
    2: f"{XZ}, CNOT:{CHAIN}",
    3: f"{XZ}, CRZ:{CHAIN}",
    4: f"{XZ}, CRX:{CHAIN}",
    5: f"{XZ}, CRZ:{FULL}, {XZ}",
    6: f"{XZ}, CRX:{FULL}, {XZ}",
    7: f"{XZ}, CRZ:{EVEN}, {XZ}, CRZ:{ODD}",
    8: f"{XZ}, CRX:{EVEN}, {XZ}, CRX:{ODD}",
    9: f"H:0 1 2 3, CZ:{CHAIN}, RX:0 1 2 3",
    10: f"{Y}, CZ:{RING}, {Y}",
    11: f"{YZ}, CNOT:{EVEN}, {INNER}, CNOT:{ODD}",
    12: f"{YZ}, CZ:{EVEN}, {INNER}, CZ:{ODD}",
    13: f"{Y}, CRZ:{RING}, {Y}, CRZ:{BACK}",
    14: f"{Y}, CRX:{RING}, {Y}, CRX:{BACK}",
    15: f"{Y}, CNOT:{RING}, {Y}, CNOT:{BACK}",
    16: f"{XZ}, CRZ:{EVEN} {ODD}",
    17: f"{XZ}, CRX:{EVEN} {ODD}",
    18: f"{XZ}, CRZ:{RING}",
    19: f"{XZ}, CRX:{RING}",
}
"""GATE:WIRES ..., control first, in the order of the paper's drawings; 0 is the top wire."""


def sim(number: object, n_qubits: int = 4, **options: object) -> tuple[Operation, ...]:
    ansatz = {"name": "sim", "number": number, **options}
    return build_circuit(n_qubits, ansatz=ansatz).circuit.operations


def listed(rounds: str) -> list[list[object]]:
    """The same rounds as a suite's list of gates."""
    found: list[list[object]] = []
    for group in rounds.split(", "):
        gate, _, places = group.partition(":")
        angles = ["w"] * GATES[gate].n_angles
        found += [[gate, [int(wire) for wire in place], *angles] for place in places.split()]
    return found


@pytest.mark.parametrize("number", FIGURE_2)
def test_each_circuit_has_the_gates_of_the_figure_as_an_ansatz_or_as_a_list(number):
    by_list = build_circuit(4, gates=listed(FIGURE_2[number])).circuit
    assert sim(number) == by_list.operations


@pytest.mark.parametrize("n_qubits", [4, 5, 6, 7])
def test_the_number_of_weights_grows_with_the_wires_as_the_layouts_say(n_qubits):
    n = n_qubits
    apart = n // math.gcd(n, 3)
    weights = {
        **{1: 2 * n, 2: 2 * n, 3: 3 * n - 1, 4: 3 * n - 1, 5: n * n + 3 * n, 6: n * n + 3 * n},
        **{7: 5 * n - 1, 8: 5 * n - 1, 9: n, 10: 2 * n, 11: 4 * n - 4, 12: 4 * n - 4},
        **{13: 3 * n + apart, 14: 3 * n + apart, 15: 2 * n},
        **{16: 3 * n - 1, 17: 3 * n - 1, 18: 3 * n, 19: 3 * n},
    }
    for number, expected in weights.items():
        circuit = build_circuit(n, ansatz={"name": "sim", "number": number}).circuit
        used = [k for o in circuit.operations for angle in o.angles for k in angle.weight_indices]
        assert (number, used) == (number, list(range(expected)))
        assert circuit.n_weights == expected


def test_layers_repeat_the_circuit_but_for_the_first_rotations_of_10():
    names = [operation.gate for operation in sim(10, n_layers=3)]
    assert names == ["RY"] * 4 + (["CZ"] * 4 + ["RY"] * 4) * 3
    names = [operation.gate for operation in sim(9, n_layers=2)]
    assert names == (["H"] * 4 + ["CZ"] * 3 + ["RX"] * 4) * 2


def test_the_second_ring_joins_wires_three_apart():
    def ring(n_qubits: int) -> list[tuple[int, ...]]:
        return [o.wires for o in sim(15, n_qubits) if o.gate == "CNOT"][n_qubits:]

    assert ring(5) == [(4, 2), (1, 4), (3, 1), (0, 3), (2, 0)]
    assert ring(6) == [(5, 2), (2, 5)]


@pytest.mark.parametrize("number", FIGURE_2)
def test_a_circuit_runs_on_its_fewest_wires_and_refuses_fewer(number):
    fewest = {1: 1, 10: 3, 13: 4, 14: 4, 15: 4}.get(number, 2)
    circuit = build_circuit(fewest, ansatz={"name": "sim", "number": number}).circuit
    assert ReferenceProgram(circuit.weights_as_inputs()).forward(
        [[0.3] * circuit.n_weights], []
    ).shape == (1, fewest)
    if fewest > 1:
        with pytest.raises(CircuitError, match=f"circuit {number} needs {fewest} qubits, not"):
            sim(number, fewest - 1)


@pytest.mark.parametrize("number", [None, 0, 20, "9", 9.0, True])
def test_another_number_is_refused_with_the_range(number):
    with pytest.raises(CircuitError, match="number is a whole number from 1 to 19"):
        sim(number)


def test_the_number_has_no_default():
    with pytest.raises(CircuitError, match="number is a whole number from 1 to 19, not None"):
        build_circuit(4, ansatz="sim")
