from __future__ import annotations

import pytest

from qbench.testing.pytest_backends import EnvironmentConformance


@pytest.mark.environments
class TestPennyLaneKeras(EnvironmentConformance):
    name = "pennylane_keras"
