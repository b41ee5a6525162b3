"""Transfer learning from a suite file to stored weights."""

from __future__ import annotations

import numpy as np
import pytest

from qbench.store import open_store

pytestmark = pytest.mark.environments

SUITE = """\
qbench: 1
name: transfer
seeds: 1
data: {name: digits, classes: [0, 1, 2], split: {train: {per_class: 8}, validation: 0, test: 60}}
circuits:
  pqc: {n_qubits: 3, encoding: angle, ansatz: basic_entangler}
models:
  first: {layers: [{dense: {units: 3, activation: tanh}}, {dense: n_classes}], train_on: all}
  frozen: {layers: [{backbone: first}, {quantum: pqc}, {dense: n_classes}]}
  loose: {layers: [{backbone: {model: first, freeze: false}}, {quantum: pqc}, {dense: n_classes}]}
train: [frozen, loose]
backends: [reference]
trainer: {epochs: 2, batch_size: 8, select: last, optimizer: {learning_rate: 0.05}}
record: {metrics: [accuracy], gradient_variance: off}
"""


def test_a_backbone_begins_with_the_trained_weights_and_keeps_them_where_it_is_frozen(
    qbench, tmp_path
):
    (tmp_path / "suite.yaml").write_text(SUITE)
    done = qbench("run", "suite.yaml", "--store", "results.db")
    assert done.returncode == 0, done.stderr
    with open_store(tmp_path / "results.db", writable=False) as store:
        weights = {}
        for name in ("first", "frozen", "loose"):
            found = store.finished_attempt(name)
            weights[name] = store.artifact(found.attempt_id, "parameters")["0.dense.weight"]
    assert np.array_equal(weights["frozen"], weights["first"])
    # six steps of Adam move no weight by much more than the rate each: it began at the same ones
    moved = np.abs(weights["loose"] - weights["first"]).max()
    assert 0 < moved < 6 * 0.05 * 1.5
    assert np.abs(weights["first"]).max() > moved
