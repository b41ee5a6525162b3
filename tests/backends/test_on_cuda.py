"""Conformance of the modes that run on a GPU, where there is one."""

from __future__ import annotations

from pathlib import Path

import pytest

from qbench.testing.pytest_backends import EnvironmentConformance

if not Path("/dev/nvidia0").exists():
    pytest.skip("there is no GPU here", allow_module_level=True)

pytestmark = [pytest.mark.environments, pytest.mark.gpu]


class TestTorchQuantumOnCuda(EnvironmentConformance):
    name, accelerator = "torchquantum", "cuda"


class TestPennyLaneOnCuda(EnvironmentConformance):
    name, version, accelerator = "pennylane", "0.45.1+cu12", "cuda"


class TestQiskitOnCuda(EnvironmentConformance):
    name, version, accelerator = "qiskit", "2.6.2+cu12", "cuda"
