"""Closed forms of the gradient variance: known numbers, and averages over many draws."""

from __future__ import annotations

from math import log, pi, sqrt
from typing import Any

import numpy as np
import pytest

from qbench.circuit import ReferenceProgram, build_circuit
from qbench.circuit.build import BuiltCircuit
from qbench.plan.paulis import mean_variance
from qbench.plan.product import quadrature
from qbench.plan.theory import ClosedForm, closed_form, two_design

TURN = {"name": "uniform", "range": [0.0, 2 * pi]}
HALF_TURN = {"name": "uniform", "range": [0.0, pi]}
SKEW = {"name": "uniform", "range": [-0.4, 1.9]}
NORMAL = {"name": "normal", "std": 0.7}

RY_EACH = {"name": "hardware_efficient", "entanglement": "none"}


def built(n_qubits: int, ansatz: Any, cost: str, **slots: Any) -> BuiltCircuit:
    return build_circuit(n_qubits, ansatz=ansatz, measure={"expval": cost}, **slots)


def known(circuit: BuiltCircuit, init: dict[str, Any], components: list[int]) -> ClosedForm:
    found = closed_form(circuit, init, components)
    assert found is not None
    return found


@pytest.mark.parametrize("n", [1, 2, 5, 10, 16])
def test_a_global_cost_of_single_rotations_falls_as_a_power_of_two(n):
    circuit = built(n, RY_EACH, "prod(Z)")
    for component in (0, n - 1):
        found = known(circuit, TURN, [component])
        assert (found.name, found.limit) == ("product", False)
        assert found.variance == pytest.approx(2.0**-n, rel=1e-12)
        assert found.kurtosis == pytest.approx(1.5**n, rel=1e-12)
    assert known(circuit, TURN, list(range(n))).variance == pytest.approx(2.0**-n, rel=1e-12)


@pytest.mark.parametrize("n", [1, 2, 9])
def test_a_local_cost_of_single_rotations_does_not_fall(n):
    circuit = built(n, RY_EACH, "Z0")
    assert known(circuit, TURN, [0]).variance == pytest.approx(0.5, rel=1e-12)
    assert known(circuit, TURN, list(range(n))).variance == pytest.approx(0.5 / n, rel=1e-12)


def test_a_weight_outside_the_cost_has_no_variance_and_no_kurtosis():
    assert known(built(3, RY_EACH, "Z0"), TURN, [2]) == ClosedForm("product", 0.0, None, False)


def test_a_mean_over_wires_counts_the_weight_of_each_wire_once():
    found = known(built(8, RY_EACH, "1 - mean(P0)"), TURN, [3])
    assert found.variance == pytest.approx(0.5 / (2 * 8) ** 2, rel=1e-12)
    assert found.kurtosis == pytest.approx(1.5, rel=1e-12)


@pytest.mark.parametrize(
    ("n", "variance"),
    [(2, 1.818e-2), (3, 7.895e-3), (4, 3.334e-3), (5, 1.383e-3), (6, 5.663e-4)],
)
def test_the_demo_of_pennylane_has_its_exact_variance(n, variance):
    """RY(pi/4), one random rotation a wire, a ladder of CZ that has no effect, |0...0><0...0|."""
    found = known(built(n, "random_pauli", "prod(P0)"), HALF_TURN, [n - 1])
    assert found.variance == pytest.approx(variance, rel=5e-4)
    assert found.name == "product"


def test_the_demo_of_pennylane_falls_by_its_slope():
    variances = [
        known(built(n, "random_pauli", "prod(P0)"), HALF_TURN, [n - 1]).variance
        for n in range(2, 7)
    ]
    assert np.polyfit(range(2, 7), np.log(variances), 1)[0] == pytest.approx(-0.868, abs=5e-4)


