"""What qbench itself costs: planning, --help, and each trial beside its training.

The bounds are held in processor time, which other processes disturb little. For
wall-clock figures run this file alone on an idle machine and read its table
(and ``overhead_ms`` in ``--benchmark-json``):

    python -m pytest tests/benchmarks/test_harness.py
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

from qbench.plan import Trial, load_plan
from qbench.runner.executor import Executor, RunOptions
from qbench.runner.observer import Observer
from qbench.store import OK, Outcome, open_store

SUITE = """
qbench: 1
name: harness
seeds: {seeds}
data: {{name: digits, classes: [3, 8], transform: [standardize, {{pca: 4}}, {{min_max: [0, =pi]}}]}}
circuits:
  pqc:
    n_qubits: 4
    encoding: angle
    ansatz: {{name: hardware_efficient, rotations: [RY, RZ]}}
models:
  qnn: {{layers: [{{quantum: pqc}}, {{dense: n_classes}}]}}
backends: {backends}
trainer: {{epochs: 2, batch_size: 32}}
record: {{gradient_variance: "off"}}
{more}
"""

GRID = """
matrix:
  circuits.pqc.ansatz.n_layers: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
  trainer.optimizer.learning_rate: [0.01, 0.02, 0.05, 0.1]
"""


class Overheads(Observer):
    """Seconds of each trial beside its training, as the executor's own clock has them."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def finished(self, trial: Trial, outcome: Outcome, seconds: float) -> None:
        assert outcome.status == OK, outcome.reason
        self.seconds.append(seconds - outcome.timings["train_s"])


def suite(folder: Path, *, seeds: int, backends: str, more: str = "") -> Path:
    path = folder / "harness.yaml"
    path.write_text(SUITE.format(seeds=seeds, backends=backends, more=more))
    return path


def children_cpu() -> float:
    """Processor seconds of the processes that this one has waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_ten_thousand_trials_are_planned_within_two_seconds(benchmark, tmp_path):
    path = suite(tmp_path, seeds=125, backends="[reference, pennylane]", more=GRID)
    begun = time.process_time()
    plan = benchmark.pedantic(load_plan, args=(path,), rounds=1)  # a second one finds caches
    assert len(plan.trials) == 10_000
    assert time.process_time() - begun < 2.0


def test_help_comes_within_three_tenths_of_a_second(benchmark):
    command = [str(Path(sys.executable).with_name("qbench")), "--help"]
    rounds, begun = 9, children_cpu()
    result = benchmark.pedantic(
        subprocess.run, args=(command,), kwargs={"capture_output": True}, rounds=rounds
    )
    assert result.returncode == 0
    assert (children_cpu() - begun) / rounds < 0.3


@pytest.mark.environments
def test_the_harness_adds_less_than_fifty_milliseconds_to_a_warm_trial(benchmark, tmp_path):
    """The parent's own work; the worker's is bounded in tests/worker/test_service.py."""
    plan = load_plan(suite(tmp_path, seeds=20, backends="[reference]"))
    overheads = Overheads()

    def run() -> None:
        with open_store(tmp_path / "harness.db") as store:
            options = RunOptions(force=True)
            Executor(plan, store, options, overheads, tmp_path / "logs").run()

    begun = time.process_time()
    benchmark.pedantic(run, rounds=1)
    used = time.process_time() - begun
    warm = overheads.seconds[1:]
    benchmark.extra_info["overhead_ms"] = 1e3 * statistics.median(warm)
    assert len(warm) == 19
    assert used / len(plan.trials) < 0.05
