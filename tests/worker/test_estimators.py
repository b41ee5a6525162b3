from dataclasses import replace

import numpy as np
import pytest

from qbench.circuit import Operation

pytestmark = pytest.mark.environments

CLASSIFIERS = ("logistic_regression", "svm_rbf", "random_forest", "gradient_boosting")


@pytest.fixture
def blobs():
    draw = np.random.default_rng(0)
    y = np.arange(60) % 3
    x = 3.0 * np.eye(3)[y] + 0.3 * draw.normal(size=(60, 3))
    return {"x_train": x[:40], "y_train": y[:40], "x_test": x[40:], "y_test": y[40:]}


def fit(worker, arrays, name, task="classification", **options):
    return worker.ask(
        "fit",
        arrays,
        estimator={"name": name, "options": options},
        task=task,
        n_classes=3,
        seed=0,
    )


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_classifiers_learn_and_repeat(estimators, blobs, name):
    result, arrays = fit(estimators, blobs, name)
    assert np.mean(arrays["predictions_test"] == blobs["y_test"]) > 0.9
    assert arrays["outputs_test"].shape == (20, 3)
    assert np.array_equal(arrays["outputs_test"].argmax(axis=1), arrays["predictions_test"])
    assert result["timings"]["fit_s"] > 0
    assert result["parameters"] == (12 if name == "logistic_regression" else None)
    _, again = fit(estimators, blobs, name)
    assert np.array_equal(arrays["outputs_test"], again["outputs_test"])


@pytest.mark.parametrize("name", [*CLASSIFIERS, "ridge", "linear_regression"])
def test_regression_twins_learn(estimators, blobs, name):
    target = blobs["x_train"] @ [1.0, -0.5, 0.2]
    _, arrays = fit(estimators, {**blobs, "y_train": target}, name, task="regression")
    assert arrays["outputs_test"].shape == (20, 1)
    assert np.corrcoef(arrays["predictions_test"], blobs["x_test"] @ [1.0, -0.5, 0.2])[0, 1] > 0.9


def test_two_classes_have_two_columns_of_scores(estimators, blobs):
    two = {**blobs, "y_train": blobs["y_train"] % 2}
    result, arrays = estimators.ask(
        "fit", two, estimator={"name": "svm_rbf"}, task="classification", n_classes=2, seed=0
    )
    assert arrays["outputs_test"].shape == (20, 2)
    assert result["parameters"] is None


def test_a_class_that_training_lacks_still_has_its_column(estimators, blobs):
    two = {**blobs, "y_train": np.where(blobs["y_train"] == 1, 0, blobs["y_train"])}
    _, arrays = fit(estimators, two, "random_forest")
    assert not arrays["outputs_test"][:, 1].any()


def test_options_reach_the_estimator(estimators, blobs):
    _, weak = fit(estimators, blobs, "random_forest", n_estimators=1)
    assert set(np.unique(weak["outputs_test"])) <= {0.0, 1.0}


@pytest.mark.parametrize(
    ("name", "task", "options", "message"),
    [
        ("perceptron", "classification", {}, "no such estimator: 'perceptron'"),
        ("svm_rbf", "classification", {"kernels": 1}, "svm_rbf"),
        ("ridge", "classification", {}, "not for classification"),
    ],
)
def test_an_unknown_estimator_or_option_is_refused(estimators, blobs, name, task, options, message):
    with pytest.raises(estimators.Error, match=message):
        fit(estimators, blobs, name, task=task, **options)


def test_plain_layers_train_without_a_backend(estimators, problem):
    problem.layers = [problem.dense("0.dense", 6, 5, "relu"), problem.dense("1.dense", 5, 3)]
    draw = np.random.default_rng(0)
    problem.parameters = {
        "0.dense.weight": draw.normal(size=(5, 6)),
        "0.dense.bias": np.zeros(5),
        "1.dense.weight": draw.normal(size=(3, 5)),
        "1.dense.bias": np.zeros(3),
    }
    result, arrays = estimators.train(problem)
    assert result["steps"] == 12
    assert arrays["outputs_test"].shape == (7, 3)
    assert not any(name.startswith("probe.") for name in arrays)


def test_a_circuit_that_entangles_nothing_trains_without_a_backend_as_with_one(
    estimators, reference, problem
):
    (_, ours), (_, theirs) = estimators.train(problem), reference.train(problem)
    assert any(name.startswith("probe.") for name in ours)
    np.testing.assert_allclose(ours["outputs_test"], theirs["outputs_test"], rtol=0, atol=1e-12)


def test_a_circuit_that_entangles_is_refused_without_a_backend(estimators, problem):
    entangled = (*problem.circuit.operations, Operation.of("CNOT", (0, 1)))
    circuit = replace(problem.circuit, operations=entangled)
    problem.layers[2] = problem.quantum("2.quantum", circuit, copies=2)
    with pytest.raises(estimators.Error, match=r"CNOT on .* entangles wires: .* a backend"):
        estimators.train(problem)


def test_a_torch_worker_fits_no_estimators(reference, blobs):
    with pytest.raises(reference.Error, match="fits no estimators"):
        fit(reference, blobs, "svm_rbf")