def test_small_angles_have_the_closed_form_of_a_normal():
    """Var sin(theta) = (1 - exp(-2 s^2)) / 2, and E cos^2 = (1 + exp(-2 s^2)) / 2."""
    for std in (0.05, 0.7, 3.0):
        for rule in ({"name": "normal", "std": std}, {"name": "small_angle", "std": std}):
            found = known(built(2, RY_EACH, "Z0 Z1"), rule, [1])
            damped = np.exp(-2 * std**2)
            assert found.variance == pytest.approx((1 - damped**2) / 4, rel=1e-10)
    auto = known(built(1, RY_EACH, "Z0"), {"name": "small_angle", "std": None}, [0])
    damped = np.exp(-2 / (4 * 3))
    assert auto.variance == pytest.approx((1 - damped) / 2, rel=1e-10)


def test_fixed_weights_have_no_variance():
    assert known(built(2, RY_EACH, "X0 X1"), {"name": "zeros"}, [0]).variance == 0.0
    uniform = {"name": "uniform", "range": [0.3, 0.3]}
    assert known(built(2, RY_EACH, "X0 X1"), uniform, [0]).variance == 0.0
    assert known(built(2, RY_EACH, "X0"), {"name": "normal", "std": 0.0}, [0]).variance == 0.0


@pytest.mark.parametrize("frequency", [0.5, 4.0, 37.5])
def test_the_quadrature_is_exact_up_to_its_bandwidth(frequency):
    for low, high in ((0.0, 2 * pi), (-3.0, 11.0)):
        nodes, shares = quadrature({"name": "uniform", "range": [low, high]}, frequency)
        turned = (np.exp(1j * frequency * high) - np.exp(1j * frequency * low)) / (1j * frequency)
        exact = turned / (high - low)
        assert np.exp(1j * frequency * nodes) @ shares == pytest.approx(exact, abs=1e-13)
        assert shares.sum() == pytest.approx(1.0, abs=1e-13)
    for std in (1e-3, 0.4, 5.0):
        nodes, shares = quadrature({"name": "normal", "std": std}, frequency)
        exact = np.exp(-0.5 * (frequency * std) ** 2)
        assert np.cos(frequency * nodes) @ shares == pytest.approx(exact, abs=1e-13)
        assert nodes**2 @ shares == pytest.approx(std**2, rel=1e-10)


def draws(circuit: BuiltCircuit, init: dict[str, Any], samples: int, seed: int = 3) -> np.ndarray:
    """Gradients with respect to every weight, shape (samples, weights), by plain simulation."""
    rng, n_weights = np.random.default_rng(seed), circuit.circuit.n_weights
    if init["name"] == "normal":
        weights = rng.normal(0.0, init["std"], (samples, n_weights))
    else:
        weights = rng.uniform(*init["range"], (samples, n_weights))
    features = np.zeros((samples, circuit.circuit.n_inputs))
    for slot in circuit.axis_inputs:
        features[np.arange(samples), np.array(slot)[rng.integers(0, 3, samples)]] = 1.0
    program = ReferenceProgram(circuit.circuit.weights_as_inputs())
    inputs = np.concatenate([features, weights], axis=1)
    gradient = program.vjp(inputs, np.zeros(0), np.ones((samples, 1)))[1]
    return gradient[:, features.shape[1] :]


PRODUCTS = {
    "euler angles": (2, ["RZ", "RY", "RX"], "none", "X0 Y1", TURN),
    "skew": (3, ["RX", "RY"], "none", "Z0 P0[1] Y2", SKEW),
    "normal": (2, ["RY", "RX", "RY"], "none", "X0 Z1", NORMAL),
    "sum of products": (3, ["RX", "RY"], "none", "Z0 Z1 - 0.5*Z1 X2 + 2*Y0 - P0[2]", SKEW),
    "U3": (2, ["U3", "SX"], "none", "Z0 X1", SKEW),
    "diagonal entanglers at the end": (3, ["RX", "RY", "RZ"], "ring", "prod(P1)", SKEW),
}


