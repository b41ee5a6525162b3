from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

import pytest

from qbench.store import FAILED, OK, Outcome, TrialRecord, open_store


@dataclass(frozen=True)
class FilledStore:
    """A store, and what its runs and its failed trial say."""

    path: Path
    run_as: str = "qbench run small.yaml --store results.db"
    reason: str = "the worker of reference@1.9.1 failed during train: ValueError: no such thing"
    traceback: str = "Traceback (most recent call last):\nValueError: no such thing\n"


@pytest.fixture
def results(tmp_path: Path) -> FilledStore:
    """A store with a finished run (2 ok, 1 failed) and one whose process was killed."""
    results = FilledStore(tmp_path / "results.db")
    trials = [
        TrialRecord(
            id=f"{'abc'[seed] * 4}{seed:028}",
            task="train",
            method="qnn",
            method_kind="model",
            backend="reference",
            backend_version="1.9.1",
            variant="reference",
            dataset="iris",
            seed=seed,
            labels=({"n_layers": str(seed)},),
        )
        for seed in range(3)
    ]
    log = tmp_path / "logs" / "reference-1.9.1.log"
    log.parent.mkdir()
    log.write_text("".join(f"line {n}\n" for n in range(100)))
    told = {"traceback": results.traceback}
    failed = Outcome(FAILED, reason=results.reason, provenance=told, log_path=str(log))
    metrics = {"accuracy": 0.9, "loss": 1.25e-17, "curve": [1.0, 0.5]}
    with open_store(results.path) as store:
        run = store.begin_run("small", command_line=results.run_as)
        store.plan(run, trials)
        for trial in trials:
            outcome = failed if trial.seed == 2 else Outcome(OK, metrics=metrics)
            store.finish_attempt(store.begin_attempt(trial.id, run), outcome)
        store.end_run(run)
        killed = store.begin_run("killed", profile="quick", command_line=results.run_as)
        more = TrialRecord(**{**vars(trials[0]), "id": "d" * 32, "seed": 7})
        store.plan(killed, [trials[0], more])
        store.begin_attempt(more.id, killed)
    with sqlite3.connect(results.path) as database:
        database.execute("UPDATE runs SET pid = 4194305 WHERE suite = 'killed'")
    return results
