"""Initial parameters: drawn in the parent, each from a stream of its own."""

from __future__ import annotations

import numpy as np
import pytest

from qbench.circuit import ReferenceProgram
from qbench.circuit.build import build_circuit
from qbench.plan import (
    batch_order,
    circuit_inputs,
    gradient_draws,
    initial_parameters,
    weight_draws,
)


def model_of(plan, method="qnn", backend="reference"):
    works = [t.work for t in plan.trials if t.work.method == method and t.work.task == "train"]
    return next(w.model for w in works if w.backend.name == backend)


@pytest.fixture
def work(plan_of):
    return next(t.work for t in plan_of().trials if t.work.method == "qnn")


def test_initial_parameters_do_not_depend_on_the_backend(plan_of, work):
    plan = plan_of()
    draws = [
        initial_parameters(model_of(plan, backend=b), work.init, 5)
        for b in ("reference", "pennylane")
    ]
    assert draws[0].keys() == draws[1].keys()
    for name, array in draws[0].items():
        np.testing.assert_array_equal(array, draws[1][name])


def test_dense_weights_are_glorot_uniform_and_quantum_weights_fill_their_interval(work):
    drawn = [initial_parameters(work.model, work.init, seed) for seed in range(300)]
    assert {name: a.shape for name, a in drawn[0].items()} == {
        "0.dense.weight": (2, 2),
        "0.dense.bias": (2,),
        "4.quantum.weights": (1, 4),
        "5.dense.weight": (2, 2),
        "5.dense.bias": (2,),
    }
    weights = np.stack([d["5.dense.weight"] for d in drawn])
    bound = np.sqrt(6 / (2 + 2))
    assert np.abs(weights).max() <= bound
    assert weights.std() == pytest.approx(bound / np.sqrt(3), rel=0.05)
    quantum = np.stack([d["4.quantum.weights"] for d in drawn])
    assert quantum.min() >= 0
    assert quantum.max() <= 2 * np.pi
    assert quantum.mean() == pytest.approx(np.pi, rel=0.05)
    assert not any(d["0.dense.bias"].any() for d in drawn)


def test_a_seed_gives_the_same_weights_again_and_another_seed_others(work):
    first, again, other = (initial_parameters(work.model, work.init, s) for s in (5, 5, 6))
    np.testing.assert_array_equal(first["4.quantum.weights"], again["4.quantum.weights"])
    assert not np.isclose(first["4.quantum.weights"], other["4.quantum.weights"]).any()


def test_a_layer_more_moves_no_other_draw(plan_of, work):
    before = initial_parameters(work.model, work.init, 5)
    longer = (
        "models.qnn.layers=[{dense: {units: 2, activation: tanh}}, relu, {dropout: 0.1}, "
        "{scale: 2}, {quantum: pqc}, {dense: n_classes}, {dense: n_classes}]"
    )
    after = initial_parameters(model_of(plan_of(longer)), work.init, 5)
    assert set(after) - set(before) == {"6.dense.weight", "6.dense.bias"}
    for name, array in before.items():
        np.testing.assert_array_equal(array, after[name])


@pytest.mark.parametrize(
    ("rule", "check"),
    [
        ("zeros", lambda w: not w.any()),
        ("{normal: {std: 1e-3}}", lambda w: 0 < np.abs(w).max() < 0.01),
        ("{uniform: [3, 3.5]}", lambda w: ((w >= 3) & (w <= 3.5)).all()),
    ],
)
def test_quantum_weights_follow_the_rule_that_is_asked_for(plan_of, rule, check):
    plan = plan_of(f"models.qnn.init.quantum={rule}")
    work = next(t.work for t in plan.trials if t.work.method == "qnn")
    assert check(initial_parameters(work.model, work.init, 5)["4.quantum.weights"])


def test_input_scalings_start_at_their_value_in_every_draw(plan_of):
    plan = plan_of("circuits.pqc.trainable_scale=true", "circuits.pqc.encoding.scale=0.5")
    work = next(t.work for t in plan.trials if t.work.method == "qnn")
    (parameter,) = (p for p in work.model.parameters if p.kind == "quantum")
    positions = sorted(parameter.fixed)
    assert len(positions) == 2
    start = initial_parameters(work.model, work.init, 5)[parameter.name]
    draws = gradient_draws(work.model, work.init["quantum"], 5, samples=9)[parameter.name]
    assert draws.shape == (9, *parameter.shape)
    assert (start[..., positions] == 0.5).all()
    assert (draws[..., positions] == 0.5).all()