@pytest.mark.parametrize("name", PRODUCTS)
def test_a_product_has_the_variance_of_many_draws(name):
    n, rotations, entanglement, cost, init = PRODUCTS[name]
    ansatz = {"name": "hardware_efficient", "rotations": rotations, "entangler": "CPhase"}
    circuit = built(n, {**ansatz, "entanglement": entanglement}, cost)
    agrees_with_draws(circuit, init)


def agrees_with_draws(circuit: BuiltCircuit, init: dict[str, Any], samples: int = 100_000) -> None:
    """Each component's variance within 4 exact standard errors, its kurtosis roughly."""
    measured = draws(circuit, init, samples)
    expected = [known(circuit, init, [k]) for k in range(measured.shape[1])]
    assert any(found.variance > 0.0 for found in expected)
    for column, found in zip(measured.T, expected, strict=True):
        if found.variance == 0.0:
            assert np.var(column) < 1e-20
            continue
        assert found.kurtosis is not None
        error = found.variance * sqrt((found.kurtosis - 1) / samples)
        assert abs(np.var(column) - found.variance) < 4 * error
        fourth = np.mean((column - column.mean()) ** 4) / np.var(column) ** 2
        assert fourth == pytest.approx(found.kurtosis, rel=0.15)
    total = known(circuit, init, list(range(measured.shape[1]))).variance
    assert total == pytest.approx(np.mean([found.variance for found in expected]), rel=1e-12)


def test_a_random_axis_is_averaged_over():
    agrees_with_draws(built(3, "random_pauli", "prod(P0)"), SKEW)
    deep = {"name": "random_pauli", "n_layers": 3, "entanglement": "none"}
    agrees_with_draws(built(2, deep, "Z0 X1"), SKEW)


def test_gates_outside_the_light_cone_have_no_effect():
    circuit = built(4, {"name": "brick_wall", "entangler": "CNOT"}, "Z0 + Z0 Z1")
    assert closed_form(circuit, SKEW, [0]) is None
    gates = [["RX", 0, "w"], ["RY", 2, "w"], ["CNOT", [2, 1]], ["RZ", 0, "w"], ["RY", 0, "w"]]
    agrees_with_draws(built(3, None, "X0", gates=gates), SKEW)


def test_weights_that_a_wire_reads_twice_are_integrated_together():
    gates = [["RX", 0, "w0"], ["RY", 0, "w1"], ["H", 0], ["RX", 0, "2*w0 + 0.3"], ["RY", 1, "w2"]]
    agrees_with_draws(built(2, None, "Z0 Z1", gates=gates), SKEW)


def test_a_block_shares_its_axes_and_has_weights_of_its_own():
    ansatz = {"name": "random_pauli", "entanglement": "none"}
    agrees_with_draws(built(2, ansatz, "Z0 X1", blocks=1), SKEW)


@pytest.mark.parametrize(
    ("gates", "cost"),
    [
        ([["RY", 0, "w"], ["CNOT", [0, 1]]], "Z0 Z1"),
        ([["RY", 0, "w"], ["CZ", [0, 1]]], "X0"),
        ([["RY", 0, "w"], ["CZ", [0, 1]], ["RX", 1, "w"]], "Z1"),
        ([["RY", 0, "w0"], ["RY", 1, "w0"]], "Z0 Z1"),
        ([["RY", 0, "w0*w1"]], "Z0"),
        ([["RY", 0, "w*x0"]], "Z0"),
        ([["RY", 0, "w"]], "Z"),
    ],
    ids=["entangler", "observable", "order", "shared", "product of weights", "data", "outputs"],
)
def test_what_is_no_product_has_no_closed_form(gates, cost):
    assert closed_form(built(2, None, cost, gates=gates), SKEW, [0]) is None


def test_correlated_weights_have_no_closed_form():
    circuit = built(2, RY_EACH, "Z0", blocks=1)
    assert known(circuit, TURN, [0]).variance == pytest.approx(0.5)
    assert closed_form(circuit, {"name": "block_identity", "range": [0, 1]}, [0]) is None


