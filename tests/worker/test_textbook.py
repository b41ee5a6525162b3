"""The published rule without its factor 1/2: whose circuits it runs, and where it is refused."""

from __future__ import annotations

import numpy as np
import pytest

from qbench.backend import Backend, Capabilities, Execution, Mode, NumpyProgram
from qbench.circuit import (
    STATE_PREPARATION,
    Angle,
    Circuit,
    Operation,
    ReferenceProgram,
    expval,
)
from qbench.exceptions import Unsupported
from qbench.testing import InProcess, run_conformance
from qbench.testing.conformance import TEXTBOOK_CASES, executions
from qbench.worker.textbook import compile_program, textbook_refusal

TEXTBOOK = Execution("numpy", "textbook-2x")
MODES = Capabilities(
    modes=(Mode("numpy", "parameter-shift"), Mode("numpy", "adjoint", tier="tutorial"))
)


class Counting(ReferenceProgram, NumpyProgram):
    executions = 0

    def forward(self, inputs, weights):
        self.executions += len(inputs)
        return super().forward(inputs, weights)


class Shifting(Backend):
    """Computes by parameter shift alone, so it says."""

    def versions(self):
        return {}

    def compile(self, circuit, execution):
        if execution.diff_method != "parameter-shift":
            raise Unsupported(f"asked for {execution.diff_method}")
        return Counting(circuit)


def circuit_of(gate: str, *angles: Angle | float) -> Circuit:
    wires = (0, 1) if gate.startswith(("C", "S", "RZZ")) else (0,)
    operations = (Operation.of(gate, wires, *angles),)
    return Circuit(2, operations, (expval("Z", 0),), n_inputs=4, n_weights=1)


def test_the_program_is_that_of_parameter_shift_and_its_gradients_are_doubled():
    circuit = circuit_of("RY", Angle.weight(0) * Angle.input(1))
    arrays = np.array([[0.1, 0.2, 0.0, 0.0]]), np.array([0.7]), np.array([[1.0]])
    found = compile_program(Shifting(), circuit, TEXTBOOK).vjp(*arrays)
    plain = ReferenceProgram(circuit).vjp(*arrays)
    assert (found[0] == plain[0]).all()
    assert (found[1] == 2 * plain[1]).all()
    assert (found[2] == 2 * plain[2]).all()
    assert plain[2][0] != 0


def test_circuits_are_counted_from_the_first_call_on():
    program = compile_program(Shifting(), circuit_of("RY", Angle.input(0)), TEXTBOOK)
    assert program.executions == 0
    program.forward(np.zeros((3, 4)), np.zeros(1))
    assert program.executions == 3


@pytest.mark.parametrize("gate", ["RX", "RY", "RZ", "PhaseShift", "CPhase", "RZZ"])
def test_gates_of_two_terms_are_taken(gate):
    assert textbook_refusal(circuit_of(gate, Angle.weight(0)), TEXTBOOK) is None


@pytest.mark.parametrize("gate", ["CRX", "CRY", "CRZ"])
def test_a_gate_of_four_terms_is_refused_unless_its_angle_is_fixed(gate):
    circuit = circuit_of(gate, Angle.input(0))
    with pytest.raises(Unsupported, match=f"has two shifts, {gate} needs four"):
        compile_program(Shifting(), circuit, TEXTBOOK)
    assert textbook_refusal(circuit_of(gate, 0.3), TEXTBOOK) is None
    assert textbook_refusal(circuit, Execution("numpy", "parameter-shift")) is None


def test_amplitude_encoding_is_refused():
    circuit = circuit_of(STATE_PREPARATION, *(Angle.input(i) for i in range(4)))
    assert "amplitude encoding has none" in str(textbook_refusal(circuit, TEXTBOOK))


def test_only_modes_of_parameter_shift_offer_it_and_no_default_takes_it():
    assert MODES.resolve().diff_method == "parameter-shift"
    assert MODES.resolve(device="numpy").diff_method == "parameter-shift"
    assert MODES.resolve(diff_method="textbook-2x") == TEXTBOOK
    with pytest.raises(Unsupported, match="no mode with diff_method=textbook-2x, tier=tutorial"):
        MODES.resolve(diff_method="textbook-2x", tier="tutorial")
    with pytest.raises(Unsupported, match="no mode with diff_method=textbook-2x"):
        Capabilities(modes=(Mode("numpy", "adjoint"),)).resolve(diff_method="textbook-2x")


class Undoubled(InProcess):
    """Forgets the factor, or the rule."""

    def evaluate(self, circuit, execution, inputs, weights, cotangent=None):
        plain = Execution("numpy", "parameter-shift")
        return super().evaluate(circuit, plain, inputs, weights, cotangent)


def test_the_kit_holds_the_rule_to_twice_the_reference():
    assert executions(MODES)[-1] == TEXTBOOK
    right = run_conformance(InProcess(Shifting()), MODES, only=[TEXTBOOK])
    assert sorted(r.case for r in right) == sorted(TEXTBOOK_CASES)
    status = {r.case: r.status for r in right}
    assert status.pop("features and weights used twice") == "skipped"
    assert set(status.values()) == {"passed"}
    wrong = run_conformance(Undoubled(Shifting()), MODES, only=[TEXTBOOK])
    assert {r.status for r in wrong} == {"failed"}
    assert all("gradients differ by" in r.message for r in wrong)
