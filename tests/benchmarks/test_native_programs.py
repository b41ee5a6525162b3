"""A training step through each adapter against a program written by hand in its framework.

The programs are in ``native/``, as each framework's documentation would have a user write that
step; the adapter runs as in a trial. Both run in processes of the backend's environment, in turn,
on one thread, in processor time, from equal parameters, and must have equal losses.

``QBENCH_BENCHMARK_ALL=1`` takes in the sizes that the check has no time for, and gives each size
four seconds a process in place of two.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from qbench.registry import find
from qbench.registry.locations import package_root
from qbench.runner.environments import python_of
from qbench.runner.supervisor import worker_environ
from tests.benchmarks.processes import ALL, Bound, Seconds, median_ms, timed

SCRIPT = Path(__file__).parent / "native" / "versus.py"
SECONDS = 4 if ALL else 2
MOST = 1.05

PROGRAMS: dict[str, tuple[str, dict[str, str], tuple[int, ...], tuple[int, ...]]] = {
    # program: backend, options, qubits, and more qubits where there is time
    "pennylane": ("pennylane", {}, (4, 8), (12,)),
    "lightning": ("pennylane", {"device": "lightning.qubit"}, (4,), (8, 12)),
    "torchquantum": ("torchquantum", {}, (4, 8, 12), ()),
    "qulacs": ("qulacs", {}, (4, 8), (12,)),
    "qiskit": ("qiskit", {}, (4,), (8, 12)),
    "pennylane_keras": ("pennylane_keras", {}, (4,), (8, 12)),
}


def versus(program: str, qubits: tuple[int, ...]) -> Seconds:
    """What ``native/versus.py`` measured in one process: ``adapter N`` and ``native N``."""
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
    seconds = {}
    for n, found in json.loads(done.stdout.splitlines()[-1]).items():
        np.testing.assert_allclose(*found["losses"], rtol=1e-5)
        seconds |= {f"{side} {n}": found[side] for side in ("adapter", "native")}
    return seconds


@pytest.mark.environments
@pytest.mark.parametrize("program", PROGRAMS)
def test_a_training_step_costs_what_the_frameworks_own_program_costs(program: str) -> None:
    _, _, quick, slow = PROGRAMS[program]
    sizes = quick + (slow if ALL else ())
    bounds = {n: Bound(f"adapter {n}", f"native {n}", MOST) for n in sizes}
    processes = timed(lambda: versus(program, sizes), list(bounds.values()))
    for n, bound in bounds.items():
        adapter, native = median_ms(processes, bound.first), median_ms(processes, bound.second)
        ratio = bound.ratio(processes)
        print(
            f"{program}, {n} qubits: {adapter:.2f} ms against {native:.2f}, {ratio.estimate:.3f} "
            f"[{ratio.low:.3f}, {ratio.high:.3f}], {ratio.n} processes"
        )
    assert [n for n, bound in bounds.items() if not bound.holds(processes)] == []
