"""The tensorflow host does the torch host's arithmetic, with the reference and with KerasLayer."""

import numpy as np
import pytest

from qbench.circuit import Angle, Circuit, Operation, expval

pytestmark = pytest.mark.environments

JOBS = [
    {
        "loss": "cross_entropy",
        "optimizer": {"name": "sgd", "learning_rate": 0.05, "momentum": 0.9},
        "scheduler": {"name": "step", "step_size": 30, "gamma": 0.5},
    },
    {
        "loss": "mse",
        "optimizer": {"name": "adam", "learning_rate": 0.05},
        "scheduler": {"name": "cosine", "t_max": 100, "eta_min": 0.001},
    },
    {
        "loss": "hinge",
        "optimizer": {"name": "adamw", "learning_rate": 0.05, "weight_decay": 0.1},
        "scheduler": {"name": "plateau", "factor": 0.5, "patience": 3},
    },
]
KERAS_JOB = {"optimizer": {"name": "adam", "learning_rate": 0.05}, "batch_size": 8}


def curves(worker, problem, **job):
    """Training and validation losses by epoch, and the result's fields and arrays."""
    job = {"execution": worker.EXECUTION, **job}
    result, arrays = worker.train(problem, **job)
    losses = [[e["train_loss"], e["validation_loss"]] for e in worker.events]
    return np.array(losses), result, arrays


def entangled(n_qubits):
    """Rotations and a ring of CNOTs, as in the quickstart, with one layer."""
    x, w = Angle.input, Angle.weight
    gates = [Operation.of("RY", q, x(q)) for q in range(n_qubits)]
    for q in range(n_qubits):
        gates += [Operation.of("RY", q, w(2 * q)), Operation.of("RZ", q, w(2 * q + 1))]
    gates += [Operation.of("CNOT", (q, (q + 1) % n_qubits)) for q in range(n_qubits)]
    outputs = tuple(expval("Z", q) for q in range(n_qubits))
    return Circuit(n_qubits, tuple(gates), outputs, n_qubits, 2 * n_qubits)


def with_circuit(problem, circuit, copies=2):
    problem.layers[2] = problem.quantum("2.quantum", circuit, copies=copies)
    shape = (copies, circuit.n_weights)
    problem.parameters["2.quantum.weights"] = np.random.default_rng(1).normal(size=shape)
    return problem


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job["optimizer"]["name"])
def test_three_hundred_steps_equal_the_torch_hosts(
    reference, tensorflow_reference, make_problem, job
):
    problem = make_problem(epochs=100)
    expected, _, right = curves(reference, problem, batch_size=8, **job)
    found, result, arrays = curves(tensorflow_reference, problem, batch_size=8, **job)
    assert result["steps"] == 300
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(arrays["outputs_test"], right["outputs_test"], atol=1e-11)


@pytest.mark.parametrize("loss", ["binary_cross_entropy", "mse", "hinge"])
def test_losses_of_one_output_equal_the_torch_hosts(reference, tensorflow_reference, problem, loss):
    problem.layers[-1]["units"] = 1
    for name in ("3.dense.weight", "3.dense.bias"):
        problem.parameters[name] = problem.parameters[name][:1]
    for part in ("train", "validation", "test"):
        problem.data[f"y_{part}"] %= 2
    expected, _, _ = curves(reference, problem, loss=loss)
    found, _, _ = curves(tensorflow_reference, problem, loss=loss)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_real_targets_equal_the_torch_hosts(reference, tensorflow_reference, problem):
    draw = np.random.default_rng(2)
    for part in ("train", "validation", "test"):
        problem.data[f"y_{part}"] = draw.normal(size=(len(problem.data[f"y_{part}"]), 3))
    expected, _, _ = curves(reference, problem, loss="mse")
    found, _, _ = curves(tensorflow_reference, problem, loss="mse")
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_every_layer_equals_the_torch_hosts(reference, tensorflow_reference, problem):
    """Dropout takes the same masks, though the last batch of an epoch is filled up."""
    for part in ("train", "validation", "test"):
        problem.data[f"x_{part}"] = problem.data[f"x_{part}"].reshape(-1, 2, 3)
    first, *rest = problem.layers
    problem.layers = [
        {"type": "dropout", "p": 0.2, "index": 0},
        {"type": "flatten"},
        {**first, "activation": "sigmoid"},
        {"type": "relu"},
        {"type": "dropout", "p": 0.5, "index": 1},
        *rest,
        {"type": "tanh"},
        {"type": "softmax"},
        {"type": "sigmoid"},
    ]
    expected, _, _ = curves(reference, problem)
    found, _, _ = curves(tensorflow_reference, problem)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_a_layer_that_the_host_lacks_is_refused_by_name(tensorflow_reference, problem):
    problem.layers.append({"type": "conv3d"})
    with pytest.raises(tensorflow_reference.Error, match="no layer 'conv3d'"):
        curves(tensorflow_reference, problem)