def test_gradient_draws_are_no_training_seeds(work):
    draws = gradient_draws(work.model, work.init["quantum"], 5, samples=50)["4.quantum.weights"]
    for seed in range(20):
        start = initial_parameters(work.model, work.init, seed)["4.quantum.weights"]
        assert not np.isclose(draws, start).all(axis=(1, 2)).any()


def test_more_gradient_draws_begin_with_the_same_ones(work):
    few, many = (gradient_draws(work.model, work.init["quantum"], 5, samples=n) for n in (3, 30))
    np.testing.assert_array_equal(few["4.quantum.weights"], many["4.quantum.weights"][:3])


@pytest.mark.parametrize(
    "rule",
    [
        {"name": "uniform", "range": [0, 1]},
        {"name": "normal", "std": 0.3},
        {"name": "small_angle", "std": None},
    ],
    ids=lambda rule: rule["name"],
)
def test_draws_of_a_circuit_are_numbered(rule):
    built = build_circuit(3, ansatz={"name": "hardware_efficient", "n_layers": 2})
    few, many = (circuit_inputs(built, rule, 5, samples) for samples in (7, 40))
    np.testing.assert_array_equal(few, many[:7])
    assert len(np.unique(many, axis=0)) == 40


def test_a_random_axis_is_one_of_three_in_each_slot_and_each_as_often():
    built = build_circuit(3, ansatz={"name": "random_pauli", "n_layers": 4})
    rows = circuit_inputs(built, {"name": "zeros"}, 5, 3000)
    slots = np.stack([rows[:, list(slot)] for slot in built.axis_inputs])
    assert slots.shape == (12, 3000, 3)
    np.testing.assert_array_equal(slots.sum(axis=2), 1)
    assert set(np.unique(slots)) == {0, 1}
    assert np.abs(slots.mean(axis=(0, 1)) - 1 / 3).max() < 0.01  # 3.6 standard errors
    np.testing.assert_array_equal(rows[:10], circuit_inputs(built, {"name": "zeros"}, 5, 10))


def test_a_block_starts_as_the_identity():
    ansatz = {"name": "hardware_efficient", "rotations": ["RX", "RY"], "n_layers": 2}
    built = build_circuit(3, ansatz=ansatz, blocks=2, measure={"expval": "Z0 Z1"})
    draws = weight_draws(built, {"name": "block_identity", "range": [0, 6]}, 5, 20)
    outputs = ReferenceProgram(built.circuit.weights_as_inputs()).forward(draws, np.empty(0))
    np.testing.assert_allclose(outputs, 1, atol=1e-12)
    assert draws.std() > 1


def test_small_angles_are_as_small_as_their_source_says():
    ansatz = {"name": "hardware_efficient", "rotations": ["RX", "RY"], "n_layers": 5}
    built = build_circuit(4, ansatz=ansatz, measure={"expval": "Z0 Z1"})
    draws = weight_draws(built, {"name": "small_angle", "std": None}, 5, 2000)
    assert draws.std() == pytest.approx(0.5 / np.sqrt(2 * (10 + 2)), rel=0.01)
    given = weight_draws(built, {"name": "small_angle", "std": 0.01}, 5, 2000)
    assert given.std() == pytest.approx(0.01, rel=0.01)


def test_every_epoch_visits_every_row_once_in_an_order_of_its_own():
    order = batch_order(5, epochs=4, n_train=50, shuffle=True)
    assert order.dtype == np.int64
    np.testing.assert_array_equal(np.sort(order, axis=1), np.tile(np.arange(50), (4, 1)))
    assert len({tuple(row) for row in order}) == 4
    np.testing.assert_array_equal(order[:2], batch_order(5, epochs=2, n_train=50, shuffle=True))
    plain = batch_order(5, epochs=2, n_train=50, shuffle=False)
    np.testing.assert_array_equal(plain, np.tile(np.arange(50), (2, 1)))
