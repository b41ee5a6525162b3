"""PennyLane's C++ simulator as its documentation has it: the adjoint method in a TorchLayer.

https://docs.pennylane.ai/projects/lightning/en/stable/lightning_qubit/device.html
"""

from __future__ import annotations

from collections.abc import Callable

from native.native_pennylane import step_on
from native.problem import Problem


def training_step(problem: Problem) -> Callable[[], float]:
    """A step: its batch in, the loss before it out."""
    return step_on(problem, "lightning.qubit", "adjoint")
