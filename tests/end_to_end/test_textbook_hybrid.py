"""The textbook's hybrid network on real images: two hosts, one curve."""

from __future__ import annotations

from pathlib import Path

import pytest

from qbench.registry import suites_dir
from qbench.store import open_store

pytestmark = pytest.mark.environments

SUITE = suites_dir() / "textbook_hybrid.yaml"


def test_both_hosts_learn_zero_from_one_along_the_same_curve(
    qbench, data_at_hand, tmp_path: Path
) -> None:
    """Real images through convolutions, pools, dropout of channels and a qubit."""
    if not data_at_hand(SUITE):
        pytest.skip("QBENCH_DATA_DIR has no MNIST")
    store = tmp_path / "results.db"
    backends = ("--set", "backends=[reference, pennylane_keras]")
    done = qbench("run", SUITE, "--quick", *backends, "--store", store)
    assert done.returncode == 0, done.stderr
    with open_store(store, writable=False) as results:
        run = results.resolve_run(None)
        trials, epochs = results.frame(run), results.epochs_frame(run)
    hybrid = trials[trials["method"] == "hybrid"]
    assert set(hybrid["variant"]) == {"reference", "pennylane_keras"}
    assert hybrid["metrics.accuracy"].min() > 0.9
    curves = epochs[epochs["method"] == "hybrid"].pivot_table(
        index=["seed", "epoch"], columns="variant", values="train_loss"
    )
    assert len(curves) == 4
    assert (curves["pennylane_keras"] / curves["reference"] - 1).abs().max() < 1e-10
