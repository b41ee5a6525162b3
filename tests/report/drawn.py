"""Rows of gradient variances and diagnoses whose figures follow a law, with their errors."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from qbench.store import METHOD_NAME, OK, VARIANT_NAME, Outcome, Store, TrialRecord
from tests.report.conftest import MACHINE


class DrawnRun:
    """A run of circuits, point by point.

    The variance that is noted is the true one but for a fixed pseudo-random error of the
    size that its ``log_se`` states.
    """

    def __init__(self, store: Store, suite: str = "plateaus", **machine: Any) -> None:
        self.store = store
        self.id = store.begin_run(suite, machine=MACHINE | machine)
        self._noise = np.random.default_rng(7)
        self._made: list[tuple[TrialRecord, Outcome]] = []

    def point(
        self,
        method: str,
        n: int,
        variance: float,
        *,
        variant: str = "reference",
        axes: dict[str, str] | None = None,
        log_se: float = 0.02,
        task: str = "gradient_variance",
        status: str = OK,
        reason: str = "",
        seconds: float = 0.5,
        depth: int = 1,
        metrics: dict[str, float] | None = None,
        agreement: dict[str, float] | None = None,
        kind: str = "circuit",
        shots: int | None = None,
        **about: Any,
    ) -> DrawnRun:
        """One measured point; ``about`` adds to its gradient_variance."""
        labels = {METHOD_NAME: method, VARIANT_NAME: variant} | (axes or {})
        noisy = variance * float(np.exp(log_se * self._noise.standard_normal()))
        found = {
            "mean": noisy,
            "low": noisy * float(np.exp(-1.96 * log_se)),
            "high": noisy * float(np.exp(1.96 * log_se)),
            "max": 2 * noisy,
            "log_se": log_se,
            "kurtosis": 3.0,
            "zero_share": 0.0,
            "n_samples": 5000,
            "n_components": 4,
            "undersampled": False,
            "below_floor": False,
            "component": "all",
            "init": "uniform [0, 6.283]",
            "cost": "Z0",
        }
        ok = status == OK
        record = TrialRecord(
            id=json.dumps([self.id, task, labels, n]),
            task=task,
            method=method,
            method_kind=kind,
            backend=variant.partition("[")[0],
            backend_version="1.0",
            variant=variant,
            device="default",
            diff_method=None if status == "unsupported" else "adjoint",
            tier="documented",
            precision="double",
            threads=1,
            dataset="",
            seed=0,
            canonical={} if shots is None else {"execution": {"shots": shots}},
            labels=[labels],
        )
        counts = {"n_qubits": n, "depth": depth, "two_qubit_gates": n - 1, "parameters_quantum": n}
        outcome = Outcome(
            status,
            reason,
            metrics=metrics or {},
            timings={"gradients_s": seconds, "compile_s": 0.1} if ok else {},
            counts=counts if ok else {},
            agreement=agreement or {},
            gradient_variance=found | about if ok else {},
            provenance={"load": 0.2, "jobs": 1, "machine": "m1"},
        )
        self._made.append((record, outcome))
        return self

    def falling(
        self, method: str, rate: float, sizes: range = range(2, 11), **about: Any
    ) -> DrawnRun:
        """Variances ``exp(-rate n)`` at each size on the axis ``n``, with that as the theory."""
        axes = about.pop("axes", {})
        for n in sizes:
            true = float(np.exp(-rate * n))
            theory = {"theory": true, "theory_name": "the law of this test"}
            self.point(method, n, true, axes={"n": str(n)} | axes, **(theory | about))
        return self

    def save(self) -> str:
        """Store everything; the run's id."""
        self.store.plan(self.id, [record for record, _ in self._made])
        for record, outcome in self._made:
            attempt = self.store.begin_attempt(record.id, self.id)
            self.store.finish_attempt(attempt, outcome)
        self.store.end_run(self.id)
        return self.id

    def frame(self) -> Any:
        """What the tables are made from."""
        return self.store.frame(self.save(), each_path=True)
