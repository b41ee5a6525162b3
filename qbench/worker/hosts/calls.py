"""What a host must offer to be timed: one call of a program, as a user would make it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from qbench.backend import Array, NumpyProgram

GRADIENTS = ("gradient_weights", "gradient")
"""Forward and backward: with respect to the weights, and to weights and inputs."""


class Batch(NamedTuple):
    """What one call is made with."""

    inputs: Array
    """Shape (batch, features)."""
    weights: Array
    """Shape (weights,)."""
    cotangent: Array
    """Shape (batch, outputs): gradients are of ``sum(cotangent * outputs)``."""
    targets: Array
    """Shape (batch, outputs), of a training step's mean squared error."""


@dataclass(frozen=True)
class Calls:
    """A call that is timed, over arguments that are tensors of the framework already.

    Attributes
    ----------
    call : takes the number of the batch; its result is what the framework gives
    read : that result as arrays: ``outputs``, ``d_inputs``, ``d_weights`` as far as it has them
    finish : waits for what still runs on an accelerator
    """

    call: Callable[[int], Any]
    read: Callable[[Any], dict[str, Array]]
    finish: Callable[[], None] = lambda: None


def numpy_calls(program: NumpyProgram, measure: str, batches: Sequence[Batch]) -> Calls:
    """Calls of a program that knows NumPy alone: no autograd stands around it."""
    if measure == "forward":
        return Calls(
            lambda number: program.forward(batches[number].inputs, batches[number].weights),
            lambda outputs: {"outputs": outputs},
        )
    wrt_inputs = measure == "gradient"

    def call(number: int) -> tuple[Array, Array, Array]:
        batch = batches[number]
        return program.vjp(batch.inputs, batch.weights, batch.cotangent, wrt_inputs, True)

    def read(result: tuple[Array, Array, Array]) -> dict[str, Array]:
        outputs, d_inputs, d_weights = result
        found = {"outputs": outputs, "d_weights": d_weights}
        return found | {"d_inputs": d_inputs} if wrt_inputs else found

    return Calls(call, read)
