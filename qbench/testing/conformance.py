"""Does a backend compute what the reference computes? Outputs and both gradients, by case."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from qbench.backend import TEXTBOOK_2X, TOLERANCES, Array, Capabilities, Execution, Mode
from qbench.circuit import Circuit, ReferenceProgram
from qbench.exceptions import EnvironmentUnavailableError, QbenchError, Unsupported
from qbench.testing import sampled
from qbench.testing.cases import Case, packed_cases, thorough_cases

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"

TEXTBOOK_CASES = (
    "a plain layer",
    "products of features",
    "features and weights used twice",
    "a batch of one",
    "read-out of probabilities of some wires",
)
"""What ``textbook-2x`` is judged by; the third has a gate that it isn't defined for."""


class Evaluation(Protocol):
    """What an evaluation yields: outputs (batch, outputs) and gradients, None if not asked for."""

    @property
    def outputs(self) -> Array:
        """Shape (batch, outputs)."""

    @property
    def d_inputs(self) -> Array | None:
        """Shape (batch, features)."""

    @property
    def d_weights(self) -> Array | None:
        """Shape (weights,)."""


class Evaluator(Protocol):
    """What is judged: a warm worker, or a backend in this process."""

    def evaluate(
        self,
        circuit: Circuit,
        execution: Execution,
        inputs: Array,
        weights: Array,
        cotangent: Array | None = None,
    ) -> Evaluation:
        """Outputs and, given a cotangent, the gradients to inputs and weights."""

    def states(
        self, circuit: Circuit, execution: Execution, inputs: Array, weights: Array
    ) -> NDArray[np.complex128]:
        """Final states, for backends that declare them."""


@dataclass(frozen=True)
class CaseResult:
    """The verdict on one case in one mode and precision.

    Attributes
    ----------
    status : "passed", "failed" (wrong or broken) or "skipped" (declared impossible)
    message : str
        What is wrong, or why the case was skipped; empty if passed.
    d_outputs, d_inputs, d_weights, d_states : float or None
        Largest absolute differences from the reference; states up to a global phase.
    """

    mode: str
    precision: str
    case: str
    status: str
    message: str = ""
    d_outputs: float | None = None
    d_inputs: float | None = None
    d_weights: float | None = None
    d_states: float | None = None


@dataclass(frozen=True)
class ModeSummary:
    """Counts of one mode and precision, and the largest differences seen in it."""

    mode: str
    precision: str
    passed: int
    failed: int
    skipped: int
    d_outputs: float
    d_gradients: float
    d_states: float


def executions(capabilities: Capabilities, accelerator: str = "cpu") -> list[Execution]:
    """Every declared mode of an accelerator at every precision it declares, on one thread.

    The default (the first documented mode at its first precision) comes first, the modes of
    ``textbook-2x``, which nobody declares, and those with shots last.
    """
    modes = (*capabilities.modes, *capabilities.textbook_modes)
    there = [mode for mode in modes if accelerator in capabilities.accelerators_of(mode)]
    asked: list[tuple[Mode, str, int | None]]
    asked = [(mode, precision, None) for mode in there for precision in mode.precisions]
    asked += [
        (mode, mode.precisions[0], shots)
        for mode in there
        if mode.shots and mode in capabilities.modes
        for shots in sampled.SHOTS
    ]
    every = [
        Execution(m.device, m.diff_method, m.tier, precision, shots, accelerator=accelerator)
        for m, precision, shots in asked
    ]
    default = capabilities.resolve(accelerator=accelerator)
    return sorted(every, key=lambda execution: execution != default)


