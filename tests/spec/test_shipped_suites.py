"""The suites that ship are valid, and each has a quick profile."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from qbench.plan import make_plan
from qbench.registry import load_registry
from qbench.spec import load_suite

SUITES = sorted((Path(__file__).parents[2] / "suites").glob("*.yaml"))


@pytest.mark.parametrize("path", SUITES, ids=lambda path: path.stem)
def test_a_shipped_suite_is_valid_and_quick_is_smaller(
    path: Path, data_at_hand: Callable[[Path], bool]
) -> None:
    suite, quick = load_suite(path), load_suite(path, profile="quick")
    assert suite.name == path.stem
    if not data_at_hand(path):
        pytest.skip(f"the files of {path.stem} are not here (QBENCH_DATA_DIR)")
    registry = load_registry()
    assert len(make_plan(quick, registry).trials) < len(make_plan(suite, registry).trials)


def test_quickstart_compares_four_frameworks_with_classical_baselines() -> None:
    suite = load_suite(next(path for path in SUITES if path.stem == "quickstart"))
    config = suite.config
    assert len(suite.seeds) == 10
    assert config.circuits["pqc"].n_qubits == 4
    assert config.data.classes == [3, 8]
    assert config.trainer.epochs is not None
    assert config.trainer.epochs <= 10
    assert {b.name for b in config.backends} == {
        "reference",
        "torchquantum",
        "qiskit",
        "pennylane",
        "pennylane_keras",
    }
    assert len(config.baselines) == 6
    assert config.record.gradient_variance is not None
    assert config.record.gradient_variance.n_samples == 200
