"""A store filled by hand: two models on two axes, a baseline, three seeds."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from qbench.data import DataRequest, prepare
from qbench.store import OK, EpochRecord, Outcome, Store, TrialRecord, open_store
from tests.report.drawn import DrawnRun
from tests.report.timed import TimedRun

REQUEST = DataRequest("iris", train=60, validation=30, test=30)


@pytest.fixture(scope="session")
def results(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("plots") / "results.db"
    with open_store(path) as store:
        _grid(store)
        _plain(store)
        _reduced(store)
        _failed(store)
        _plateaus(store)
        _depths(store)
        _atlas(store)
        _timings(store)
    return path


def _timings(store: Store) -> None:
    """Two variants at three sizes, one of them in single precision."""
    run = TimedRun(store)
    for n, measure, batch in itertools.product((4, 8, 12), ("forward", "step"), (1, 32)):
        seconds = 1e-5 * batch * 2.0**n * np.linspace(1, 1.1, 10)
        run.cell("reference", seconds, n, measure=measure, batch=batch)
        run.cell("quick", seconds / 3, n, measure=measure, batch=batch, precision="single")
    run.save()


def _plateaus(store: Store) -> None:
    """A global cost that falls as 2^-n and a local one that does not, at two depths."""
    run = DrawnRun(store, "plateaus")
    for depth in ("1", "n"):
        run.falling("global", np.log(2), axes={"depth": depth}, cost="prod(Z)")
        run.falling("local", 0.0, axes={"depth": depth}, cost="mean(Z)")
    at = {"n": "11", "depth": "n"}
    run.point("global", 11, 2.0**-13, axes=at, undersampled=True, log_se=0.3)
    run.save()


def _depths(store: Store) -> None:
    """Variances that level off with the number of layers."""
    run = DrawnRun(store, "depths")
    for circuit, n, layers in itertools.product(("global", "local"), (2, 4, 6), (1, 5, 50)):
        at = {"n": str(n), "layers": str(layers)}
        rate = n if circuit == "global" else n / 2
        run.point(circuit, n, 2.0 ** -(rate * (1 - 2.0**-layers)), axes=at, depth=3 * layers)
    run.save()


def _atlas(store: Store) -> None:
    """Nineteen circuits diagnosed; two of them nearly in the same place."""
    run = DrawnRun(store, "atlas")
    for i in range(1, 20):
        entangled = i / 20
        found = {
            "expressibility": 10 ** (-(i // 2) / 5),
            "expressibility_bias": 0.0074,
            "entangling_capability": entangled,
            "entangling_capability_low": entangled - 0.01,
            "entangling_capability_high": entangled + 0.01,
        }
        run.point(f"sim_{i}", 4, 0.02, task="diagnose", metrics=found)
    run.save()
    run = DrawnRun(store, "layered_atlas")
    for layers, number in itertools.product("12", "123"):
        axes = {"n_layers": layers, "number": number}
        found = {"expressibility": 0.1 * int(number), "entangling_capability": 0.5}
        run.point("sim", 4, 0.02, task="diagnose", metrics=found, axes=axes)
    run.save()


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


def _reduced(store: Store) -> None:
    """Two reductions, each an experiment of its own, and two published values of one point."""
    value = {"metric": "accuracy", "value": 0.6, "n_test": 100, "source": "the paper"}
    again = value | {"value": 0.7, "n_test": None, "source": "another"}
    where = {"model": "crop", "images": "mnist", "n": "4"}
    published = [{"where": where} | each for each in (value, again)]
    run = store.begin_run("reduced", machine={"published": published})
    trials = {}
    for i, (method, images, n, seed) in enumerate(
        itertools.product(("crop", "pca"), ("mnist", "cifar10"), "48", range(3))
    ):
        at = {"experiment": method, "images": images, "n": n}
        record = _record(f"r{i}", "train", method, "reference", seed, at)
        trials[record] = _training((0.5 if images == "mnist" else 0.1) + seed / 100, seed)
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
        artifacts={"outputs": {"test": _outputs(seed)[0]}, "gradient_course": course_of(seed)},
    )


def course_of(seed: int) -> dict[str, np.ndarray]:
    """Gradients that halve with each of three epochs, shape (4, copies, weights)."""
    start = np.random.default_rng(seed).standard_normal((1, 5))
    return {"pqc": np.array([start / 2**epoch for epoch in range(4)])}


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
