"""Trainings with shots, from a suite to the tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from qbench.store import open_store

pytestmark = pytest.mark.environments

SUITE = """\
qbench: 1
name: sampled
seeds: 2
data: {name: iris, classes: [0, 1], transform: [pca: 2]}
circuits:
  pair:
    n_qubits: 2
    gates: [[RY, 0, x0], [RX, 1, x1], [CNOT, [0, 1]], [RY, 1, w0]]
    measure: {probs: all}
models: {qnn: {layers: [{quantum: pair}, {dense: n_classes}]}}
trainer: {epochs: 2, batch_size: 16, select: last}
record: {gradient_variance: off}
backends:
  - qiskit[shots=50]
  - qiskit[shots=50,diff_method=textbook-2x]
  - reference[shots=50]
  - reference
"""


def test_trainings_with_shots_repeat_and_stay_within_their_noise(qbench, tmp_path: Path) -> None:
    store, suite = tmp_path / "results.db", tmp_path / "sampled.yaml"
    suite.write_text(SUITE)
    curves = []
    for options in ((), ("--force", "--set", "backends=['qiskit[shots=50]']")):
        done = qbench("run", suite, *options, "--store", store)
        assert done.returncode == 0, done.stderr
        with open_store(store, writable=False) as results:
            run = results.resolve_run(None)
            trials, epochs = results.frame(run), results.epochs_frame(run)
        if not options:
            first = trials.set_index("variant")
        sampled = epochs[epochs["variant"] == "qiskit[shots=50]"]
        curves.append(sampled.set_index(["seed", "epoch"])["train_loss"])
    assert curves[0].to_dict() == curves[1].to_dict()
    assert first.loc["reference[shots=50]", "status"].eq("unsupported").all()
    shots = first[first["shots"].eq(50)]
    assert set(shots.index) == {"qiskit[shots=50]", "qiskit[diff_method=textbook-2x,shots=50]"}
    assert shots["status"].eq("ok").all()
    assert shots["agreement.noise_share"].between(0.01, 1.0).all()
    assert shots["agreement.outputs"].gt(0.01).all()
    assert first.loc["reference", "agreement.outputs"].max() < 1e-9
