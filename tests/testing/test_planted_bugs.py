"""The conformance kit finds bugs that frameworks really had, and names where they bite."""

from __future__ import annotations

import importlib.util
import re
from functools import lru_cache
from pathlib import Path

import pytest

from qbench.circuit import GATES
from qbench.exceptions import Unsupported, WorkerError
from qbench.testing import CaseResult, InProcess, run_conformance, summarise

_spec = importlib.util.spec_from_file_location("planted", Path(__file__).with_name("planted.py"))
planted = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(planted)

FIGURE = re.compile(r"differ by [\d.e+-]+ \(at most 1e-09\)")


def failures(backend: planted.Backend) -> dict[tuple[str, str], CaseResult]:
    results = run_conformance(InProcess(backend), planted.CAPABILITIES)
    return {(r.mode, r.case): r for r in results if r.status == "failed"}


@lru_cache
def failures_of(bug: str) -> dict[tuple[str, str], CaseResult]:
    """By a function's name in planted.py, with its arguments after spaces."""
    name, *arguments = bug.split()
    return failures(getattr(planted, name)(*arguments))


DEFAULT = "numpy/adjoint (documented)"
OTHER = "numpy/backprop (documented)"


def test_a_faithful_backend_passes_every_case():
    backend = planted.Planted(planted.FaithfulProgram)
    results = run_conformance(InProcess(backend), planted.CAPABILITIES)
    assert [r.message for r in results if r.status != "passed"] == []
    assert all(r.d_outputs == r.d_inputs == r.d_weights == 0.0 for r in results)


@pytest.mark.parametrize(
    ("bug", "case", "what"),
    [
        ("bit_order_swapped", "read-out of probabilities in another order", "outputs"),
        ("bit_order_swapped", "read-out of Z on each wire", "outputs"),
        ("wires_reversed CNOT", "gate CNOT", "outputs"),
        ("angle_doubled RZZ", "gate RZZ", "outputs"),
        ("angle_doubled U3", "gate U3", "outputs"),
        ("closing_gate_dropped", "entanglement ring", "outputs"),
        ("closing_gate_dropped", "a plain layer", "outputs"),
        ("coefficients_dropped", "read-out of a sum with coefficients", "outputs"),
        ("coefficients_dropped", "read-out of projectors", "outputs"),
        ("unitaries_conjugated", "read-out of Y on each wire", "outputs"),
        ("unitaries_conjugated RX", "gate RX", "outputs"),
        ("unitaries_conjugated PhaseShift", "gate PhaseShift", "outputs"),
        ("unitaries_conjugated U3", "gate U3", "outputs"),
        ("unitaries_conjugated CRZ", "gate CRZ", "outputs"),
        ("unitaries_conjugated RYY", "gate RYY", "outputs"),
        ("batched_controlled_rotations_ignored", "gate CRX", "outputs"),
        ("batched_controlled_rotations_ignored", "gate CRY", "outputs"),
        ("batched_controlled_rotations_ignored", "gate CRZ", "outputs"),
        ("batched_controlled_rotations_ignored", "gate CPhase", "outputs"),
        ("two_term_shift_everywhere", "gate CRX", "input gradients"),
        ("two_term_shift_everywhere", "gate CRY", "weight gradients"),
        ("two_term_shift_everywhere", "gate CRZ", "weight gradients"),
        (
            "repeated_features_counted_once",
            "features and weights used twice",
            "input gradients",
        ),
        ("normalisation_not_differentiated", "amplitudes of norm one", "input gradients"),
        ("repeated_features_counted_once", "encoding repeated each layer", "input gradients"),
    ],
)
def test_a_planted_bug_fails_with_the_case_and_the_figure(bug, case, what):
    message = failures_of(bug)[DEFAULT, case].message
    assert message.startswith(f"{case} [{DEFAULT}, double]:")
    assert what in message
    assert FIGURE.search(message)


