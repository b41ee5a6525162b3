import math

import numpy as np
import pytest

pytestmark = pytest.mark.environments

OPTIMIZERS = [
    {"name": "sgd", "learning_rate": 0.05, "momentum": 0.9},
    {"name": "adam", "learning_rate": 0.05},
    {"name": "adamw", "learning_rate": 0.05, "weight_decay": 0.1},
]
SCHEDULERS = [
    {"name": "step", "step_size": 30, "gamma": 0.5},
    {"name": "cosine", "t_max": 100, "eta_min": 0.001},
    {"name": "plateau", "factor": 0.5, "patience": 3},
]


def test_a_training_equals_one_written_by_hand_in_torch(reference, make_problem, torch_loops):
    problem = make_problem(epochs=100)
    jobs = [
        {"optimizer": optimizer, "scheduler": scheduler, "loss": loss, "batch_size": 8}
        for optimizer, scheduler, loss in zip(
            OPTIMIZERS, SCHEDULERS, ("cross_entropy", "mse", "hinge"), strict=True
        )
    ]
    by_hand = torch_loops(problem.arrays, trainings=jobs)["trainings"]
    for job, expected in zip(jobs, by_hand, strict=True):
        result, arrays = reference.train(problem, **job)
        assert result["steps"] == 300
        for name in ("train_loss", "validation_loss", "learning_rate"):
            ours = [event[name] for event in reference.events]
            assert ours == pytest.approx(expected[name], rel=0, abs=1e-12), (job, name)
        np.testing.assert_allclose(arrays["outputs_test"], expected["outputs_test"], atol=1e-11)


def test_binary_cross_entropy_equals_a_loop_by_hand(reference, problem, torch_loops):
    problem.layers[-1]["units"] = 1
    problem.parameters["3.dense.weight"] = problem.parameters["3.dense.weight"][:1]
    problem.parameters["3.dense.bias"] = problem.parameters["3.dense.bias"][:1]
    for part in ("train", "validation", "test"):
        problem.data[f"y_{part}"] %= 2
    job = {"optimizer": OPTIMIZERS[1], "loss": "binary_cross_entropy", "batch_size": 8}
    [expected] = torch_loops(problem.arrays, trainings=[{**job, "scheduler": None}])["trainings"]
    reference.train(problem, **job)
    ours = [event["validation_loss"] for event in reference.events]
    assert ours == pytest.approx(expected["validation_loss"], rel=0, abs=1e-13)


def test_a_result_tells_times_memory_and_steps(reference, problem):
    result, arrays = reference.train(problem)
    timings = result["timings"]
    assert (result["epochs"], result["steps"], result["selected_epoch"]) == (4, 12, 4)
    assert len(timings["step_s"]) == 12
    assert timings["first_step_s"] == timings["step_s"][0]
    assert len(timings["epoch_s"]) == 4
    assert sum(timings["step_s"]) <= sum(timings["epoch_s"]) <= timings["train_s"]
    assert timings["evaluation_s"] > 0
    assert result["memory"]["peak_bytes"] >= result["memory"]["base_bytes"]
    assert arrays["outputs_test"].shape == (7, 3)
    assert arrays["outputs_validation"].shape == (9, 3)
    assert not any(name.startswith("last.") for name in arrays)


def test_max_steps_end_a_training_in_the_middle_of_an_epoch(reference, problem):
    result, _ = reference.train(problem, epochs=None, max_steps=5)
    assert (result["steps"], result["epochs"]) == (5, 2)


def test_the_best_epoch_by_validation_is_kept_beside_the_last(reference, make_problem):
    problem = make_problem(epochs=30)
    result, arrays = reference.train(
        problem, select="best_validation", optimizer={"name": "adam", "learning_rate": 0.3}
    )
    losses = [event["validation_loss"] for event in reference.events]
    assert result["selected_epoch"] == 1 + losses.index(min(losses)) < 30
    shorter, kept = reference.train(
        problem,
        epochs=result["selected_epoch"],
        optimizer={"name": "adam", "learning_rate": 0.3},
    )
    assert shorter["selected_epoch"] == result["selected_epoch"]
    for name in problem.parameters:
        assert np.array_equal(arrays[f"param.{name}"], kept[f"param.{name}"])
        assert not np.array_equal(arrays[f"param.{name}"], arrays[f"last.{name}"])


