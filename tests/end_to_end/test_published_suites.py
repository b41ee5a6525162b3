"""Suites of published networks, quick and on built-in data: in every framework that they name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from qbench.plan import Plan, Trial, load_plan
from qbench.registry import suites_dir
from qbench.runner.executor import Executor
from qbench.runner.observer import Observer
from qbench.runner.options import RunOptions
from qbench.stats import mean_interval
from qbench.store import Store, open_store

pytestmark = pytest.mark.environments

DATA = {
    "medical": ("digits", "{min_max: [0, 1]}, {resize: [28, 28]}"),
    "torchquantum_layers": ("digits", "{min_max: [0, 1]}, {resize: [24, 24]}"),
    "fusion_cnn": ("digits", "{min_max: [0, 1]}, {resize: [28, 28]}"),
    "keras_cnn": ("digits", "{min_max: [0, 1]}, {resize: [32, 32]}"),
    "hybrid_regression": ("diabetes", "standardize"),
}
FRAMEWORKS = {"pennylane", "pennylane_keras", "qiskit", "torchquantum"}
STEPS = 10
ONE_STEP_AN_EPOCH = (
    "data.split={train: 10, validation: 8, test: 20}",
    "trainer.batch_size=10",
    f"trainer.epochs={STEPS}",
    "trainer.early_stopping=none",
    "seeds=1",
)
MODELS_ALONE = ("controls=[]", "baselines=[]", "baseline=null")


def small(suite: str) -> Plan:
    """The suite's quick profile on a built-in data set, cut to one batch an epoch."""
    name, transform = DATA[suite]
    data = [f"data.name={name}", f"data.transform=[{transform}]"]
    if suite == "medical":  # its model tells two classes apart
        data.append("data.classes=[0, 1]")
    overrides = [*data, *ONE_STEP_AN_EPOCH, *MODELS_ALONE]
    return load_plan(suites_dir() / f"{suite}.yaml", "quick", overrides)


def regression() -> Plan:
    """The hybrid regression in full on its built-in data set, on the reference."""
    reference = ("backends=[reference]", "experiments=null", "train=[hqnn]")
    path = suites_dir() / "hybrid_regression.yaml"
    return load_plan(path, None, [*reference, *MODELS_ALONE])


@pytest.fixture(scope="module")
def plans() -> dict[str, Plan]:
    return {**{suite: small(suite) for suite in DATA}, "regression": regression()}


@pytest.fixture(scope="module")
def store(plans: dict[str, Plan], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """All of them in one run, so that each framework is imported once."""
    folder: Path = tmp_path_factory.mktemp("published")
    trials = {trial.id: trial for plan in plans.values() for trial in plan.trials}
    together = replace(plans["medical"], parts=tuple(trials.values()))
    with open_store(folder / "results.db") as opened:
        Executor(together, opened, RunOptions(), Observer(), folder / "logs").run()
        yield opened


def of(frame: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    return frame[frame["trial_id"].isin([trial.id for trial in plan.trials])]


def training(trial: Trial) -> tuple[str, str]:
    """What backends train alike: a model, of which experiments may have several of one name."""
    return trial.work.method, json.dumps([trial.work.data_digest, trial.work.model.layers])


@pytest.mark.parametrize("suite", DATA)
def test_a_quick_profile_ends_green_in_every_framework(store, plans, suite):
    rows = of(store.frame(store.resolve_run()), plans[suite])
    assert len(rows) == len(plans[suite].trials)
    reasons = rows.loc[rows["status"] != "ok", ["method", "variant", "reason"]]
    assert reasons.empty, reasons.to_string()
    models = rows[rows["backend"] != "baselines"]
    assert set(models["backend"]) == {"reference", *FRAMEWORKS}


@pytest.mark.parametrize("suite", DATA)
def test_the_first_ten_steps_are_those_of_the_reference(store, plans, suite):
    """Of both hosts, convolutions and dropout included, and of every framework."""
    epochs = of(store.epochs_frame(store.resolve_run()), plans[suite])
    trials = [trial for trial in plans[suite].trials if trial.work.backend.name != "baselines"]
    groups = {trial.id: training(trial) for trial in trials}
    single = {trial.id for trial in trials if trial.work.execution.precision == "single"}
    curves = epochs.pivot_table(index="epoch", columns="trial_id", values="train_loss")
    assert len(curves) == STEPS
    backends = dict(zip(epochs["trial_id"], epochs["backend"], strict=True))
    expected = {groups[t]: curves[t] for t, backend in backends.items() if backend == "reference"}
    compared = {t for t, backend in backends.items() if backend in FRAMEWORKS}
    assert len(compared) == len(FRAMEWORKS) * len(expected) > 0
    for trial in compared:
        error = np.abs(curves[trial] / expected[groups[trial]] - 1).max()
        assert error < (1e-3 if trial in single else 1e-8), (groups[trial][0], backends[trial])
        assert np.ptp(curves[trial]) > 1e-4


def test_a_hybrid_regression_beats_the_mean_of_the_targets(store, plans):
    """R2 of the mean predictor is 0; the 95% interval over five seeds stays above it."""
    rows = of(store.frame(store.resolve_run()), plans["regression"])
    assert len(rows) == 5
    assert mean_interval(rows["metrics.r2"].to_numpy(dtype=float)).low > 0.2
