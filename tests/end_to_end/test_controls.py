"""Controls, run by the real command line: what differs from the model, and what must not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from qbench.store import open_store

pytestmark = pytest.mark.environments

CONTROLS = ("no_entanglement", "frozen_quantum", "random_quantum", "linear_twin")
SUITE = """\
qbench: 1
name: controlled
seeds: 3
data: {name: iris, transform: [{min_max: [0, =pi]}]}
circuits:
  pqc: {n_qubits: 4, encoding: angle, ansatz: {name: hardware_efficient, n_layers: 2}}
  free: {n_qubits: 4, encoding: angle, ansatz: {name: hardware_efficient, entanglement: none}}
models:
  qnn: {layers: [{quantum: pqc}, {dense: n_classes}]}
  separable: {layers: [{quantum: free}, {dense: n_classes}]}
controls: [no_entanglement, frozen_quantum, random_quantum, linear_twin, product_twin, mlp_matched]
backends: [reference]
trainer: {epochs: 4, optimizer: {name: adam, learning_rate: 0.05}}
record: {gradient_variance: off}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder: Path = tmp_path_factory.mktemp("controls")
    (folder / "controlled.yaml").write_text(SUITE)
    return folder


@pytest.fixture(scope="module")
def done(command_line, folder):
    return command_line(folder)("run", folder / "controlled.yaml", "--store", "results.db")


@pytest.fixture
def store(done, folder):
    with open_store(folder / "results.db") as opened:
        yield opened


@pytest.fixture
def rows(store) -> pd.DataFrame:
    return store.frame(store.resolve_run(), each_path=True).set_index(["method", "seed"])


def outputs(store, rows, method, seed) -> np.ndarray:
    """What the trained model says of the test rows."""
    return store.artifact(int(rows.loc[method, seed]["attempt_id"]), "outputs")["test"]


def parameters(store, rows, method, seed) -> dict[str, np.ndarray]:
    return store.artifact(int(rows.loc[method, seed]["attempt_id"]), "parameters")


def test_every_trial_ends_ok_and_the_contribution_is_told(done, rows):
    assert done.returncode == 0, done.stderr
    assert set(rows["status"]) == {"ok"}
    assert "quantum contribution" in done.stdout
    assert "qnn: the quantum part adds" in done.stdout
    assert "separable[no_entanglement]: the same trial as separable" in done.stdout
    kinds = rows.reset_index().groupby("method")["method_kind"].agg(set)
    assert all(kinds[f"qnn[{name}]"] == {"control"} for name in CONTROLS)
    assert kinds["qnn"] == kinds["separable"] == {"model"}


def test_what_changes_nothing_is_run_once(rows):
    for seed in range(3):
        own, control = (rows.loc[m, seed] for m in ("separable", "separable[no_entanglement]"))
        assert own["attempt_id"] == control["attempt_id"]
        assert own["attempt_id"] != rows.loc["separable[product_twin]", seed]["attempt_id"]


@pytest.mark.parametrize("model", ["qnn", "separable"])
def test_a_product_twin_is_the_model_without_entanglement_computed_otherwise(store, rows, model):
    for seed in range(3):
        twin, separable = (f"{model}[{name}]" for name in ("product_twin", "no_entanglement"))
        assert rows.loc[twin, seed]["backend"] == "baselines"
        assert rows.loc[separable, seed]["backend"] == "reference"
        ours, expected = (outputs(store, rows, m, seed) for m in (twin, separable))
        np.testing.assert_allclose(ours, expected, rtol=0, atol=1e-9)
        assert rows.loc[twin, seed]["agreement.gradients"] <= 1e-9
    assert np.ptp(expected) > 0.1


def test_controls_differ_from_their_model(store, rows):
    model = outputs(store, rows, "qnn", 0)
    found = [outputs(store, rows, f"qnn[{name}]", 0) for name in CONTROLS]
    for number, one in enumerate(found):
        assert np.abs(one - model).max() > 1e-3, CONTROLS[number]
        for other in found[:number]:
            assert np.abs(one - other).max() > 1e-3


def test_frozen_weights_stay_as_drawn_and_random_ones_differ_from_seed_to_seed(store, rows):
    trained, frozen = (
        [parameters(store, rows, m, seed)["0.quantum.weights"] for seed in range(3)]
        for m in ("qnn", "qnn[frozen_quantum]")
    )
    random = [
        parameters(store, rows, "qnn[random_quantum]", s)["0.quantum.weights"] for s in (0, 1)
    ]
    assert all(np.abs(a - b).max() > 1e-2 for a, b in zip(trained, frozen, strict=True))
    assert all(((w >= 0) & (w <= 2 * np.pi)).all() for w in (*frozen, *random))
    assert np.abs(random[0] - random[1]).max() > 1
