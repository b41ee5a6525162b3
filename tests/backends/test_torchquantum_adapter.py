"""The TorchQuantum adapter: what each mode has TorchQuantum do, and its second import."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from qbench.exceptions import Unsupported
from qbench.registry import find
from qbench.runner.environments import python_of

ROOT = Path(__file__).parents[2]
CHECKS = Path(__file__).with_name("torchquantum_checks.py")

GATES, TURNS = 13, 3
"""Gates of the circuit that is tried, and those that turn its X and Y into Z."""


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    paths = [str(ROOT), str(ROOT / "backends" / "torchquantum"), str(CHECKS.parent)]
    script = f"import sys; sys.path[:0] = {paths!r}; import torchquantum_checks"
    done = subprocess.run(
        [python_of("torchquantum"), "-I", "-c", script], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.environments
def test_without_static_mode_each_gate_is_one_product_for_the_whole_batch(
    found: dict[str, Any],
) -> None:
    applied = found["applied"]
    assert (applied["dynamic"]["batches"], applied["dynamic"]["products"]) == ([4], GATES + TURNS)
    assert (applied["loop"]["batches"], applied["loop"]["products"]) == ([1], 4 * (GATES + TURNS))
    assert applied["static"]["batches"] == [4]
    assert applied["static"]["products"] < GATES


@pytest.mark.environments
def test_double_precision_is_torchquantums_own_code_in_its_static_mode(
    found: dict[str, Any],
) -> None:
    applied = found["applied"]
    assert applied["double"]["products"] == applied["static"]["products"]
    assert applied["double"]["dtype"] == "torch.float64"
    assert applied["double"]["error"] < 1e-13
    first, second = found["files"]
    assert first == second


@pytest.mark.environments
def test_the_second_import_leaves_the_first_in_complex64(found: dict[str, Any]) -> None:
    assert found["dtypes"]["single"] == [["torch.complex64"], ["torch.complex64"]]
    assert found["dtypes"]["double"] == [["torch.complex128"], ["torch.complex128"]]
    assert found["imported"]
    assert found["applied"]["loop"]["dtype"] == "torch.float32"


def test_double_precision_must_be_asked_for_with_its_tier() -> None:
    resolve = find("torchquantum").capabilities.resolve
    with pytest.raises(Unsupported, match="double precision: not offered"):
        resolve(precision="double")
    assert resolve(tier="expert").precision == "double"
