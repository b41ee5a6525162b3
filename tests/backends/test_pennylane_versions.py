"""The adapter on older versions of PennyLane, and what is different about them."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace

import pytest

from qbench.runner.environments import python_of
from qbench.testing.pytest_backends import EnvironmentConformance

pytestmark = pytest.mark.environments


class TestPennyLane044(EnvironmentConformance):
    name, version = "pennylane", "0.44.1"


class TestPennyLane043(EnvironmentConformance):
    name, version = "pennylane", "0.43.3"


for older in (TestPennyLane044, TestPennyLane043):
    # the default mode; `qbench conformance pennylane@0.44.1` runs them all
    older.capabilities = replace(older.capabilities, modes=older.capabilities.modes[:1])

PHASES = """
import json
import pennylane as qml
import torch

def gradient(gate):
    @qml.qnode(qml.device("default.qubit", wires=1), interface="torch", diff_method="backprop")
    def run(angles, other):
        qml.Hadamard(0)
        gate(angles, wires=0)
        qml.RZ(other, wires=0)
        return qml.expval(qml.PauliX(0))

    angles, other = (torch.tensor(v, dtype=torch.float64, requires_grad=True)
                     for v in ([0.3, 0.7], 0.2))
    run(angles, other).sum().backward()
    return None if angles.grad is None else angles.grad.tolist()

print(json.dumps([gradient(qml.PhaseShift), gradient(qml.U1)]))
"""


@pytest.mark.parametrize(
    ("version", "loses"), [("0.43.3", True), ("0.44.1", True), ("0.45.1", False)]
)
def test_before_0_45_a_batch_of_phase_shifts_has_no_gradient(version, loses):
    asked = [str(python_of("pennylane", version)), "-I", "-W", "ignore", "-c", PHASES]
    done = subprocess.run(asked, capture_output=True, text=True, check=True)
    phase_shift, u1 = json.loads(done.stdout)
    # d cos(angle + 0.2) / d angle
    assert u1 == pytest.approx([-0.479425538604203, -0.7833269096274834])
    assert phase_shift == (None if loses else pytest.approx(u1))
