"""Timed calls in torch: tensors exist before, gradients come from autograd."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from qbench.backend import Array, Execution, NumpyProgram, Program
from qbench.worker.hosts.calls import Batch, Calls, numpy_calls
from qbench.worker.hosts.torch_autograd import Tensor, numpy_of
from qbench.worker.hosts.torch_host import DTYPES, device_of


def calls(
    program: Program | NumpyProgram,
    execution: Execution,
    n_outputs: int,
    measure: str,
    batches: Sequence[Batch],
) -> Calls:
    """Calls of a program, ``forward`` without history."""
    to: dict[str, Any] = {"dtype": DTYPES[execution.precision], "device": device_of(execution)}
    if isinstance(program, NumpyProgram):
        return numpy_calls(program, measure, batches)
    tensors = [[torch.tensor(array, **to) for array in batch[:3]] for batch in batches]
    finish = torch.cuda.synchronize if execution.accelerator == "cuda" else lambda: None

    def forward(number: int) -> Tensor:
        inputs, weights, _ = tensors[number]
        with torch.no_grad():
            return program(inputs, weights)

    if measure == "forward":
        return Calls(forward, lambda outputs: {"outputs": numpy_of(outputs)}, finish)
    wrt_inputs = measure == "gradient"
    for inputs, weights, _ in tensors:
        inputs.requires_grad_(wrt_inputs)
        weights.requires_grad_()

    def gradient(number: int) -> tuple[Tensor, Sequence[Tensor | None]]:
        inputs, weights, cotangent = tensors[number]
        outputs = program(inputs, weights)
        of = [weights, inputs] if wrt_inputs else [weights]
        upstream = cotangent.to(outputs.dtype)
        return outputs, torch.autograd.grad(outputs, of, upstream, allow_unused=True)

    def read(result: tuple[Tensor, Sequence[Tensor | None]]) -> dict[str, Array]:
        outputs, found = result
        names = ("d_weights", "d_inputs")
        zeros = (tensors[0][1], tensors[0][0])
        return {"outputs": numpy_of(outputs)} | {
            name: numpy_of(torch.zeros_like(like) if each is None else each)
            for name, like, each in zip(names, zeros, found, strict=False)
        }

    return Calls(gradient, read, finish)
