from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ASSETS = Path(__file__).parents[1] / "assets"


@pytest.fixture(scope="session")
def environment_python() -> Callable[[str], Path]:
    """The Python of a backend's environment, made on first use.

    QBENCH_TEST_ENVS names a folder of environments to take instead.
    """

    def python_of(name: str) -> Path:
        folder = os.environ.get("QBENCH_TEST_ENVS")
        if folder:
            return Path(folder) / name / "bin" / "python"
        from qbench.runner import environments

        return Path(environments.python_of(name))

    return python_of


@pytest.fixture(scope="session")
def framework_states(
    environment_python: Callable[[str], Path],
) -> Callable[[str], dict[str, Any]]:
    """What ``templates_<name>.py`` prints when the framework's own Python runs it."""
    printed: dict[str, dict[str, Any]] = {}

    def run(name: str) -> dict[str, Any]:
        if name not in printed:
            script = ASSETS / f"templates_{name}.py"
            done = subprocess.run(
                [str(environment_python(name)), "-I", str(script)],
                capture_output=True,
                text=True,
                timeout=300,
                check=False,
            )
            assert done.returncode == 0, done.stderr
            printed[name] = json.loads(done.stdout.splitlines()[-1])
        return printed[name]

    return run


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20240517)
