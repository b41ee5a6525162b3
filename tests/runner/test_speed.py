"""Timings in groups: turns, a control, cut-offs, and faults that stay with their variant."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from qbench.plan import Plan, Trial, make_plan
from qbench.registry import load_registry
from qbench.runner.bandwidth import MemoryFloors
from qbench.runner.cutoffs import Cutoffs
from qbench.runner.executor import Executor
from qbench.runner.observer import Observer
from qbench.runner.options import RunOptions, RunSummary
from qbench.spec import load_suite
from qbench.stats import paired_ratio, time_interval
from qbench.store import Store, open_store

pytestmark = pytest.mark.environments

SUITE = """\
qbench: 1
name: timed
task: speed
circuits:
  c:
    n_qubits: 2
    encoding: {name: angle, rotation: RX}
    ansatz: {name: hardware_efficient, rotations: [RX]}
speed:
  {measure: [gradient], batch_size: [2], processes: 1, rounds: 6, min_time: 2ms, control: false}
backends: ['tiny[device=right]']
"""
DEVICES = ("right", "wrong", "dies", "refuses", "slow")


class Bench:
    def __init__(self, folder: Path, registry: Path, store: Store) -> None:
        self.folder, self.store = folder, store
        self._registry = load_registry([registry])

    def plan(self, *overrides: str, more: str = "") -> Plan:
        path = self.folder / "suite.yaml"
        path.write_text(SUITE + more)
        return make_plan(load_suite(path, None, overrides), self._registry)

    def run(self, plan: Plan, **options) -> RunSummary:
        made = RunOptions.of(plan.suite.config.budget, **options)
        return Executor(plan, self.store, made, Observer(), self.folder / "logs").run()

    def rows(self, summary: RunSummary):
        return self.store.frame(summary.run_id)


@pytest.fixture
def bench(make_backend, tmp_path):
    mode = '\n[[tool.qbench.backend.modes]]\ndevice = "{}"\ndiff_method = "adjoint"\n'
    written = '\n[[tool.qbench.backend.modes]]\ndevice = "tiny.qubit"\ndiff_method = "backprop"\n'
    written += 'precisions = ["double", "single"]\n'
    folder = make_backend(
        ('default_version = "1.17.0"\nversion_of = "six"\n', 'environment = "baselines"\n'),
        (written, "".join(mode.format(device) for device in DEVICES)),
    )
    shutil.copytree(Path(__file__).parent / "assets/qbench_tiny", folder / "qbench_tiny")
    with open_store(tmp_path / "results.db") as store:
        yield Bench(tmp_path, folder, store)


def backends(*devices: str) -> str:
    return f"backends={[f'tiny[device={device}]' for device in devices]}"


def test_a_group_keeps_every_round_with_a_control_and_is_not_run_again(bench):
    measures = "speed.measure=[forward, gradient, step]"
    plan = bench.plan(measures, "speed.control=true", "speed.processes=3")
    summary = bench.run(plan)
    rows = bench.rows(summary)
    assert summary.exit_code == 0
    assert set(rows["status"]) == {"ok"}
    assert list(rows["labels.measure"]) == ["forward", "gradient", "step"]
    assert set(rows["labels.batch_size"]) == {"2"}
    assert rows["provenance.group"].nunique() == 3
    for _, row in rows.iterrows():
        kept = bench.store.artifact(int(row["attempt_id"]), "speed")
        assert kept["seconds"].shape == kept["cpu_seconds"].shape == (6,)
        assert list(kept["process"]) == [0, 1, 2, 0, 1, 2]
        assert row["timings.call_s"] == time_interval(kept["seconds"], kept["process"]).estimate
        ratio = paired_ratio(kept["control_seconds"], kept["seconds"], kept["process"])
        assert row["metrics.control"] == ratio.estimate
        assert row["timings.cold_s"] == row["timings.compile_s"] + row["timings.first_call_s"]
        assert row["metrics.floor_s"] > 0
        assert row["agreement.outputs"] < 1e-12
    # the control has three other processes of the same variant
    logs = {path.name for path in (bench.folder / "logs").glob("tiny-*.log")}
    assert logs == {"tiny-1.9.1.log", *(f"tiny-1.9.1-{copy}.log" for copy in range(1, 6))}
    assert bench.run(plan).ran == 0
    # a variant that is added later is timed alone
    assert bench.run(bench.plan(backends("right", "slow"), "speed.processes=3")).ran == 1


@pytest.mark.parametrize(("large", "imports"), [(0, 2), (2**40, 1)])
def test_a_process_that_has_grown_large_ends_with_its_group(bench, monkeypatch, large, imports):
    monkeypatch.setattr("qbench.runner.speed._LARGE", large)
    rows = bench.rows(bench.run(bench.plan("speed.measure=[forward, gradient]")))
    assert set(rows["status"]) == {"ok"}
    assert rows["timings.import_s"].nunique() == imports


class Breaks(Observer):
    """Ends the run when its second group begins."""

    def __init__(self) -> None:
        self.begun: list[str] = []

    def started(self, trial: Trial) -> None:
        self.begun.append(trial.id)
        if len(self.begun) == 3:
            raise RuntimeError("the power is gone")


def test_a_run_that_breaks_off_loses_the_group_in_flight_and_no_finished_one(bench):
    plan = bench.plan(backends("right", "refuses"), "speed.measure=[forward, gradient]")
    with pytest.raises(RuntimeError, match="the power is gone"):
        Executor(plan, bench.store, RunOptions(), Breaks(), bench.folder / "logs").run()
    broken = bench.store.frame(bench.store.resolve_run(None))
    assert list(broken["status"]) == ["ok", "unsupported", "interrupted", "interrupted"]
    first = broken["attempt_id"][0]
    summary = bench.run(plan)
    rows = bench.rows(summary)
    assert summary.ran == 2
    assert list(rows["status"]) == ["ok", "unsupported", "ok", "unsupported"]
    assert rows["attempt_id"][0] == first


def test_a_fault_ends_its_variant_alone(bench):
    summary = bench.run(bench.plan(backends("wrong", "dies", "refuses", "right")))
    rows = bench.rows(summary).set_index("device")
    assert rows["status"].to_dict() == {
        "wrong": "failed",
        "dies": "failed",
        "refuses": "unsupported",
        "right": "ok",
    }
    assert rows["reason"]["wrong"].startswith("disagrees with the reference: gradients differ by")
    assert "timings.call_s" in rows.columns
    assert np.isnan(rows["timings.call_s"]["wrong"])
    assert "died during time (exit code 3)" in rows["reason"]["dies"]
    assert rows["timings.rounds"]["right"] == 6


def test_what_would_take_too_long_is_skipped_and_so_are_larger_sizes(bench):
    plan = bench.plan(
        backends("right", "slow"),
        "circuits.c.n_qubits='=n'",
        "speed={measure: [forward], processes: 1, rounds: 20, min_time: 2ms, control: false}",
        "matrix={n: [3, 2]}",
        "budget.trial=5s",
    )
    summary = bench.run(plan)
    rows = bench.rows(summary).set_index(["device", "labels.n"])
    assert rows["status"]["right"].to_dict() == {"3": "ok", "2": "ok"}
    assert rows["status"]["slow"].to_dict() == {"3": "skipped", "2": "skipped"}
    reasons = rows["reason"]["slow"]
    assert reasons["2"].startswith("would take about ")
    assert "its limit is 5 s, one call takes 0.4" in reasons["2"]
    assert reasons["3"] == "a smaller one was cut off: 2 qubits, 5 gates, batch 2"
    assert rows["timings.first_call_s"]["slow"]["2"] > 0.4
    assert summary.exit_code == 0
    assert bench.run(plan).ran == 0


def test_a_first_call_beyond_the_limit_is_skipped(bench):
    plan = bench.plan(backends("slow", "right"), "speed.measure=[forward]", "budget.trial=0.3s")
    rows = bench.rows(bench.run(plan)).set_index("device")
    assert rows["status"].to_dict() == {"slow": "skipped", "right": "ok"}
    reason = rows["reason"]["slow"]
    assert reason.startswith("took longer; its limit is 0.3 s, the first call took 0.4")
    # the worker that had imported the framework went on to the next variant
    assert rows["timings.import_s"]["slow"] == rows["timings.import_s"]["right"]


def test_the_cold_calls_of_further_processes_take_nothing_of_the_limit(bench):
    # a call takes 0.4 s: the first, one to calibrate and three samples fit, two more would not
    few = "speed={measure: [forward], processes: 3, rounds: 3, min_time: 2ms, control: false}"
    row = bench.rows(bench.run(bench.plan(backends("slow"), few, "budget.trial=2.5s"))).iloc[0]
    assert row["status"] == "ok"
    assert row["timings.trial_s"] > 7 * 0.4


def test_times_are_grown_on_from_two_sizes(bench):
    sizes = bench.plan("circuits.c.n_qubits='=n'", "matrix={n: [2, 3, 6]}").trials
    two, three, six = sizes
    known = Cutoffs()
    assert known.reason(six, 10.0) == ""
    known.note(two, 0.1)
    assert known.reason(six, 10.0) == ""
    known.note(three, 0.3)
    # three times as long a qubit: 0.3 * 27 s a call, six rounds
    assert known.reason(six, 10.0).startswith("would take about 48.6 s, as grown until 3 qubits")
    assert known.reason(six, 40.0) == ""
    assert known.reason(six, None) == ""


def test_times_are_grown_on_from_two_batches(bench):
    one, few, many = bench.plan("speed.batch_size=[1, 32, 256]").trials
    known = Cutoffs()
    known.note(one, 0.1)
    assert known.reason(many, 10.0) == ""
    known.note(few, 3.2)
    # a loop over the rows: 0.1 s a row, six rounds of 25.6 s
    assert known.reason(many, 10.0).startswith("would take about 154 s, as grown until 2 qubits")
    even = Cutoffs()
    even.note(one, 0.1)
    even.note(few, 0.1)
    assert even.reason(many, 10.0) == ""


def test_the_memory_floor_grows_with_what_is_moved_and_each_size_is_copied_once(bench, monkeypatch):
    copied = []

    def copy_seconds(size: int) -> float:
        copied.append(size)
        return size / 1e9

    monkeypatch.setattr("qbench.runner.bandwidth._copy_seconds", copy_seconds)
    small, large = bench.plan("circuits.c.n_qubits='=n'", "matrix={n: [2, 14]}").trials
    floors = MemoryFloors()
    gates = len(large.work.measured().circuit.gates)
    # two rows of 2**14 complex numbers in each of three passes
    assert floors.of(large)["floor_s"] == pytest.approx(3 * gates * 2 * 2**14 * 16 / 1e9)
    assert floors.of(large)["copy_bytes_per_s"] == pytest.approx(2e9)
    assert floors.of(small)["floor_s"] < floors.of(large)["floor_s"]
    assert copied == [2**20]
