"""The conformance kit that every backend, ours or a stranger's, must pass.

``run_conformance`` judges a backend; ``qbench.testing.pytest_backends`` holds the
same kit as a pytest class (it alone needs pytest).
"""

from __future__ import annotations

from qbench.testing.cases import Case
from qbench.testing.conformance import (
    CaseResult,
    Evaluator,
    ModeSummary,
    executions,
    judge,
    run_conformance,
    summarise,
)
from qbench.testing.in_process import InProcess

__all__ = [
    "Case",
    "CaseResult",
    "Evaluator",
    "InProcess",
    "ModeSummary",
    "executions",
    "judge",
    "run_conformance",
    "summarise",
]
