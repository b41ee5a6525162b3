"""What a dry run says of a plan's length, and that it stores nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from qbench.plan import load_plan
from qbench.runner.estimate import EARLIER, UNKNOWN, from_rows
from qbench.store import FAILED, OK, Outcome, open_store

SUITE = """\
qbench: 1
name: short
seeds: 3
data: {name: iris, transform: [{min_max: [0, =pi]}]}
circuits: {pqc: {n_qubits: 4, encoding: angle, ansatz: hardware_efficient}}
models: {qnn: {layers: [{quantum: pqc}, {dense: n_classes}]}}
baselines: [logistic_regression]
backends: [reference]
trainer: {epochs: 2}
record: {gradient_variance: "off"}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "short.yaml").write_text(SUITE)
    return tmp_path / "short.yaml"


def test_earlier_rows_of_other_seeds_tell_how_long_a_trial_takes(path, tmp_path):
    plan = load_plan(path)
    first, second = (t for t in plan.trials if t.work.task == "train" and t.seed < 2)
    with open_store(tmp_path / "results.db") as store:
        run = store.begin_run("short")
        store.plan(run, [trial.record() for trial in plan.trials])
        for trial, status in ((first, OK), (second, FAILED)):
            store.finish_attempt(store.begin_attempt(trial.id, run), Outcome(status))
        assert set(store.durations(t.id for t in plan.trials)) == {first.id}
        estimates = from_rows(plan.trials, store)
    fitted = next(t for t in plan.trials if t.work.task == "fit")
    assert estimates[id(first.work)].source == EARLIER
    assert 0 <= estimates[id(first.work)].seconds < 10
    assert estimates[id(fitted.work)].seconds is None
    assert estimates[id(fitted.work)].source == UNKNOWN


def test_without_rows_a_dry_run_says_that_the_length_is_unknown(qbench, path, tmp_path):
    done = qbench("run", path, "--dry-run", "--store", tmp_path / "none.db")
    assert done.returncode == 0
    assert "6 trials, 6 to run; no earlier rows" in done.stdout
    assert not (tmp_path / "none.db").exists()


def test_a_probe_without_a_dry_run_is_refused(qbench, path):
    done = qbench("run", path, "--probe")
    assert done.returncode == 2
    assert "--probe goes with --dry-run" in done.stderr


@pytest.mark.environments
def test_a_probe_times_what_has_no_rows_and_stores_nothing(qbench, path, tmp_path):
    done = qbench("run", path, "--dry-run", "--probe", "--store", tmp_path / "none.db")
    assert done.returncode == 0, done.stderr
    assert "6 trials, 6 to run; about " in done.stdout
    assert "unknown length" not in done.stdout
    assert not (tmp_path / "none.db").exists()
