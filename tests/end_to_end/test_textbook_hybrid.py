"""The textbook's hybrid network on real images: two hosts, one curve; and its gradient rule."""

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


HALVED = """\
qbench: 1
name: halved
seeds: 2
data: {name: iris, classes: [0, 1], transform: [pca: 1]}
circuits:
  qubit: {n_qubits: 1, gates: [[H, 0], [RY, 0, x0 + w0], [RX, 0, w1]], measure: {expval: P1}}
models: {qnn: {layers: [{quantum: qubit}, complement]}}
trainer: {epochs: 3, loss: nll_probs, select: last, optimizer: {name: sgd, learning_rate: 0.1}}
record: {gradient_variance: off}
experiments:
  exact: {backends: [reference]}
  published:
    backends: ["qiskit[diff_method=textbook-2x]", "pennylane[diff_method=textbook-2x]"]
    trainer.optimizer.learning_rate: 0.05
"""


def test_the_published_rule_is_the_exact_one_at_twice_the_learning_rate(qbench, tmp_path) -> None:
    """Of plain gradient descent on quantum weights alone, the rule doubles every step."""
    store, suite = tmp_path / "results.db", tmp_path / "halved.yaml"
    suite.write_text(HALVED)
    done = qbench("run", suite, "--store", store)
    assert done.returncode == 0, done.stderr
    with open_store(store, writable=False) as results:
        run = results.resolve_run(None)
        trials, epochs = results.frame(run), results.epochs_frame(run)
    assert trials["agreement.gradients"].max() < 1e-12
    curves = epochs.pivot_table(index=["seed", "epoch"], columns="variant", values="train_loss")
    exact = curves.pop("reference")
    assert curves.sub(exact, axis=0).abs().to_numpy().max() < 1e-12
    assert curves.shape == (6, 2)
    assert exact.groupby("seed").first().gt(exact.groupby("seed").last()).all()
    text = qbench("compare", "--store", store, "--table", "models").stdout
    assert "textbook-2x: a published mistake, no gradient" in text
