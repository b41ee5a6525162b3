"""The quickstart, run once by the real command line: every framework, the same numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from qbench.backend import TOLERANCES
from qbench.plan import Plan, Trial, load_plan
from qbench.runner.environments import Environment
from qbench.runner.inputs import InputFactory
from qbench.runner.worker import Worker
from qbench.store import Store

pytestmark = pytest.mark.environments

FRAMEWORKS = ("torchquantum", "qiskit", "qiskit[tier=expert]", "pennylane", "pennylane_keras")
CURVES = {"double": 1e-6, "single": 1e-3}
"""How far loss curves may be apart, relative to the reference's."""

GRADIENTS = {"double": 1e-9, "single": 1e-4}


@pytest.fixture
def store(quick_run) -> Iterator[Store]:
    with quick_run.open() as store:
        yield store


@pytest.fixture
def trials(store: Store) -> pd.DataFrame:
    return store.frame(store.resolve_run("quickstart"))


@pytest.fixture(scope="module")
def plan() -> Plan:
    return load_plan(Path("quickstart"), "quick")


def of(trials: pd.DataFrame, task: str, variant: str) -> pd.DataFrame:
    """A variant's trials of the quantum model, by seed."""
    chosen = trials["method"].eq("qnn") & trials["task"].eq(task) & trials["variant"].eq(variant)
    return trials[chosen].set_index("seed").sort_index()


def test_every_trial_ends_ok(quick_run, trials):
    assert quick_run.returncode == 0, quick_run.stderr
    assert len(trials) == 30
    assert set(trials["status"]) == {"ok"}
    assert {"reference", *FRAMEWORKS} <= set(trials["variant"])


def test_both_tables_are_printed(quick_run):
    models, _, frameworks = quick_run.stdout.partition("\nFrameworks")
    for method in ("qnn", "logistic_regression", "svm_rbf", "random_forest", "mlp_matched"):
        assert f"\n {method} " in models
    for backend in ("reference ", "torchquantum@", "qiskit@", "pennylane@", "pennylane_keras@"):
        assert f"\n {backend}" in frameworks
    assert "30 ok; 30 run now" in quick_run.stderr


def tables(text: str) -> list[str]:
    """What is printed, without the lines that name the run."""
    return [line for line in text.splitlines() if not re.match(r" *run \w+ of ", line)]


def test_a_second_run_has_nothing_to_run(quick_run, qbench, tmp_path):
    store = quick_run.copy_to(tmp_path)
    again = qbench("run", "quickstart", "--quick", "--store", store)
    assert again.returncode == 0
    assert "0 trials to run, 30 already final" in again.stderr
    assert tables(again.stdout) == tables(quick_run.stdout)


@pytest.mark.parametrize("variant", FRAMEWORKS)
def test_loss_curves_coincide_with_the_references(store, trials, variant):
    curves = store.epochs_frame(store.resolve_run()).set_index(["variant", "seed", "epoch"])
    limit = CURVES[of(trials, "train", variant)["precision"].iloc[0]]
    for column in ("train_loss", "validation_loss"):
        ours, reference = curves.loc[variant][column], curves.loc["reference"][column]
        assert len(ours) == 4  # two seeds, two epochs
        pd.testing.assert_series_equal(ours, reference, rtol=limit, atol=0)


@pytest.mark.parametrize("variant", FRAMEWORKS)
def test_test_outputs_and_metrics_are_the_references(store, trials, variant):
    ours, reference = of(trials, "train", variant), of(trials, "train", "reference")
    limit = CURVES[ours["precision"].iloc[0]]
    for seed in ours.index:
        found = store.artifact(int(ours.loc[seed, "attempt_id"]), "outputs")
        expected = store.artifact(int(reference.loc[seed, "attempt_id"]), "outputs")
        assert found["test"].shape == (80, 2)
        for part in ("validation", "test"):
            np.testing.assert_allclose(found[part], expected[part], rtol=0, atol=limit)
    for metric in ("accuracy", "balanced_accuracy"):
        assert ours[f"metrics.{metric}"].tolist() == reference[f"metrics.{metric}"].tolist()


def test_final_weights_are_the_references_in_double_precision(store, trials):
    """In single precision Adam makes full steps of the rounding of a zero gradient."""
    trained = trials[trials["task"].eq("train") & trials["method"].eq("qnn")]
    double = trained[trained["precision"] == "double"]
    assert double["variant"].nunique() == 5
    names = {"0.quantum.weights", "1.dense.weight", "1.dense.bias"}
    for _, rows in double.groupby("seed"):
        each = [store.artifact(int(attempt), "parameters") for attempt in rows["attempt_id"]]
        assert all(set(weights) == names for weights in each)
        for weights in each[1:]:
            for name in names:
                np.testing.assert_allclose(weights[name], each[0][name], rtol=1e-6, atol=1e-9)


