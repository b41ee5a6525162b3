"""The KerasLayer adapter: how often it traces, and the bugs of PennyLane that it steps around."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
CHECKS = Path(__file__).with_name("pennylane_keras_checks.py")

pytestmark = pytest.mark.environments


def environment_python() -> str:
    """QBENCH_TEST_ENVS names a folder of ready environments."""
    ready = os.environ.get("QBENCH_TEST_ENVS")
    if ready:
        return f"{ready}/pennylane_keras/bin/python"
    from qbench.runner.environments import python_of

    return str(python_of("pennylane_keras"))


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    paths = [str(ROOT), str(ROOT / "backends" / "pennylane_keras"), str(CHECKS.parent)]
    script = f"import sys; sys.path[:0] = {paths!r}; import pennylane_keras_checks"
    done = subprocess.run(
        [environment_python(), "-I", "-c", script],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize(("way", "traces"), [("documented", 1), ("xla", 2)])
def test_each_length_of_a_batch_is_traced_once(
    found: dict[str, Any], way: str, traces: int
) -> None:
    """XLA's way has a trace of its own for the gradients."""
    rows = [(length, calls / traces, error) for length, calls, error in found["batches"][way]]
    assert [(length, calls) for length, calls, _ in rows] == [(6, 1), (6, 1), (1, 2), (6, 2)]
    assert max(error for _, _, error in rows) < 1e-13


def test_the_tutorial_mode_calls_the_layer_for_every_batch(found: dict[str, Any]) -> None:
    assert [calls for _, calls, _ in found["batches"]["tutorial"]] == [1, 2, 3, 4]
    assert max(error for _, _, error in found["batches"]["tutorial"]) < 1e-13
    eager = {way for way, is_eager in found["eager"].items() if is_eager}
    assert eager == {"tutorial", "per sample"}


def test_the_per_sample_mode_calls_the_layer_for_every_sample(found: dict[str, Any]) -> None:
    rows = found["batches"]["per sample"]
    assert [(length, calls) for length, calls, _ in rows] == [(6, 6), (6, 12), (1, 13), (6, 19)]
    assert max(error for _, _, error in rows) < 1e-13


def test_a_circuit_that_reads_no_feature_gives_every_row(found: dict[str, Any]) -> None:
    assert max(found["without_features"].values()) < 1e-13


def test_amplitudes_of_norm_one_have_the_gradient_of_their_normalisation(
    found: dict[str, Any],
) -> None:
    assert max(found["unit_amplitudes"].values()) < 1e-13


def test_the_host_evaluates_through_one_trace_unless_the_mode_is_eager(
    found: dict[str, Any],
) -> None:
    calls = {way: number for way, (number, _, _) in found["evaluations"].items()}
    assert calls == {"documented": 1, "xla": 1, "tutorial": 3, "per sample": 3}
    assert max(error for _, error, _ in found["evaluations"].values()) < 1e-13


def test_xla_does_not_compile_anew_for_other_values(found: dict[str, Any]) -> None:
    """Arguments of a compiled function inside another would be constants of the program."""
    _, _, (first, *later) = found["evaluations"]["xla"]
    assert max(later) < first / 10


def test_gates_on_one_wire_are_applied_by_tensordot_where_they_are_traced(
    found: dict[str, Any],
) -> None:
    assert found["einsums"] == {"documented": 0, "tutorial": 3}


def test_pennylanes_phase_shift_still_fails_on_a_batch_in_a_trace(found: dict[str, Any]) -> None:
    """Why the adapter runs it as U1."""
    assert "len is not well defined for a symbolic Tensor" in found["phase_shift"]


def test_versions_name_what_computes(found: dict[str, Any]) -> None:
    assert found["versions"]["pennylane"] == "0.41.1"
    assert set(found["versions"]) == {"pennylane", "tensorflow", "tf-keras"}