def cases_for(
    capabilities: Capabilities, execution: Execution, thorough: bool = True
) -> list[Case]:
    """All cases for the default execution, the packed ones for every other.

    With ``thorough=False`` the default gets the packed ones too (for a backend that
    takes seconds to compile a circuit). ``textbook-2x`` runs the circuits of a mode that is
    judged as it is: it gets the few that hold its factor. With shots there are some fewer, and
    the required one with a second number of shots.
    """
    if execution.shots is not None:
        every = packed_cases(capabilities.gates)
        first = execution.shots == sampled.SHOTS[0]
        return [c for c in every if (c.name in sampled.CASES if first else c.required)]
    if execution.diff_method == TEXTBOOK_2X:
        return [case for case in packed_cases(capabilities.gates) if case.name in TEXTBOOK_CASES]
    if thorough and execution == capabilities.resolve(accelerator=execution.accelerator):
        return thorough_cases()
    return packed_cases(capabilities.gates)


def mode_label(execution: Execution) -> str:
    """How tables and messages name a mode: ``default.qubit/backprop (documented)``."""
    shots = "" if execution.shots is None else f", {execution.shots} shots"
    where = "" if execution.accelerator == "cpu" else f" on {execution.accelerator}"
    return f"{execution.device}/{execution.diff_method} ({execution.tier}){where}{shots}"


def judge(
    backend: Evaluator, capabilities: Capabilities, execution: Execution, case: Case
) -> CaseResult:
    """Evaluate one case and compare it with the reference.

    Raises
    ------
    EnvironmentUnavailableError
        A package or device is missing that the mode needs.
    """
    where = (mode_label(execution), execution.precision, case.name)
    refusal = capabilities.refusal(case.circuit)
    if refusal:
        return CaseResult(*where, SKIPPED, f"{case.name}: {refusal}")
    try:
        result = _compared(backend, capabilities, execution, case)
    except Unsupported as error:
        status = FAILED if case.required else SKIPPED
        return CaseResult(*where, status, f"{case.name}: {error}")
    except EnvironmentUnavailableError:
        raise  # no case of this mode can be judged here
    except QbenchError as error:
        result = CaseResult(*where, FAILED, f"{_heading(execution, case)} {error}")
    if result.status == FAILED and case.parts:
        return _blamed(backend, capabilities, execution, case, result)
    return result


def run_conformance(
    backend: Evaluator,
    capabilities: Capabilities,
    *,
    thorough: bool = True,
    only: Iterable[Execution] | None = None,
    progress: Callable[[CaseResult], None] | None = None,
) -> list[CaseResult]:
    """Judge a backend in every declared mode and precision.

    Parameters
    ----------
    thorough : bool
        See :func:`cases_for`.
    only : executions, optional
        Instead of all that :func:`executions` lists.
    progress : callable, optional
        Called with each result as it is known.
    """
    results = []
    for execution in executions(capabilities) if only is None else only:
        for case in cases_for(capabilities, execution, thorough):
            result = judge(backend, capabilities, execution, case)
            results.append(result)
            if progress is not None:
                progress(result)
    return results


def summarise(results: Sequence[CaseResult]) -> list[ModeSummary]:
    """One row a mode and precision, in the order of the results."""
    groups: dict[tuple[str, str], list[CaseResult]] = {}
    for result in results:
        groups.setdefault((result.mode, result.precision), []).append(result)
    return [_summary(mode, precision, group) for (mode, precision), group in groups.items()]


def _summary(mode: str, precision: str, group: Sequence[CaseResult]) -> ModeSummary:
    count = Counter(result.status for result in group)
    return ModeSummary(
        mode,
        precision,
        count[PASSED],
        count[FAILED],
        count[SKIPPED],
        d_outputs=_largest(r.d_outputs for r in group),
        d_gradients=_largest(d for r in group for d in (r.d_inputs, r.d_weights)),
        d_states=_largest(r.d_states for r in group),
    )


