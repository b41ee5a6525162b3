"""What each way through a framework gains over that of its tutorials, in the same processes.

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
from tests.benchmarks.processes import Bound, Seconds, median_ms, timed

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
        "EstimatorQNN": Way(ESTIMATOR_QNN, rows=1, calls=2),
        "reverse": Way(REVERSE, rows=1, calls=3),
        "binds": Way({}, calls=3),
        "EstimatorV2": Way({"device": "aer_estimator"}, calls=3),
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


def seconds_of(name: str) -> Seconds:
    """Seconds for a batch of each call of each way through a backend, in one process."""
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
    bounds = [Bound(quick, slow, 1 / goal) for who, slow, quick, goal in GOALS if who == name]
    processes = timed(lambda: seconds_of(name), bounds)
    for way, (_, rows, _) in WAYS[name].items():
        once = " (one sample, times 32)" if rows == 1 else ""
        print(f"{name}, {way}: {median_ms(processes, way):.1f} ms a batch{once}")
    for bound in bounds:
        gain = Bound(bound.second, bound.first, 1).ratio(processes)
        print(
            f"{name}: {bound.second} / {bound.first} {gain.estimate:.1f} "
            f"[{gain.low:.1f}, {gain.high:.1f}], goal {1 / bound.most:.0f}, {gain.n} processes"
        )
    assert [bound for bound in bounds if not bound.holds(processes)] == []
