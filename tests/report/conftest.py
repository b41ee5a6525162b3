"""Runs written into a real database by hand, so that every figure of a table is known."""

from __future__ import annotations

import json
from typing import Any

import pytest

from qbench.report import Table
from qbench.store import (
    METHOD_NAME,
    OK,
    VARIANT_NAME,
    Outcome,
    RunInfo,
    Store,
    TrialRecord,
    open_store,
)

MACHINE = {"qbench": "0.1.0", "cpu": "Test CPU", "cores": 2, "os": "Linux", "git": {}}


class HandmadeRun:
    """One run, trial by trial."""

    def __init__(self, store: Store, suite: str = "suite", **machine: Any) -> None:
        self.store = store
        self.id = store.begin_run(suite, machine=MACHINE | machine)
        self.records: list[tuple[TrialRecord, Outcome | None]] = []

    def add(
        self,
        method: str,
        *accuracies: float | None,
        variant: str = "pennylane",
        axes: dict[str, str] | None = None,
        status: str = OK,
        shared: bool = False,
        step_ms: float | list[float] | None = None,
        metric: str = "accuracy",
        task: str = "train",
        **found: Any,
    ) -> HandmadeRun:
        """Trials of seeds 0, 1, ...: one for each accuracy. ``shared``: their identity is that
        of the same call for another run."""
        quantum = variant.partition("@")[0] != "baselines"
        about = {
            "method_kind": found.pop("method_kind", "model" if quantum else "baseline"),
            "backend": found.pop("backend", variant.partition("[")[0]),
            "backend_version": found.pop("version", "1.0"),
            "device": "default" if quantum else None,
            "diff_method": found.pop("diff_method", "backprop") if quantum else None,
            "tier": found.pop("tier", "documented") if quantum else None,
            "precision": found.pop("precision", "double"),
            "threads": 1,
        }
        reason, data = found.pop("reason", ""), found.pop("data", None)
        select = found.pop("select", None)
        shots, accelerator = found.pop("shots", None), found.pop("accelerator", None)
        provenance = {"load": 0.5, "jobs": 1, "fresh": True, "machine": "m1"}
        provenance |= found.pop("provenance", {})
        for seed, accuracy in enumerate(accuracies):
            owner = "" if shared else self.id
            key = json.dumps([owner, task, method, variant, axes, seed])
            canonical = {} if data is None else {"data": {"name": "digits", "options": {}} | data}
            canonical |= {} if select is None else {"trainer": {"select": select}}
            canonical |= {} if shots is None else {"execution": {"shots": shots}}
            canonical |= {} if accelerator is None else {"execution": {"accelerator": accelerator}}
            labels = {METHOD_NAME: method, VARIANT_NAME: variant} | (axes or {})
            record = TrialRecord(
                id=key,
                task=task,
                method=method,
                variant=variant,
                dataset="digits",
                seed=seed,
                labels=[labels],
                canonical=canonical,
                **about,
            )
            step = step_ms[seed] if isinstance(step_ms, list) else step_ms or 2.0
            timings = {"step_ms": step, "step_ms_q1": step * 0.9, "step_ms_q3": step * 1.1}
            timings |= {"import_s": 1.5, "compile_s": 0.25, "epoch_s": 0.1, "cpu_s": 0.8}
            outcome = Outcome(
                status,
                reason,
                metrics={metric: accuracy} if status == OK else {},
                timings=timings if status == OK else {},
                memory={"peak_bytes": 30e6, "base_bytes": 10e6} if status == OK else {},
                provenance=provenance,
                **found,
            )
            self.records.append((record, outcome))
        return self

    def save(self) -> str:
        """Store everything; the run's id."""
        self.store.plan(self.id, [record for record, _ in self.records])
        known = self.store.latest_statuses([record.id for record, _ in self.records])
        for record, outcome in self.records:
            if outcome is not None and record.id not in known:
                attempt = self.store.begin_attempt(record.id, self.id)
                self.store.finish_attempt(attempt, outcome)
        self.store.end_run(self.id)
        return self.id

    def info(self) -> RunInfo:
        """The run as the store lists it."""
        return next(run for run in self.store.runs() if run.id == self.id)

    def frame(self) -> Any:
        """What the tables are made from."""
        return self.store.frame(self.save(), each_path=True)


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "results.db") as opened:
        yield opened


@pytest.fixture
def run(store):
    return HandmadeRun(store)


def row_of(table: Table, **wanted: Any) -> dict[str, Any]:
    """The only row with these values."""
    (row,) = [r for r in table.rows if all(r.get(k) == v for k, v in wanted.items())]
    return dict(row)


def noted(table: Table, text: str) -> list[str]:
    """The notes that hold the text."""
    return [note for note in table.notes if text in note]
