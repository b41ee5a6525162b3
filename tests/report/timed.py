"""Timings written into a real database by hand, every sample known."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from qbench.report import Table, View, run_tables
from qbench.store import METHOD_NAME, OK, VARIANT_NAME, Outcome, Store, TrialRecord
from tests.report.conftest import MACHINE


class TimedRun:
    """A run of timings, cell by cell."""

    def __init__(self, store: Store) -> None:
        self.store, self.id = store, store.begin_run("timed", machine=MACHINE)
        self.made: list[tuple[TrialRecord, Outcome]] = []

    def cell(
        self,
        variant: str,
        seconds: Any,
        n: int = 4,
        *,
        circuit: str = "c",
        measure: str = "forward",
        batch: int = 32,
        precision: str = "double",
        tier: str = "documented",
        depth: int = 7,
        device: str = "d",
        group: str = "",
        shots: int | None = None,
        axes: dict[str, str] | None = None,
        status: str = OK,
        reason: str = "",
        control: tuple[float, float, float] | None = None,
        cpu: float = 1.0,
        processes: int = 1,
        **provenance: Any,
    ) -> TimedRun:
        backend = variant.partition("[")[0]
        axes = {"n": str(n), "measure": measure, "batch_size": str(batch), **(axes or {})}
        record = TrialRecord(
            id=json.dumps([circuit, variant, axes, group]),
            task="speed",
            method=circuit,
            method_kind="circuit",
            backend=backend,
            backend_version="1.0",
            variant=variant,
            dataset="",
            seed=0,
            device=device,
            diff_method="adjoint",
            tier=tier,
            precision=precision,
            threads=1,
            canonical={"execution": {"shots": shots}},
            labels=[{METHOD_NAME: circuit, VARIANT_NAME: variant, **axes}],
        )
        times = np.asarray(seconds, dtype=float)
        turns = np.arange(times.size) % processes
        timings: dict[str, Any] = {"cold_s": 0.5, "compile_s": 0.1, "first_call_s": 0.4}
        metrics: dict[str, float] = {"floor_s": 1e-9 * 2.0**n}
        if status == OK:
            timings |= {
                "call_s": float(np.median(times)),
                "call_s_low": float(times.min()),
                "call_s_high": float(times.max()),
                "spread": 0.02,
                "outliers": 0,
                "rounds": len(times),
                "processes": processes,
                "cpu_per_wall": cpu,
            }
        if control is not None:
            metrics |= dict(zip(("control", "control_low", "control_high"), control, strict=True))
        outcome = Outcome(
            status,
            reason=reason,
            timings=timings,
            metrics=metrics,
            memory={"base_bytes": 1, "peak_bytes": 1_000_001},
            agreement={"outputs": 1e-12},
            counts={"n_qubits": n, "gates": 3 * n, "depth": depth},
            artifacts={"speed": {"seconds": times, "process": turns}} if status == OK else {},
            provenance={
                "group": group or json.dumps([circuit, axes]),
                "load": 0.5,
                "jobs": 1,
                "machine": "m",
                **provenance,
            },
        )
        self.made.append((record, outcome))
        return self

    def save(self) -> None:
        self.store.plan(self.id, [record for record, _ in self.made])
        for record, outcome in self.made:
            attempt = self.store.begin_attempt(record.id, self.id)
            self.store.finish_attempt(attempt, outcome)

    def tables(self, **view: Any) -> dict[str, Table]:
        """The run's tables by title, saved first."""
        self.save()
        return {table.title: table for table in run_tables(self.store, self.id, View(**view))}