def _compared(
    backend: Evaluator, capabilities: Capabilities, execution: Execution, case: Case
) -> CaseResult:
    if execution.shots is not None:
        return _result(execution, case, *sampled.judge_sampled(backend, execution, case))
    inputs, weights, cotangent = case.arrays()
    expected = ReferenceProgram(case.circuit).vjp(inputs, weights, cotangent)
    factor = execution.gradient_factor
    found = backend.evaluate(case.circuit, execution, inputs, weights, cotangent)
    exact, tolerance = TOLERANCES[execution.precision], execution.tolerance
    checks: list[tuple[str, NDArray[Any], Any, float]] = [
        ("outputs", expected[0], found.outputs, exact),
        ("input gradients", factor * expected[1], found.d_inputs, tolerance),
        ("weight gradients", factor * expected[2], found.d_weights, tolerance),
    ]
    differences: list[float | None] = []
    faults: list[str] = []
    for what, right, given, limit in checks:
        difference, fault = _difference(what, right, given, limit)
        differences.append(difference)
        faults += fault
    d_states, fault = _states(backend, capabilities, execution, case)
    differences.append(d_states)
    return _result(execution, case, differences, faults + fault)


def _result(
    execution: Execution, case: Case, differences: Sequence[float | None], faults: Sequence[str]
) -> CaseResult:
    message = f"{_heading(execution, case)} {'; '.join(faults)}" if faults else ""
    status = FAILED if faults else PASSED
    return CaseResult(
        mode_label(execution), execution.precision, case.name, status, message, *differences
    )


def _states(
    backend: Evaluator, capabilities: Capabilities, execution: Execution, case: Case
) -> tuple[float | None, list[str]]:
    """The states' difference. Declared, the default mode must yield them; others may not."""
    if not capabilities.states:
        return None, []
    inputs, weights, _ = case.arrays()
    try:
        found = backend.states(case.circuit, execution, inputs, weights)
    except Unsupported as error:
        declared = execution == capabilities.resolve(accelerator=execution.accelerator)
        return None, [f"states are declared, but {error}"] if declared else []
    expected = ReferenceProgram(case.circuit).states(inputs, weights)
    limit = TOLERANCES[execution.precision]
    return _difference("states", expected, _rephased(found, expected), limit)


def _heading(execution: Execution, case: Case) -> str:
    return f"{case.name} [{mode_label(execution)}, {execution.precision}]:"


def _difference(
    what: str, expected: NDArray[Any], found: Any, limit: float
) -> tuple[float | None, list[str]]:
    """Largest absolute difference, and what is wrong with it in words."""
    if found is None:
        return None, [f"no {what} came back"]
    found = np.asarray(found)
    if found.shape != expected.shape:
        return None, [f"{what} have shape {found.shape}, not {expected.shape}"]
    difference = float(np.max(np.abs(found - expected), initial=0.0))
    if difference <= limit:
        return difference, []
    return difference, [f"{what} differ by {difference:.2g} (at most {limit:.0e})"]


def _rephased(found: NDArray[Any], expected: NDArray[Any]) -> NDArray[Any]:
    """The found states with the global phase of the expected ones, row by row."""
    found = np.asarray(found)
    if found.shape != expected.shape:
        return found
    overlap = np.sum(found.conj() * expected, axis=1, keepdims=True)
    size = np.abs(overlap)
    return found * np.where(size > 0.0, overlap / np.where(size > 0.0, size, 1.0), 1.0)


def _blamed(
    backend: Evaluator,
    capabilities: Capabilities,
    execution: Execution,
    case: Case,
    result: CaseResult,
) -> CaseResult:
    """The same failure, naming the parts that fail by themselves."""
    known = _thorough_by_name()
    verdicts = (judge(backend, capabilities, execution, known[part]) for part in case.parts)
    guilty = [verdict.case for verdict in verdicts if verdict.status == FAILED]
    blame = f"; by themselves fail: {', '.join(guilty)}" if guilty else ""
    return CaseResult(**{**vars(result), "message": result.message + blame})


@lru_cache(maxsize=1)
def _thorough_by_name() -> dict[str, Case]:
    return {case.name: case for case in thorough_cases()}


def _largest(differences: Iterable[float | None]) -> float:
    return max((d for d in differences if d is not None), default=0.0)