def random_pauli(n: int, n_layers: int, cost: str = "Z0 Z1", **options: Any) -> BuiltCircuit:
    return built(n, {"name": "random_pauli", "n_layers": n_layers, **options}, cost)


LAYERED = {"name": "hardware_efficient", "rotations": ["RX", "RY"], "n_layers": 2}
BRICKS = {"name": "brick_wall", "n_layers": 2, "final_rotations": True}
ISING = {"name": "hardware_efficient", "rotations": ["RY", "H", "S"], "n_layers": 2}

PAULI_CIRCUITS = {
    "random axes": random_pauli(3, 4),
    "one random circuit": random_pauli(4, 3, cost="X0 Y3", redraw=False),
    "no initial angle, ring of CNOT": random_pauli(
        3, 3, cost="Z0", initial=0, entangler="CNOT", entanglement="ring"
    ),
    "layered, projector": built(3, {**LAYERED, "entanglement": "ring"}, "prod(P0)"),
    "layered, sum": built(4, LAYERED, "Z0 Z1 - 0.5*Z1 Z2 + 2*X3"),
    "bricks, local": built(4, BRICKS, "1 - mean(P0)"),
    "bricks, global": built(4, BRICKS, "1 - prod(P0)"),
    "ising": built(3, {**ISING, "entangler": "RZZ", "entanglement": [[2, 0]]}, "Z0 Y2"),
    "exchange": built(3, {**ISING, "entangler": "RXX"}, "Z2"),
    "circuit 15 of Sim et al.": built(4, {"name": "sim", "number": 15}, "Z0"),
    "blocks": built(3, "brick_wall", "Z0 X1", blocks=2),
    "whole multiples": built(2, None, "Z0 X1", gates=[
        ["RY", 0, "2*w"], ["RY", 1, "-w"], ["CNOT", [0, 1]], ["PhaseShift", 1, "1 - 3*w"]
    ]),
}  # fmt: skip


@pytest.mark.parametrize("name", PAULI_CIRCUITS)
def test_chains_of_paulis_have_the_variance_of_many_draws(name):
    circuit, samples = PAULI_CIRCUITS[name], 20_000
    measured = draws(circuit, TURN, samples)
    expected = np.array([known(circuit, TURN, [k]).variance for k in range(measured.shape[1])])
    assert expected.max() > 0.0
    variances, errors = np.var(measured, axis=0), np.std(measured**2, axis=0) / sqrt(samples)
    assert np.all(np.abs(variances - expected) <= 4.5 * errors + 1e-20)
    total = known(circuit, TURN, list(range(measured.shape[1])))
    assert total == ClosedForm("paulis", pytest.approx(expected.mean(), rel=1e-12), None, False)


def test_chains_of_paulis_agree_with_products():
    circuit = built(3, {**LAYERED, "entanglement": "none"}, "Z0 X1 + Y2")
    for k in range(12):
        found = known(circuit, TURN, [k])
        assert found.name == "product"
        assert mean_variance(circuit, [k]) == pytest.approx(found.variance, rel=1e-12, abs=1e-14)


@pytest.mark.parametrize(
    ("gates", "cost"),
    [
        ([["RY", 0, "w"], ["CRX", [0, 1], "w"]], "Z0 Z1"),
        ([["RY", 0, "w"], ["T", 0], ["CNOT", [0, 1]]], "X0 X1"),
        ([["RY", 0, "w0"], ["CNOT", [0, 1]], ["RY", 1, "w0"]], "Z0 Z1"),
        ([["RY", 0, "0.5*w"], ["CNOT", [0, 1]]], "X0 Z1"),
        ([["RY", 0, "w0 + w1"], ["CNOT", [0, 1]]], "X0 Z1"),
        ([["RY", 0, "w*x0"], ["CNOT", [0, 1]]], "X0 Z1"),
        ([["H", 0], ["CNOT", [0, 1]], ["RZ", 0, "w"]], "X0 X1 + Y0 X1"),
    ],
    ids=["controlled", "T", "shared", "half turns", "sum", "data", "coupled terms"],
)
def test_what_is_no_chain_of_paulis_has_no_closed_form(gates, cost):
    assert closed_form(built(2, None, cost, gates=gates), TURN, [0]) is None


