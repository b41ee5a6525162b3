"""A store filled by hand: two models on two axes, a baseline, three seeds."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from qbench.data import DataRequest, prepare
from qbench.store import OK, EpochRecord, Outcome, Store, TrialRecord, open_store

REQUEST = DataRequest("iris", train=60, validation=30, test=30)


@pytest.fixture(scope="session")
def results(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("plots") / "results.db"
    with open_store(path) as store:
        _grid(store)
        _plain(store)
        _failed(store)
    return path


def _grid(store: Store) -> None:
    run, trials = store.begin_run("grid"), {}
    for i, (qubits, variant, seed) in enumerate(
        itertools.product((2, 4, 10), ("reference", "pennylane"), range(3))
    ):
        at = {"n_qubits": str(qubits)}
        trials[_record(f"t{i}", "train", "qnn", variant, seed, at)] = _training(
            0.9 - qubits / 100 + seed / 100, seed, step_ms=qubits * (1 + seed)
        )
        if seed == 0:
            trials[_record(f"g{i}", "gradient_variance", "qnn", variant, 0, at)] = _gradients(
                qubits
            )
    _store(store, run, trials)


def _plain(store: Store) -> None:
    run, trials = store.begin_run("plain"), {}
    for seed in range(3):
        trials[_record(f"q{seed}", "train", "qnn", "reference", seed)] = _training(
            _outputs(seed)[1], seed
        )
        fitted = Outcome(
            OK,
            metrics={"accuracy": _outputs(seed)[1]},
            timings={"fit_s": 0.01 * (seed + 1)},
            counts={"inputs": 4, "parameters_classical": None},
            artifacts={"outputs": {"test": _outputs(seed)[0]}},
        )
        trials[_record(f"f{seed}", "fit", "forest", "baselines", seed)] = fitted
    _store(store, run, trials)


def _failed(store: Store) -> None:
    run = store.begin_run("failed")
    trial = _record("z0", "train", "qnn", "reference", 0)
    _store(store, run, {trial: Outcome("failed", reason="it broke")})


def _store(store: Store, run: str, trials: dict[TrialRecord, Outcome]) -> None:
    store.plan(run, trials)
    for trial, outcome in trials.items():
        attempt = store.begin_attempt(trial.id, run)
        if trial.task == "train" and outcome.status == OK:
            for epoch in (1, 2, 3):
                loss = (1 + trial.seed) / epoch
                store.add_epoch(attempt, EpochRecord(epoch, loss, loss / 2))
        store.finish_attempt(attempt, outcome)
    store.end_run(run)


class _Record(TrialRecord):
    __hash__ = object.__hash__


def _record(name, task, method, variant, seed, labels=None) -> TrialRecord:
    return _Record(
        id=name * 8,
        task=task,
        method=method,
        method_kind="baseline" if task == "fit" else "model",
        backend=variant,
        variant=variant,
        dataset="iris",
        seed=seed,
        canonical={
            "data": REQUEST.to_json(),
            "streams": {"split": seed},
            "loss": "" if task == "fit" else "cross_entropy",
            "estimator": {"name": "random_forest"} if task == "fit" else None,
        },
        labels=[labels or {}],
    )


def _training(accuracy: float, seed: int, step_ms: float = 2.0) -> Outcome:
    return Outcome(
        OK,
        metrics={"accuracy": accuracy},
        timings={
            "import_s": 1.0,
            "compile_s": 0.1 / (seed + 1),
            "step_ms": step_ms,
            "evaluation_s": 0.002,
            "train_s": 1.0 + seed,
        },
        counts={"parameters_quantum": 8, "parameters_classical": 10},
        artifacts={"outputs": {"test": _outputs(seed)[0]}},
    )


def _gradients(qubits: int) -> Outcome:
    mean = 2.0**-qubits
    figures = {"mean": mean, "low": mean * 0.8, "high": mean * 1.3}
    return Outcome(OK, gradient_variance=figures, counts={"n_qubits": qubits})


def _outputs(seed: int) -> tuple[np.ndarray, float]:
    """Scores that are right but for the first ``seed + 1`` rows, and their accuracy."""
    labels = prepare(REQUEST, seed).y_test
    predicted = labels.copy()
    predicted[: seed + 1] = (predicted[: seed + 1] + 1) % 3
    return np.eye(3)[predicted], float(np.mean(predicted == labels))
