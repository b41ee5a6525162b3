"""What each way through a framework gains over that of its tutorials, in one process.

RY encoding, three layers of RY, RZ and a ring of CNOTs on 8 wires, <Z> on each, batch 32, one
thread, gradients to weights and inputs, in processor time. Slow baselines are timed on one
sample, which stands for each of the 32.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from qbench.registry import find
from qbench.registry.locations import package_root
from qbench.runner.environments import python_of
from qbench.runner.supervisor import worker_environ
from qbench.stats.intervals import Interval, ratio_interval, unpaired_ratio_of_medians

SCRIPT = Path(__file__).with_name("modes.py")
BATCH = 32


class Way(NamedTuple):
    """Options of a mode, rows of a call, calls."""

    options: dict[str, Any]
    rows: int = BATCH
    calls: int = 11


ESTIMATOR_QNN = {"device": "estimator_qnn", "diff_method": "parameter-shift"}
"""As in the tutorials, without their TorchConnector: that returns float32 alone."""

REVERSE = {"device": "estimator_qnn", "diff_method": "adjoint"}
PER_SAMPLE = {"device": "default.qubit-per-sample"}
TUTORIAL, EXPERT = {"tier": "tutorial"}, {"tier": "expert"}

WAYS = {
    "pennylane": {
        "loop": Way(TUTORIAL, calls=3),
        "broadcast": Way({}),
        "lightning": Way({"device": "lightning.qubit"}, calls=5),
    },
    "torchquantum": {
        "loop": Way(TUTORIAL, calls=6),
        "dynamic": Way({"device": "dynamic"}),
        "static": Way({}),
        "double": Way(EXPERT),
    },
    "qulacs": {"loop": Way(TUTORIAL), "sweep": Way({})},
    "qiskit": {
        "EstimatorQNN": Way(ESTIMATOR_QNN, rows=1, calls=6),
        "reverse": Way(REVERSE, rows=1, calls=3),
        "binds": Way({}, calls=5),
        "EstimatorV2": Way({"device": "aer_estimator"}, calls=5),
        "adjoint": Way(EXPERT),
    },
    "pennylane_keras": {
        "loop": Way(PER_SAMPLE, rows=1, calls=6),
        "eager": Way(TUTORIAL, calls=5),
        "tf.function": Way({}),
    },
}

GOALS = [
    ("pennylane", "loop", "broadcast", 15),
    ("torchquantum", "loop", "static", 30),
    ("qulacs", "loop", "sweep", 5),
    ("qiskit", "EstimatorQNN", "binds", 60),
    ("qiskit", "EstimatorQNN", "EstimatorV2", 50),
    ("qiskit", "EstimatorQNN", "adjoint", 1000),
    ("qiskit", "reverse", "adjoint", 75),
    ("pennylane_keras", "loop", "eager", 15),
    ("pennylane_keras", "loop", "tf.function", 60),
]


PROCESSES = {"pennylane_keras": 3}
"""Processes that a backend is timed in, where two of the same program differ by more than their
calls do (the median of tf.function: 61 to 72 ms). Their medians are then what an interval is of."""


def seconds_of(name: str) -> dict[str, np.ndarray]:
    """Seconds for a batch of each way through a backend: calls, or the medians of processes."""
    each = [seconds_in_one_process(name) for _ in range(PROCESSES.get(name, 1))]
    if len(each) == 1:
        return each[0]
    return {way: np.array([np.median(found[way]) for found in each]) for way in WAYS[name]}


def ratio_of(name: str, slow: np.ndarray, quick: np.ndarray) -> Interval:
    """How many times as long the slow way takes, with its interval."""
    return (ratio_interval if name in PROCESSES else unpaired_ratio_of_medians)(slow, quick)


def seconds_in_one_process(name: str) -> dict[str, np.ndarray]:
    info, ways = find(name), WAYS[name]
    asked = {
        key: {
            "execution": info.capabilities.resolve(**way.options).to_json(),
            "rows": way.rows,
            "calls": way.calls,
        }
        for key, way in ways.items()
    }
    given = [package_root(), info.folder, info.adapter, info.host, json.dumps(asked)]
    done = subprocess.run(
        [str(part) for part in (python_of(name), "-I", SCRIPT, *given)],
        capture_output=True,
        text=True,
        env=worker_environ(1, "cpu"),
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    return {key: np.array(found[key]) * (BATCH / way.rows) for key, way in ways.items()}


@pytest.mark.environments
@pytest.mark.parametrize("name", WAYS)
def test_the_documented_and_expert_gradients_beat_that_of_the_tutorial(name: str) -> None:
    seconds = seconds_of(name)
    for way, found in seconds.items():
        once = " (one sample, times 32)" if WAYS[name][way].rows == 1 else ""
        print(f"{name}, {way}: {1e3 * np.median(found):.1f} ms a batch{once}")
    missed = []
    for _, slow, quick, goal in (each for each in GOALS if each[0] == name):
        ratio = ratio_of(name, seconds[slow], seconds[quick])
        reached = ratio.estimate if np.isnan(ratio.high) else ratio.high
        interval = f"[{ratio.low:.1f}, {ratio.high:.1f}]"
        print(f"{name}: {slow} / {quick} {ratio.estimate:.1f} {interval}, goal {goal}")
        if reached < goal:
            missed.append((quick, slow))
    assert not missed
