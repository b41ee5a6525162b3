"""The pytest kit needs no environment for a backend that knows NumPy only."""

from __future__ import annotations

import pytest

from qbench.backend import Capabilities, Execution, Mode, NumpyProgram
from qbench.circuit import GATES, Circuit, ReferenceProgram
from qbench.exceptions import Unsupported
from qbench.testing import InProcess, judge
from qbench.testing.cases import packed_cases, thorough_cases
from qbench.testing.conformance import cases_for, executions
from qbench.testing.pytest_backends import BackendConformance


class Program(ReferenceProgram, NumpyProgram):
    """The reference, as an adapter would wrap it."""


class OurBackend:
    def compile(self, circuit: Circuit, execution: Execution) -> NumpyProgram:
        return Program(circuit)


class TestTheReferenceInProcess(BackendConformance):
    capabilities = Capabilities(modes=(Mode("numpy", "adjoint"),), states=True)

    @pytest.fixture
    def backend(self):
        return InProcess(OurBackend())


def test_case_names_are_unique_and_arrays_repeat():
    for cases in (thorough_cases(), packed_cases()):
        names = [case.name for case in cases]
        assert len(set(names)) == len(names)
    first, again = (thorough_cases()[0].arrays() for _ in range(2))
    assert all((a == b).all() for a, b in zip(first, again, strict=True))


def test_every_gate_is_in_a_packed_case_and_its_parts_exist():
    covered = {o.gate for case in packed_cases() for o in case.circuit.gates}
    assert covered == set(GATES)
    known = {case.name for case in thorough_cases()}
    assert {part for case in packed_cases() for part in case.parts} <= known


def test_packed_cases_leave_out_gates_that_are_not_offered():
    covered = {o.gate for case in packed_cases(["RX"]) if case.parts for o in case.circuit.gates}
    assert covered == {"RX", "RY", "RZ"}  # the last two open every case


def test_only_the_default_mode_gets_every_case():
    capabilities = Capabilities(
        modes=(
            Mode("a", "adjoint", tier="expert"),
            Mode("a", "backprop", precisions=("single", "double")),
        )
    )
    default, *others = executions(capabilities)
    assert (default.tier, default.precision) == ("documented", "single")
    assert len(others) == 2
    assert len(cases_for(capabilities, default)) > len(cases_for(capabilities, others[0]))
    assert len(cases_for(capabilities, default, thorough=False)) == len(packed_cases())


class NoStates(OurBackend):
    def compile(self, circuit: Circuit, execution: Execution) -> NumpyProgram:
        class Silent(Program):
            def states(self, inputs, weights):
                raise Unsupported("no states here")

            def forward(self, inputs, weights):
                return ReferenceProgram(circuit).forward(inputs, weights)

            def vjp(self, *arrays):
                return ReferenceProgram(circuit).vjp(*arrays)

        return Silent(circuit)


def test_declared_states_that_do_not_come_fail_in_the_default_mode_alone():
    modes = (Mode("numpy", "adjoint"), Mode("numpy", "adjoint", tier="tutorial"))
    capabilities = Capabilities(modes=modes, states=True)
    case = packed_cases()[0]
    default, other = (
        judge(InProcess(NoStates()), capabilities, execution, case)
        for execution in executions(capabilities)
    )
    assert "states are declared, but no states here" in default.message
    assert other.status == "passed"


def test_a_gate_that_is_not_declared_is_skipped_with_the_reason():
    capabilities = Capabilities(modes=(Mode("numpy", "adjoint"),), gates=frozenset({"RX"}))
    case = next(case for case in thorough_cases() if case.name == "gate SX")
    execution = capabilities.resolve()
    result = judge(InProcess(OurBackend()), capabilities, execution, case)
    assert result.status == "skipped"
    assert "gates not offered: RY, RZ, SX" in result.message
