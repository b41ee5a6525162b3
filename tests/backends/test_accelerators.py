"""Where a package or a GPU is missing, a mode that needs it says which, and runs nowhere else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from qbench.circuit import Angle, Circuit, Operation, expval
from qbench.exceptions import EnvironmentUnavailableError
from qbench.registry import find
from qbench.runner.environments import Environment
from qbench.runner.statuses import status_of
from qbench.runner.worker import Worker
from qbench.store import UNAVAILABLE

CIRCUIT = Circuit(1, (Operation.of("RY", 0, Angle.input(0)),), (expval("Z", 0),), 1, 0)
PACKAGES = {"pennylane": "pennylane-lightning-gpu", "qiskit": "qiskit-aer-gpu"}


def refusal(name: str, folder: Path) -> EnvironmentUnavailableError:
    """What the default version of a backend says to accelerator cuda."""
    info, environment = find(name), Environment(find(name))
    environment.create()
    execution = info.capabilities.resolve(accelerator="cuda")
    worker = Worker(info, environment.python, log_path=folder / "log", accelerator="cuda")
    try:
        with pytest.raises(EnvironmentUnavailableError) as caught:
            worker.evaluate(CIRCUIT, execution, np.ones((2, 1)), np.zeros(0))
    finally:
        worker.shutdown()
    assert status_of(caught.value) == UNAVAILABLE, "so that the next run tries again"
    return caught.value


@pytest.mark.environments
@pytest.mark.parametrize("name", PACKAGES)
def test_a_missing_package_is_named_with_the_version_that_has_it(name, tmp_path) -> None:
    said = str(refusal(name, tmp_path))
    assert PACKAGES[name] in said
    version = next(v for v in find(name).versions if v.endswith("+cu12"))
    assert f"{name}@{version}" in said


@pytest.mark.environments
@pytest.mark.skipif(Path("/dev/nvidia0").exists(), reason="there is a GPU here")
def test_torch_without_a_gpu_says_what_is_missing(tmp_path) -> None:
    said = str(refusal("torchquantum", tmp_path))
    assert "accelerator cuda: torch" in said
    assert "built for the CPU" in said or "no CUDA device" in said
