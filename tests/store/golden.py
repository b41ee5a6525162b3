"""Writes the golden database of the current schema: ``python tests/store/golden.py FILE``.

Run once for each schema version, before the version is raised; the files in
tests/assets are never written again.
"""

from __future__ import annotations

import sys

import numpy as np

from qbench.store import EpochRecord, Outcome, TrialRecord, open_store


def write(path: str) -> None:
    with open_store(path) as store:
        run = store.begin_run(
            "golden", "qbench: 1\nname: golden\n", profile="quick", machine={"cpus": 2}
        )
        common = {
            "task": "train",
            "method": "hybrid",
            "method_kind": "model",
            "backend": "pennylane",
            "variant": "pennylane",
            "dataset": "digits",
        }
        trials = [
            TrialRecord(
                f"{seed:064x}",
                seed=seed,
                backend_version="0.45.1",
                threads=1,
                canonical={"seed": seed},
                labels=[{"model": "hybrid"}],
                **common,
            )
            for seed in range(3)
        ]
        store.plan(run, trials)
        done = store.begin_attempt(trials[0].id, run, {"python": "3.11.7"})
        store.add_epoch(done, EpochRecord(1, 0.7, 0.6, 0.5, 1e-3, 0.25))
        store.finish_attempt(
            done,
            Outcome(
                "ok",
                metrics={"accuracy": 0.75, "roc_auc": float("nan")},
                artifacts={"weights": {"2.quantum.weights": np.arange(4.0)}},
            ),
        )
        store.begin_attempt(trials[1].id, run)


if __name__ == "__main__":
    write(sys.argv[1])