def test_every_training_was_held_against_the_reference(trials):
    quantum = trials[trials["task"].eq("train") & trials["method"].eq("qnn")]
    assert len(quantum) == 12
    limits = quantum["precision"].map(TOLERANCES)
    assert (quantum["agreement.outputs"] <= limits).all()
    assert (quantum["agreement.gradients"] <= limits).all()
    frameworks = quantum[quantum["variant"] != "reference"]
    assert (frameworks["agreement.gradients"] > 0).all(), "compared with itself"


@pytest.mark.parametrize("variant", FRAMEWORKS)
def test_gradient_variance_is_the_same_in_every_framework(store, trials, variant):
    found = of(trials, "gradient_variance", variant).iloc[0]
    expected = of(trials, "gradient_variance", "reference").iloc[0]
    limit = GRADIENTS[found["precision"]]
    ours = store.artifact(int(found["attempt_id"]), "gradients")["gradients"]
    reference = store.artifact(int(expected["attempt_id"]), "gradients")["gradients"]
    assert ours.shape == (20, 16)
    assert np.ptp(reference) > 1e-3
    np.testing.assert_allclose(ours, reference, rtol=0, atol=limit)
    assert found["gradient_variance.mean"] == pytest.approx(
        reference.var(axis=0, ddof=1).mean(), rel=1e-3
    )


@pytest.mark.parametrize(
    ("trained_on", "asked"), [("pennylane_keras", "reference"), ("torchquantum", "pennylane")]
)
def test_weights_trained_on_one_framework_predict_the_same_on_another(
    store: Store,
    trials: pd.DataFrame,
    plan: Plan,
    trained_on: str,
    asked: str,
    environment_of: Callable[[str], Environment],
    tmp_path: Path,
):
    row = of(trials, "train", trained_on).loc[1]
    trial: Trial = next(t for t in plan.trials if t.id == row["trial_id"])
    there: Trial = next(
        t for t in plan.trials if t.work.variant == asked and t.work.task == "train"
    )
    model, _ = trial.work.trained()
    _, execution = there.work.trained()
    weights = store.artifact(int(row["attempt_id"]), "parameters")
    arrays = {"x": InputFactory().arrays(trial)["x_test"]}
    arrays |= {f"param.{name}": array for name, array in weights.items()}
    environment = environment_of(asked)
    with Worker(environment.info, environment.python, log_path=tmp_path / "log") as worker:
        outputs = worker.predict(
            model={"layers": list(model.layers)}, execution=execution, arrays=arrays
        )
    stored = store.artifact(int(row["attempt_id"]), "outputs")["test"]
    np.testing.assert_allclose(outputs, stored, rtol=0, atol=TOLERANCES[row["precision"]])
    assert (outputs.argmax(axis=1) == stored.argmax(axis=1)).all()


def test_test_rows_have_no_say_in_what_is_trained_or_selected(
    plan: Plan, environment_of: Callable[[str], Environment], tmp_path: Path
):
    trial = next(t for t in plan.trials if t.work.variant == "reference" and t.seed == 1)
    model, execution = trial.work.trained()
    inputs = InputFactory()
    arrays = inputs.arrays(trial)
    junk = {"x_test": arrays["x_test"][::-1] * 9, "y_test": 1 - arrays["y_test"]}
    environment = environment_of("reference")
    trained = []
    with Worker(environment.info, environment.python, log_path=tmp_path / "log") as worker:
        for given in (arrays, arrays | junk):
            reply = worker.train(
                model={"layers": list(model.layers)},
                loss=trial.work.loss,
                trainable=model.trainable(()),
                execution=execution,
                trainer={**trial.work.trainer, "epochs": 4},
                seed=1,
                arrays=given | {"order": np.tile(arrays["order"], (2, 1))},
            )
            trained.append(reply)
    right, wrong = trained
    assert right.message["selected_epoch"] == wrong.message["selected_epoch"]
    for name in right.arrays:
        if name.startswith("param.") or name == "outputs_validation":
            np.testing.assert_array_equal(right.arrays[name], wrong.arrays[name])
    assert not np.array_equal(right.arrays["outputs_test"], wrong.arrays["outputs_test"])