def test_selection_by_validation_never_reads_the_test_data(reference, make_problem):
    rule = {"select": "best_validation", "optimizer": {"name": "adam", "learning_rate": 0.3}}
    clean, poisoned = make_problem(epochs=10), make_problem(epochs=10)
    poisoned.data["x_test"] = np.full_like(poisoned.data["x_test"], np.nan)
    poisoned.data["y_test"] = (poisoned.data["y_test"] + 1) % 3
    first, arrays = reference.train(clean, **rule)
    second, others = reference.train(poisoned, **rule)
    assert first["selected_epoch"] == second["selected_epoch"]
    for name in clean.parameters:
        assert np.array_equal(arrays[f"param.{name}"], others[f"param.{name}"])


def test_best_test_selects_by_the_test_loss(reference, make_problem):
    problem = make_problem(epochs=10)
    for part in ("x", "y"):
        problem.data[f"{part}_validation"], problem.data[f"{part}_test"] = (
            problem.data[f"{part}_test"],
            problem.data[f"{part}_validation"],
        )
    rule = {"optimizer": {"name": "adam", "learning_rate": 0.3}}
    by_test, _ = reference.train(problem, select="best_test", **rule)
    by_validation, _ = reference.train(make_problem(epochs=10), select="best_validation", **rule)
    assert by_test["selected_epoch"] == by_validation["selected_epoch"]


def test_early_stopping_ends_the_training(reference, make_problem):
    rule = {"metric": "validation_loss", "patience": 2}
    problem = make_problem(epochs=40)
    result, _ = reference.train(
        problem, early_stopping=rule, optimizer={"name": "adam", "learning_rate": 0.3}
    )
    losses = [event["validation_loss"] for event in reference.events]
    assert result["epochs"] == len(losses) == 1 + losses.index(min(losses)) + 2 < 40


def test_a_loss_that_is_not_finite_is_diverged(reference, problem):
    problem.data["x_train"][3] = np.nan
    with pytest.raises(reference.Error, match=r"nan at step \d+ \(epoch 1\)") as caught:
        reference.train(problem)
    assert caught.value.kind == "diverged"


def test_parameters_blown_up_by_the_last_step_are_diverged(reference, problem):
    problem.layers = [problem.dense("0.dense", 6, 3)]
    problem.parameters = {"0.dense.weight": np.ones((3, 6)), "0.dense.bias": np.zeros(3)}
    with pytest.raises(reference.Error, match="validation loss is") as caught:
        reference.train(
            problem, epochs=1, batch_size=99, optimizer={"name": "sgd", "learning_rate": 1e308}
        )
    assert caught.value.kind == "diverged"


def test_single_precision_trains_in_float32(troubled, problem):
    _, double = troubled.train(problem)
    _, single = troubled.train(problem, execution={**troubled.EXECUTION, "precision": "single"})
    error = np.abs(double["outputs_test"] - single["outputs_test"]).max()
    assert 1e-9 < error < 1e-3
    assert np.array_equal(single["param.0.dense.bias"], single["param.0.dense.bias"].astype("f4"))


def test_a_warm_worker_trains_as_a_fresh_one(reference, make_problem):
    _, arrays = reference.train(make_problem())
    second, again = reference.train(make_problem())
    assert second["timings"]["compile_s"] < 0.002
    for name, array in arrays.items():
        assert np.array_equal(array, again[name]), name


def test_dropout_repeats_with_the_seed(reference, problem):
    problem.layers.insert(2, {"type": "dropout", "p": 0.5, "index": 2})
    _, first = reference.train(problem, seed=1)
    _, again = reference.train(problem, seed=1)
    _, other = reference.train(problem, seed=2)
    assert np.array_equal(first["outputs_test"], again["outputs_test"])
    assert not np.array_equal(first["outputs_test"], other["outputs_test"])


def test_frozen_parameters_stay(reference, problem):
    _, arrays = reference.train(problem, trainable=["0.dense.weight", "3.dense.bias"])
    for name, initial in problem.parameters.items():
        moved = not np.array_equal(arrays[f"param.{name}"], initial)
        assert moved == (name in ("0.dense.weight", "3.dense.bias"))


def test_only_gradients_that_are_needed_are_computed(troubled, problem):
    quantum_first = [problem.quantum("0.quantum", problem.circuit, 3), problem.dense("d", 6, 3)]
    problem.layers = quantum_first
    problem.parameters = {
        "0.quantum.weights": np.ones((3, 2)),
        "d.weight": np.ones((3, 6)),
        "d.bias": np.zeros(3),
    }
    asked = {"epochs": 1, "batch_size": 20}
    both, _ = troubled.train(problem, **asked)
    frozen, _ = troubled.train(problem, trainable=["d.bias"], **asked)
    assert both["circuit_executions_per_step"] == 3 * 20 * 2
    assert frozen["circuit_executions_per_step"] == 3 * 20