def test_terms_that_a_random_axis_couples_have_no_closed_form():
    assert closed_form(random_pauli(2, 1, cost="X0 + Y0"), TURN, [0]) is None
    assert closed_form(random_pauli(2, 1, cost="X0"), TURN, [0]) is not None


def test_blocks_that_share_axes_have_no_closed_form():
    shared = built(2, {"name": "random_pauli", "n_layers": 2}, "Z0 X1", blocks=1)
    assert closed_form(shared, TURN, [0]) is None


@pytest.mark.parametrize("n", [2, 4, 8])
def test_the_two_design_has_its_limit(n):
    d = 2**n
    found = two_design(random_pauli(n, 10 * n), TURN, [10 * n * n // 2])
    assert found is not None
    assert (found.name, found.limit) == ("2-design", True)
    assert found.variance == pytest.approx(d**2 / (2 * (d**2 - 1) * (d + 1)), rel=1e-12)


def test_the_two_design_halves_the_variance_with_each_qubit():
    found = [two_design(random_pauli(n, 10 * n), TURN, [5 * n * n]) for n in (9, 10)]
    assert log(found[1].variance / found[0].variance) == pytest.approx(-log(2), rel=5e-3)


@pytest.mark.parametrize(("n", "ratio"), [(2, 0.9965), (4, 1.0173), (6, 1.0613)])
def test_ten_layers_a_qubit_are_near_the_two_design_and_twenty_nearer(n, ratio):
    for n_layers, expected in ((10 * n, ratio), (20 * n, 1.0)):
        circuit, middle = random_pauli(n, n_layers), [n * n_layers // 2]
        limit = two_design(circuit, TURN, middle)
        assert known(circuit, TURN, middle).variance / limit.variance == pytest.approx(
            expected, abs=1e-3
        )


def test_the_two_design_counts_every_term_of_an_observable():
    for cost in ("prod(P0)", "3 - 2*Z1", "X0 - 0.5*Z1 Y2"):
        circuit, gates = random_pauli(3, 80, cost), [3 * 40, 3 * 40 + 1, 3 * 40 + 2]
        limit = two_design(circuit, TURN, gates)
        measured = draws(circuit, TURN, 3000)[:, gates]
        errors = np.std(measured**2, axis=0) / sqrt(3000)
        assert np.all(np.abs(np.var(measured, axis=0) - limit.variance) < 4 * errors), cost


def test_only_a_deep_random_circuit_over_full_turns_counts_as_a_two_design():
    deep = random_pauli(2, 20)
    assert two_design(deep, TURN, [20]) is not None
    assert two_design(deep, {"name": "uniform", "range": [-pi, pi]}, [20]) is not None
    assert two_design(deep, HALF_TURN, [20]) is None
    assert two_design(deep, NORMAL, [20]) is None
    assert two_design(deep, TURN, [0]) is None
    assert two_design(deep, TURN, [20, 39]) is None
    assert two_design(random_pauli(2, 19), TURN, [20]) is None
    assert two_design(random_pauli(2, 20, redraw=False), TURN, [20]) is None
    assert two_design(random_pauli(2, 20, entangler="CNOT"), TURN, [20]) is None
    assert closed_form(deep, HALF_TURN, [20]) is None


def test_beyond_the_reach_of_the_chain_the_limit_stands_alone():
    found = known(random_pauli(11, 110), TURN, [11 * 55])
    assert (found.name, found.limit) == ("2-design", True)
