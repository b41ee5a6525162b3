"""The Qiskit adapter: Aer's bug pinned, the ways through Qiskit agree."""

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qbench.runner.environments import python_of

ROOT = Path(__file__).parents[2]
CHECKS = Path(__file__).with_name("qiskit_checks.py")

pytestmark = pytest.mark.environments


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    paths = [str(ROOT), str(ROOT / "backends" / "qiskit"), str(CHECKS.parent)]
    script = f"import sys; sys.path[:0] = {paths!r}; import qiskit_checks"
    done = subprocess.run(
        [python_of("qiskit"), "-I", "-c", script], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("gate", ["cp", "crx", "cry", "crz"])
def test_aer_runs_a_parametrised_controlled_rotation_as_if_its_angle_were_zero(
    found: dict[str, Any], gate: str
) -> None:
    """Once this fails Aer has mended it: say so in the docs, and take the gate into BASIS."""
    values = found["controlled_rotations"][gate]
    assert abs(values["right"] - values["at_angle_zero"]) > 0.01
    for way in ("binds", "runtime_binds", "estimator_v2"):
        assert values[way] == pytest.approx(values["at_angle_zero"], abs=1e-12), way


@pytest.mark.parametrize("gate", ["cp", "crx", "cry", "crz"])
def test_the_adapter_is_right_where_aer_is_wrong(found: dict[str, Any], gate: str) -> None:
    values = found["controlled_rotations"][gate]
    assert values["adapter"] == pytest.approx(dict.fromkeys(values["adapter"], values["right"]))


def test_all_ways_agree_with_the_reference(found: dict[str, Any]) -> None:
    assert set(found["ways"]) == {"shift", "adjoint", "estimator_v2", "estimator", "reverse"}
    assert max(found["ways"].values()) < 1e-12


def test_amplitudes_are_differentiated_exactly_at_basis_states_too(found: dict[str, Any]) -> None:
    for errors in found["amplitudes"].values():
        assert max(errors.values()) < 1e-12


def test_states_come_in_our_bit_order_with_their_global_phase(found: dict[str, Any]) -> None:
    assert max(found["states"].values()) < 1e-12


def test_estimators_refuse_what_they_cannot_do_with_a_reason(found: dict[str, Any]) -> None:
    for what in ("probabilities", "v2 probabilities", "v2 states"):
        kind, reason = found["refusals"][what]
        assert (kind, "expectation values" in reason) == ("Unsupported", True), what
    assert found["refusals"]["v2 on cuda"] == [
        "Unsupported",
        "accelerator cuda: aer_estimator runs on the cpu",
    ]
    kind, reason = found["refusals"]["amplitudes"]
    assert (kind, "not amplitudes" in reason) == ("Unsupported", True)


def test_estimator_v2_is_given_a_batch_with_all_its_shifts_as_one_pub(
    found: dict[str, Any],
) -> None:
    assert found["pubs"] == [3, 3 * 20]


def test_the_tutorial_goes_through_torch_connector(found: dict[str, Any]) -> None:
    weights, both = ("forward", "backward, inputs False"), ("forward", "backward, inputs True")
    assert found["connector"]["passes"] == [*weights, *both]


def test_torch_connector_returns_float32_even_for_doubles(found: dict[str, Any]) -> None:
    """Once this fails its mode can be declared in double precision too."""
    for wanted in ("weights", "both"):
        dtype, error = found["connector"][wanted]
        assert dtype == "torch.float32"
        assert 1e-9 < error < 1e-6


def test_shifts_that_no_wanted_gradient_needs_are_not_run(found: dict[str, Any]) -> None:
    # one forward row; 3 encoding angles, the product of features and the mixed angle are
    # shifted for inputs, CRX (four terms), two of U3's angles, mixed and RY for weights
    assert found["rows_run"] == {"both": 21, "inputs": 1 + 2 * 5, "weights": 1 + 4 + 2 * 4}


def test_a_batch_that_exceeds_a_run_is_cut_without_a_difference(found: dict[str, Any]) -> None:
    assert max(found["small_runs"].values()) < 1e-12


def test_the_adjoint_runs_two_circuits_of_the_same_gates_for_any_batch(
    found: dict[str, Any],
) -> None:
    """Forwards there is a Hadamard gate more for each qubit that numbers rows: 1, 3 and 3."""
    two, five, eight = (found["circuits_of_a_batch"][rows] for rows in ("2", "5", "8"))
    assert (two[0] - 1, two[1]) == (five[0] - 3, five[1]) == (eight[0] - 3, eight[1])
    assert (two[2], five[2], eight[2]) == (2 * 2, 2 * 8, 2 * 8)


def test_shift_rules_have_two_and_four_terms(found: dict[str, Any]) -> None:
    two, four = (np.array(found["rules"][key]) for key in ("two", "four"))
    assert two == pytest.approx(np.array([[np.pi / 2, 0.5], [-np.pi / 2, -0.5]]))
    near, far = (np.sqrt(2) + 1) / (4 * np.sqrt(2)), (np.sqrt(2) - 1) / (4 * np.sqrt(2))
    assert four[:, 1] == pytest.approx(np.array([near, -near, -far, far]))
