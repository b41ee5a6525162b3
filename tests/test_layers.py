"""What is imported when: workers live on NumPy alone, and the command line stays quick.

That nothing but the standard library and NumPy is *needed* by what runs in workers is
tested in tests/worker/test_service.py, in an environment that holds nothing else.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("numpy", "pandas", "scipy", "sklearn", "sqlalchemy", "pydantic", "rich", "typer")
FRAMEWORKS = ("torch", "tensorflow", "pennylane", "qiskit", "torchquantum")


def imported_by(statement: str) -> set[str]:
    """Top-level modules that a fresh interpreter holds after a statement."""
    script = f"{statement}\nimport sys; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split("\n")[-2].split())


def test_importing_qbench_imports_nothing_heavy():
    found = imported_by("import qbench; qbench.__version__")
    assert "qbench" in found
    assert found.isdisjoint({*HEAVY, *FRAMEWORKS})


def test_what_runs_in_workers_imports_numpy_and_nothing_else_heavy():
    found = imported_by(
        "import qbench.circuit, qbench.circuit.build, qbench.backend, qbench.exceptions\n"
        "import qbench.worker.service, qbench.worker.protocol"
    )
    assert found & {*HEAVY, *FRAMEWORKS} == {"numpy"}


@pytest.mark.parametrize(
    "module", ["qbench.api", "qbench.plan", "qbench.runner.executor", "qbench.report", "qbench.cli"]
)
def test_the_parent_never_imports_a_framework(module):
    assert imported_by(f"import {module}").isdisjoint(FRAMEWORKS)


def test_help_needs_no_numpy():
    found = imported_by(
        "import sys; sys.argv = ['qbench', 'run', '--help']\n"
        "from qbench.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass"
    )
    heavy = {"numpy", "pandas", "scipy", "sklearn", "sqlalchemy", "ruamel"}
    assert found.isdisjoint({*heavy, *FRAMEWORKS})