def test_layers_of_one_circuit_share_its_program_which_counts_once(troubled, problem):
    names = ("0.quantum", "1.quantum")
    problem.layers = [
        *(problem.quantum(name, problem.circuit) for name in names),
        problem.dense("d", 2, 3),
    ]
    problem.parameters = {f"{name}.weights": np.ones((1, 2)) for name in names}
    problem.parameters |= {"d.weight": np.ones((3, 2)), "d.bias": np.zeros(3)}
    for part in ("train", "validation", "test"):
        problem.data[f"x_{part}"] = problem.data[f"x_{part}"][:, :2]
    result, _ = troubled.train(problem, epochs=1, batch_size=20)
    forward, weights, inputs = 2 * 20, 2 * 20, 20  # no gradient goes to the features
    assert result["circuit_executions_per_step"] == forward + weights + inputs


def test_probes_hold_what_each_quantum_layer_saw(reference, problem):
    _, arrays = reference.train(problem)
    rows = problem.data["order"][0, :8]
    p = problem.parameters
    hidden = np.tanh(problem.data["x_train"][rows] @ p["0.dense.weight"].T + p["0.dense.bias"])
    for moment, weights in (
        ("first", p["2.quantum.weights"]),
        ("final", arrays["param.2.quantum.weights"]),
    ):
        probe = {
            key: arrays[f"probe.{moment}.2.quantum.{key}"]
            for key in ("inputs", "weights", "cotangent", "outputs", "d_inputs", "d_weights")
        }
        assert np.array_equal(probe["weights"], weights[0])
        angle = probe["inputs"] + probe["weights"]
        slope = -np.sin(angle) * probe["cotangent"]
        np.testing.assert_allclose(probe["outputs"], np.cos(angle), atol=1e-14)
        np.testing.assert_allclose(probe["d_inputs"], slope, atol=1e-14)
        np.testing.assert_allclose(probe["d_weights"], slope.sum(axis=0), atol=1e-13)
    np.testing.assert_allclose(
        arrays["probe.first.2.quantum.inputs"], 1.5 * hidden[:, :2], atol=1e-14
    )


def test_a_circuit_without_inputs_takes_what_comes(reference, problem):
    bare = problem.cosines(2).weights_as_inputs()
    blind = type(bare)(2, (), bare.readouts, 0, 0)
    problem.layers = [problem.quantum("0.quantum", blind), problem.dense("1.dense", 2, 3)]
    problem.parameters = {
        "0.quantum.weights": np.zeros((1, 0)),
        "1.dense.weight": np.ones((3, 2)),
        "1.dense.bias": np.zeros(3),
    }
    result, _ = reference.train(problem, trainable=["1.dense.weight", "1.dense.bias"])
    assert result["steps"] == 12
    assert math.isfinite(reference.events[-1]["train_loss"])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"loss": "focal"}, "no such loss"),
        ({"optimizer": {"name": "lion", "learning_rate": 1}}, "no such optimizer"),
        ({"optimizer": {"name": "adam", "lr": 1}}, "no option 'lr'"),
        ({"optimizer": {"name": "adam", "learning_rate": 1}, "select": "first"}, "selection"),
        ({"epochs": 9}, "order has 4 epochs"),
        ({"trainable": ["7.dense.weight"]}, "no such parameter"),
        ({"execution": {"device": "numpy", "diff_method": "adjoint", "threads": 2}}, "pinned to 1"),
    ],
)
def test_a_request_that_does_not_fit_says_why(reference, problem, changes, message):
    with pytest.raises(reference.Error, match=message) as caught:
        reference.train(problem, **changes)
    assert caught.value.kind == "failed"


def test_a_layer_that_the_host_lacks_is_named(reference, problem):
    problem.layers.insert(0, {"type": "wormhole"})
    with pytest.raises(reference.Error, match="no layer 'wormhole'"):
        reference.train(problem)


def test_selection_by_validation_needs_a_validation_set(reference, problem):
    del problem.data["x_validation"], problem.data["y_validation"]
    with pytest.raises(reference.Error, match="needs a validation set"):
        reference.train(problem, select="best_validation")
    result, arrays = reference.train(problem, select="last")
    assert result["timings"]["evaluation_s"] is None
    assert "outputs_validation" not in arrays
    assert reference.events[0]["validation_loss"] is None
