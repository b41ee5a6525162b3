"""Runs with a backend that misbehaves on purpose: every fault is a row, and the rest goes on."""

from __future__ import annotations

import shutil
from pathlib import Path

import psutil
import pytest

from qbench.plan import Plan, make_plan
from qbench.registry import load_registry
from qbench.report import run_tables
from qbench.runner.executor import Executor
from qbench.runner.observer import Observer
from qbench.runner.options import RunOptions
from qbench.spec import load_suite
from qbench.store import Store, open_store

pytestmark = pytest.mark.environments

SUITE = """\
qbench: 1
name: troubled
seeds: 1
data: {name: moons, options: {n_samples: 40}}
circuits:
  c: {n_qubits: 2, encoding: {name: angle, rotation: RX}, ansatz: {name: hardware_efficient, rotations: [RX]}}
models:
  qnn: {layers: [{quantum: c}, {dense: n_classes}]}
backends: ['tiny[device=right]']
trainer: {epochs: 2}
record: {gradient_variance: off}
"""  # noqa: E501
DEVICES = ("right", "wrong", "hangs", "dies", "hungry", "no-memory", "refuses")


@pytest.fixture
def tiny(make_backend) -> Path:
    """A stranger's backend, in the environment of the baselines."""
    mode = '\n[[tool.qbench.backend.modes]]\ndevice = "{}"\ndiff_method = "adjoint"\n'
    written = '\n[[tool.qbench.backend.modes]]\ndevice = "tiny.qubit"\ndiff_method = "backprop"\n'
    written += 'precisions = ["double", "single"]\n'
    folder = make_backend(
        ('default_version = "1.17.0"\nversion_of = "six"\n', 'environment = "baselines"\n'),
        (written, "".join(mode.format(device) for device in DEVICES)),
    )
    shutil.copytree(Path(__file__).parent / "assets/qbench_tiny", folder / "qbench_tiny")
    return folder


class Bench:
    """Plans with the stranger's backend, and runs them into one store."""

    def __init__(self, folder: Path, tiny: Path, store: Store) -> None:
        self.folder, self.store = folder, store
        self._registry = load_registry([tiny])

    def plan(self, *overrides: str) -> Plan:
        path = self.folder / "suite.yaml"
        path.write_text(SUITE)
        return make_plan(load_suite(path, None, overrides), self._registry)

    def run(self, plan: Plan, **options):
        options = RunOptions.of(plan.suite.config.budget, **options)
        logs = self.folder / "logs"
        return Executor(plan, self.store, options, Observer(), logs).run()

    def rows(self, run_id: str):
        """Trials of a run by device."""
        return self.store.frame(run_id).set_index("device")


@pytest.fixture
def bench(tmp_path, tiny):
    with open_store(tmp_path / "results.db") as store:
        yield Bench(tmp_path, tiny, store)


def backends(*devices: str) -> str:
    return f"backends={[f'tiny[device={device}]' for device in devices]}"


def test_each_fault_of_a_backend_has_its_status_and_reason(bench):
    devices = ("wrong", "dies", "no-memory", "refuses", "right")
    summary = bench.run(bench.plan(backends(*devices)))
    rows = bench.rows(summary.run_id)
    assert rows["status"].to_dict() == {
        "wrong": "failed",
        "dies": "failed",
        "no-memory": "out_of_memory",
        "refuses": "unsupported",
        "right": "ok",
    }
    reasons = rows["reason"]
    assert reasons["wrong"].startswith("disagrees with the reference: gradients differ by ")
    assert "(limit 1e-09)" in reasons["wrong"]
    assert rows["agreement.outputs"]["wrong"] < 1e-9 < rows["agreement.gradients"]["wrong"]
    assert "died during train (exit code 3)" in reasons["dies"]
    assert "the last words of the framework" in reasons["dies"]
    assert (bench.folder / "logs" / "tiny-1.9.1.log").is_file()
    assert "no room for the state" in reasons["no-memory"]
    assert reasons["refuses"] == "its compiler knows no circuit like this"
    assert summary.exit_code == 1

    # failed and out of memory are tried again when asked; unsupported and ok never
    plan = bench.plan(backends("no-memory", "refuses", "right"))
    assert bench.run(plan).ran == 0
    assert bench.run(plan, retry_failed=True).ran == 1


@pytest.mark.timed
def test_a_timeout_ends_the_trial_with_every_process_it_started(bench, monkeypatch):
    child = bench.folder / "child.pid"
    monkeypatch.setenv("TINY_CHILD", str(child))
    summary = bench.run(bench.plan(backends("hangs", "right")), timeout=3.0)
    rows = bench.rows(summary.run_id)
    assert rows["status"].to_dict() == {"hangs": "timeout", "right": "ok"}
    assert "train took longer than 3 s" in rows["reason"]["hangs"]
    assert not psutil.pid_exists(int(child.read_text()))


def test_memory_and_total_time_are_bounded_by_the_budget(bench):
    plan = bench.plan(backends("hungry", "right"), "budget.memory=0.6GB")
    summary = bench.run(plan)
    rows = bench.rows(summary.run_id)
    assert rows["status"].to_dict() == {"hungry": "out_of_memory", "right": "ok"}
    assert "more than the 0.60 GB of its budget" in rows["reason"]["hungry"]

    # what does not fit into the total is left for the next run, which is told apart
    late = bench.plan("seeds=[7, 8]", "budget.total=0.001s")
    summary = bench.run(late)
    assert (summary.out_of_budget, summary.exit_code) == (True, 1)
    assert summary.statuses == {"planned": 2}
    summary = bench.run(bench.plan("seeds=[7, 8]"))
    assert (summary.out_of_budget, summary.exit_code, summary.ran) == (False, 0, 2)


def test_a_run_that_an_error_ends_is_no_finished_run(bench):
    class Breaks(Observer):
        def planned(self, *args, **kwargs) -> None:
            raise RuntimeError("nothing to draw on")

    logs = bench.folder / "logs"
    with pytest.raises(RuntimeError, match="nothing to draw on"):
        Executor(bench.plan(), bench.store, RunOptions(), Breaks(), logs).run()
    (run,) = bench.store.runs()
    assert run.status == "interrupted"
    assert run.ended_at is not None


def test_a_renamed_model_is_shown_by_its_new_name_and_not_run_again(bench):
    assert bench.run(bench.plan()).ran == 1
    renamed = "models={mine: {layers: [{quantum: c}, {dense: n_classes}]}, qnn: null}"
    summary = bench.run(bench.plan(renamed, "backends=[{name: tiny, label: new}]"))
    assert (summary.ran, summary.exit_code) == (0, 0)
    models, frameworks = run_tables(bench.store, summary.run_id)
    assert [row["model"] for row in models.rows] == ["mine"]
    assert [row["from_backend"] for row in models.rows] == ["new"]
    assert len(frameworks.rows) == 1
    epochs = bench.store.epochs_frame(summary.run_id)
    assert set(epochs["method"]) == {"mine"}
    assert set(epochs["variant"]) == {"new"}


def test_equal_models_run_once_and_have_a_row_each(bench):
    twins = bench.plan("models.twin={base: qnn}", "seeds=2")
    summary = bench.run(twins)
    assert summary.ran == 2
    models, frameworks = run_tables(bench.store, summary.run_id)
    assert [(row["model"], row["seeds"]) for row in models.rows] == [
        ("qnn", "2/2"),
        ("twin", "2/2"),
    ]
    assert [row["model"] for row in frameworks.rows] == ["qnn", "twin"]
    for key in ("accuracy", "agreement_gradients"):
        assert models.rows[0][key] == models.rows[1][key]