@pytest.mark.parametrize("gate", GATES)
def test_a_gate_that_is_left_out_is_found_in_every_mode(gate):
    packed = f"all gates on {GATES[gate].n_wires} wire{'s' * (GATES[gate].n_wires > 1)}"
    found = failures_of(f"gate_repeated {gate} 0")
    assert (DEFAULT, f"gate {gate}") in found
    assert gate in found[OTHER, packed].message.partition("by themselves fail:")[2]


@pytest.mark.parametrize("bug", ["gate_repeated S 3", "gate_repeated T 7", "gate_repeated SX 3"])
def test_an_inverse_in_place_of_a_gate_is_found(bug):
    assert (DEFAULT, f"gate {bug.split()[1]}") in failures_of(bug)


@pytest.mark.parametrize("gate", ["CNOT", "CY", "CRX", "CRY", "CRZ", "Toffoli"])
def test_control_and_target_swapped_is_found_for_every_gate_that_has_them(gate):
    assert (DEFAULT, f"gate {gate}") in failures_of(f"wires_reversed {gate}")


@pytest.mark.parametrize(
    ("bug", "case", "guilty"),
    [
        ("wires_reversed CNOT", "all gates on 2 wires", "gate CNOT"),
        ("angle_doubled RZ", "all gates on 1 wire", "gate RZ"),
        ("two_term_shift_everywhere", "all gates on 2 wires", "gate CRX"),
        ("batched_controlled_rotations_ignored", "all gates on 2 wires", "gate CPhase"),
    ],
)
def test_a_packed_circuit_that_fails_names_the_gates_that_fail_alone(bug, case, guilty):
    message = failures_of(bug)[OTHER, case].message
    assert guilty in message.partition("by themselves fail:")[2]


def test_a_wrong_gradient_leaves_the_outputs_blameless():
    result = failures_of("two_term_shift_everywhere")[DEFAULT, "gate CRX"]
    assert result.d_outputs == 0.0
    assert "outputs" not in result.message


class NoBatchAxis(planted.FaithfulProgram):
    def vjp(self, inputs, weights, cotangent, wrt_inputs=True, wrt_weights=True):
        outputs, *gradients = super().vjp(inputs, weights, cotangent)
        return (outputs[0] if self.circuit.n_inputs == 0 else outputs), *gradients


def test_a_lost_batch_axis_is_told_by_its_shape():
    message = failures(planted.Planted(NoBatchAxis))[DEFAULT, "no inputs"].message
    assert "outputs have shape (2,), not (3, 2)" in message


class NotANumber(planted.FaithfulProgram):
    def vjp(self, inputs, weights, cotangent, wrt_inputs=True, wrt_weights=True):
        outputs, d_inputs, d_weights = super().vjp(inputs, weights, cotangent)
        return outputs, d_inputs, d_weights * float("nan")


def test_nan_fails():
    assert "differ by nan" in failures(planted.Planted(NotANumber))[DEFAULT, "gate RX"].message


class Refusing(planted.Backend):
    def versions(self):
        return {}

    def compile(self, circuit, execution):
        raise Unsupported("not today")


def test_a_backend_that_refuses_everything_does_not_pass():
    results = run_conformance(InProcess(Refusing()), planted.CAPABILITIES)
    failed = [r for r in results if r.status == "failed"]
    assert [r.case for r in failed] == ["a plain layer", "a plain layer"]
    assert "not today" in failed[0].message


class Crashing(planted.Backend):
    def versions(self):
        return {}

    def compile(self, circuit, execution):
        raise WorkerError("the worker died")


def test_a_backend_that_breaks_fails_with_its_own_words():
    found = failures(Crashing())
    assert found[DEFAULT, "gate SX"].message.endswith("the worker died")


def test_a_summary_counts_each_mode_by_itself():
    results = run_conformance(InProcess(planted.angle_doubled("RXX")), planted.CAPABILITIES)
    default, other = summarise(results)
    assert (default.mode, other.mode) == (DEFAULT, OTHER)
    assert default.failed >= 1
    assert default.passed + default.failed == sum(r.mode == DEFAULT for r in results)
    assert default.d_outputs > 0.01
