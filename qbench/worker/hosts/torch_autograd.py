"""NumPy programs as differentiable torch functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from qbench.backend import Array, NumpyProgram, Program

Tensor = Any
"""torch.Tensor; torch is not importable where types are checked."""


def numpy_of(tensor: Tensor) -> Array:
    """A float64 copy on the CPU, without history."""
    array: Array = tensor.detach().cpu().numpy().astype(np.float64)
    return array


def differentiable(program: Program | NumpyProgram) -> Callable[[Tensor, Tensor], Tensor]:
    """A function of torch tensors that autograd can go through."""
    if isinstance(program, NumpyProgram):
        return lambda inputs, weights: _NumpyFunction.apply(program, inputs, weights)
    return program


class _NumpyFunction(torch.autograd.Function):  # type: ignore[misc]
    """Runs the program's vjp in backward, and only for what needs a gradient."""

    @staticmethod
    def forward(ctx: Any, program: NumpyProgram, inputs: Tensor, weights: Tensor) -> Tensor:
        ctx.program = program
        ctx.save_for_backward(inputs, weights)
        return inputs.new_tensor(program.forward(numpy_of(inputs), numpy_of(weights)))

    @staticmethod
    @torch.autograd.function.once_differentiable  # type: ignore[untyped-decorator]
    def backward(ctx: Any, cotangent: Tensor) -> tuple[None, Tensor | None, Tensor | None]:
        inputs, weights = ctx.saved_tensors
        _, wrt_inputs, wrt_weights = ctx.needs_input_grad
        _, d_inputs, d_weights = ctx.program.vjp(
            numpy_of(inputs), numpy_of(weights), numpy_of(cotangent), wrt_inputs, wrt_weights
        )
        return (
            None,
            inputs.new_tensor(d_inputs) if wrt_inputs else None,
            weights.new_tensor(d_weights) if wrt_weights else None,
        )