def test_frozen_parameters_stay_and_the_others_train(tensorflow_reference, problem):
    _, _, arrays = curves(tensorflow_reference, problem, trainable=["2.quantum.weights"])
    for name, array in problem.parameters.items():
        changed = not np.array_equal(arrays[f"param.{name}"], array)
        assert changed == (name == "2.quantum.weights"), name


@pytest.mark.parametrize(
    "options",
    [{"tier": "documented"}, {"tier": "tutorial"}, {"device": "default.qubit-xla"}],
    ids=["documented", "tutorial", "xla"],
)
def test_keras_layer_trains_to_the_references_losses(reference, keras, make_problem, options):
    problem = with_circuit(make_problem(epochs=6), entangled(2))
    execution = {**keras.EXECUTION, **options}
    expected, _, right = curves(reference, problem, **KERAS_JOB)
    found, _, arrays = curves(keras, problem, execution=execution, **KERAS_JOB)
    np.testing.assert_allclose(found, expected, rtol=1e-10)
    for name in right:
        if name.startswith("probe.first."):
            np.testing.assert_allclose(arrays[name], right[name], atol=1e-12, err_msg=name)


def test_single_precision_stays_near_double(reference, keras, problem):
    execution = {**keras.EXECUTION, "precision": "single"}
    expected, _, _ = curves(reference, problem, **KERAS_JOB)
    found, _, arrays = curves(keras, problem, execution=execution, **KERAS_JOB)
    error = np.max(np.abs(found / expected - 1))
    assert 1e-9 < error < 1e-3
    weights = arrays["param.2.quantum.weights"]
    assert np.array_equal(weights, weights.astype(np.float32))


@pytest.mark.timed
def test_tracing_is_paid_once_and_is_not_in_a_step(keras, make_problem):
    """Not by the short last batch either, nor by a second seed with another rate."""
    problem = with_circuit(make_problem(epochs=3), entangled(4), copies=1)
    _, cold, _ = curves(keras, problem, **KERAS_JOB)
    optimizer = {"name": "adam", "learning_rate": 0.01}
    _, warm, _ = curves(keras, problem, optimizer=optimizer, batch_size=8, seed=4)
    tracing = cold["timings"]["compile_s"]
    assert tracing > 0.2
    assert max(cold["timings"]["step_s"] + warm["timings"]["step_s"]) < tracing / 3
    assert warm["timings"]["compile_s"] < tracing / 10


@pytest.mark.timed
def test_a_smaller_batch_size_is_traced_anew_and_not_filled_up(keras, make_problem):
    problem = with_circuit(make_problem(epochs=3), entangled(4), copies=1)
    keras.train(problem, execution=keras.EXECUTION, batch_size=16)
    result, _ = keras.train(problem, execution=keras.EXECUTION, batch_size=2)
    assert result["timings"]["compile_s"] > 0.1
    assert max(result["timings"]["step_s"]) < result["timings"]["compile_s"]


def test_a_warm_worker_trains_as_a_fresh_one(keras, make_problem):
    first, _, arrays = curves(keras, make_problem(), **KERAS_JOB)
    second, _, again = curves(keras, make_problem(), **KERAS_JOB)
    assert np.array_equal(first, second)
    for name, array in arrays.items():
        assert np.array_equal(array, again[name]), name


def test_gradients_of_draws_equal_the_torch_hosts(reference, keras, make_problem):
    problem = with_circuit(make_problem(), entangled(2))
    draws = np.random.default_rng(0).uniform(0, 2 * np.pi, (7, 2, 4))
    arrays = {"x": problem.data["x_train"], "y": problem.data["y_train"]}
    arrays |= {f"param.{name}": array for name, array in problem.parameters.items()}
    arrays["draws.2.quantum.weights"] = draws
    request = problem.request()
    found = []
    for worker in (reference, keras):
        fields = {"model": request["model"], "loss": "cross_entropy"}
        fields["execution"] = worker.EXECUTION
        _, results = worker.ask("gradient_draws", arrays, **fields)
        found.append(results["gradients.2.quantum.weights"])
    assert found[0].shape == (7, 2, 4)
    np.testing.assert_allclose(found[1], found[0], atol=1e-13)


def test_a_prediction_of_any_length_equals_the_references(reference, keras, problem):
    parameters = {f"param.{name}": array for name, array in problem.parameters.items()}
    request = problem.request()
    for rows in (0, 1, 33, 70):
        x = np.random.default_rng(rows).normal(size=(rows, 6))
        outputs = []
        for worker in (reference, keras):
            fields = {"model": request["model"], "execution": worker.EXECUTION}
            _, arrays = worker.ask("predict", {"x": x, **parameters}, **fields)
            outputs.append(arrays["outputs"])
        assert outputs[1].shape == (rows, 3)
        np.testing.assert_allclose(outputs[1], outputs[0], atol=1e-13)
