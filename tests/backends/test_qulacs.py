from __future__ import annotations

import json
import subprocess

import pytest

from qbench.runner.environments import python_of
from qbench.testing.pytest_backends import EnvironmentConformance

pytestmark = pytest.mark.environments


class TestQulacs(EnvironmentConformance):
    name = "qulacs"


CONVENTIONS = """
import json
from qulacs import QuantumState, gate

state = QuantumState(2)
gate.X(0).update_quantum_state(state)
index = state.get_vector().real.tolist().index(1.0)
print(json.dumps([gate.RY(0, 0.6).get_matrix().real.tolist(), index]))
"""


def test_qulacs_rotates_with_the_other_sign_and_its_qubit_0_is_the_least_significant():
    asked = [str(python_of("qulacs")), "-I", "-c", CONVENTIONS]
    done = subprocess.run(asked, capture_output=True, text=True, check=True)
    matrix, index = json.loads(done.stdout)
    # exp(+i 0.6 Y / 2); everyone else has the minus sign above the diagonal
    assert matrix[0] == pytest.approx([0.955336489125606, 0.29552020666133955])
    assert index == 1
