"""Who trains in mixed precision, who refuses, and how its rows are marked."""

from __future__ import annotations

import pytest

from qbench.plan import make_plan
from qbench.registry import load_registry
from qbench.spec import load_suite

SUITE = """\
qbench: 1
name: mixed
seeds: 1
data: iris
circuits: {pqc: {n_qubits: 4, encoding: angle}}
models:
  hybrid: {layers: [{dense: 4}, {quantum: pqc}, {dense: n_classes}]}
  plain: {layers: [{dense: 4}, {dense: n_classes}]}
baselines: [svm_rbf, mlp]
backends: [pennylane, "pennylane[precision=single]", pennylane_keras, torchquantum]
trainer: {mixed_precision: true}
record: {gradient_variance: off}
"""


@pytest.fixture
def works(tmp_path):
    """Trials by method and variant, of the suite or with something replaced."""

    def make(old: str = "", new: str = ""):
        path = tmp_path / "mixed.yaml"
        path.write_text(SUITE.replace(old, new))
        trials = make_plan(load_suite(path), load_registry()).trials
        return {(trial.work.method, trial.work.variant): trial for trial in trials}

    return make


def test_only_single_precision_of_the_torch_host_takes_it(works):
    found = works()
    assert found["hybrid", "pennylane[precision=single]"].work.refusal is None
    assert found["hybrid", "torchquantum"].work.refusal is None
    double = found["hybrid", "pennylane"].work.refusal
    assert double is not None
    assert "in single precision, not double; give execution.precision: single" in double
    assert "the tensorflow host has none" in found["hybrid", "pennylane_keras"].work.refusal


def test_classical_models_train_in_single_precision_then(works):
    found = works()
    for method in ("plain", "mlp"):
        trial = found[method, "baselines"]
        assert trial.work.execution.precision == "single"
        assert trial.work.trainer["mixed_precision"]
    assert found["svm_rbf", "baselines"].record().precision is None


def test_rows_are_marked_and_others_keep_their_precision_and_identity(works):
    mixed, without = works(), works("trainer: {mixed_precision: true}\n", "")
    unsaid = works("mixed_precision: true", "mixed_precision: false")
    for key, precision in (
        (("hybrid", "torchquantum"), "single"),
        (("plain", "baselines"), "double"),
    ):
        assert mixed[key].record().precision == "mixed"
        assert without[key].record().precision == precision
        assert "mixed_precision" not in without[key].work.trainer
        assert unsaid[key].id == without[key].id != mixed[key].id
