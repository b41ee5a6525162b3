"""Mixed precision: classical layers see bfloat16, circuits and parameters don't."""

from __future__ import annotations

import json
import os
import subprocess

import pytest

from qbench.exceptions import Unsupported
from qbench.worker.hosts.base import HostModel
from tests.worker.conftest import ASSETS, ROOT, python_of

pytestmark = pytest.mark.environments


@pytest.fixture(scope="module")
def found():
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [python_of("baselines"), str(ASSETS / "mixed_steps.py")]
    done = subprocess.run(command, capture_output=True, text=True, env=environ, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_dense_layers_see_bfloat16_and_circuits_their_own_precision(found):
    mixed = found["mixed"]
    assert mixed["dense"] == ["torch.bfloat16"]
    assert mixed["circuit"] == mixed["weights"] == mixed["parameters"] == ["torch.float32"]
    assert mixed["autocast"] == ["False"]


def test_without_it_everything_is_in_single_precision(found):
    single = found["single"]
    assert single["dense"] == single["circuit"] == single["parameters"] == ["torch.float32"]


def test_the_loss_falls_along_a_curve_of_its_own(found):
    mixed, single = found["mixed"]["losses"], found["single"]["losses"]
    assert mixed[-1] < 0.6 * mixed[0]
    assert mixed != single
    assert mixed == pytest.approx(single, abs=0.05)


def test_a_host_without_it_refuses():
    with pytest.raises(Unsupported, match="this host trains in one precision"):
        HostModel.mixed_precision(None, True)
    HostModel.mixed_precision(None, False)
