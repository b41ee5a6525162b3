"""A training step through each adapter against a program written by hand in its framework.

The programs are in ``native/``, as each framework's documentation would have a user write that
step; the adapter runs as in a trial. Both run in one process of the backend's environment, in
turn, on one thread, in processor time, from equal parameters, and must have equal losses.

``QBENCH_BENCHMARK_ALL=1`` takes in the sizes that the check has no time for, and gives each size
ten seconds and more in place of one.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qbench.registry import find
from qbench.registry.locations import package_root
from qbench.runner.environments import python_of
from qbench.runner.supervisor import worker_environ
from qbench.stats.intervals import unpaired_ratio_of_medians

SCRIPT = Path(__file__).parent / "native" / "versus.py"
ALL = os.environ.get("QBENCH_BENCHMARK_ALL") == "1"
SECONDS = 10 if ALL else 1
BOUND = 1.05

PROGRAMS: dict[str, tuple[str, dict[str, str], tuple[int, ...], tuple[int, ...]]] = {
    # program: backend, options, qubits, and more qubits where there is time
    "pennylane": ("pennylane", {}, (4, 8), (12,)),
    "lightning": ("pennylane", {"device": "lightning.qubit"}, (4,), (8, 12)),
    "torchquantum": ("torchquantum", {}, (4, 8, 12), ()),
    "qulacs": ("qulacs", {}, (4, 8), (12,)),
    "qiskit": ("qiskit", {}, (4,), (8, 12)),
    "pennylane_keras": ("pennylane_keras", {}, (4,), (8, 12)),
}


def versus(program: str, qubits: tuple[int, ...]) -> dict[str, Any]:
    """What ``native/versus.py`` measured, by number of qubits."""
    name, options, _, _ = PROGRAMS[program]
    info = find(name)
    execution = json.dumps(info.capabilities.resolve(**options).to_json())
    sizes = ",".join(map(str, qubits))
    given = [f"native_{program}", package_root(), info.folder, info.adapter, info.host]
    command = [python_of(name), "-I", SCRIPT, *given, execution, sizes, str(SECONDS)]
    done = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, env=worker_environ(1, "cpu")
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.environments
@pytest.mark.parametrize("program", PROGRAMS)
def test_a_training_step_costs_what_the_frameworks_own_program_costs(program: str) -> None:
    _, _, quick, slow = PROGRAMS[program]
    found = versus(program, quick + (slow if ALL else ()))
    too_slow = []
    for n, times in found.items():
        np.testing.assert_allclose(*times["losses"], rtol=1e-5)
        ratio = unpaired_ratio_of_medians(times["adapter"], times["native"])
        adapter, native = (1e3 * np.median(times[which]) for which in ("adapter", "native"))
        print(
            f"{program}, {n} qubits: {adapter:.1f} ms against {native:.1f}, "
            f"{ratio.estimate:.3f} [{ratio.low:.3f}, {ratio.high:.3f}], {ratio.n} rounds"
        )
        assert ratio.n >= 5
        if ratio.low > BOUND:
            too_slow.append(n)
    assert not too_slow
