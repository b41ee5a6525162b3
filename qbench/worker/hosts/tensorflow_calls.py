"""Timed calls in TensorFlow: inside a tf.function unless the mode is eager execution itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from qbench.backend import Array, Execution, NumpyProgram, Program
from qbench.worker.hosts.calls import Batch, Calls, numpy_calls
from qbench.worker.hosts.tensorflow_autograd import (
    Tensor,
    differentiable,
    numpy_of,
    runs_eagerly,
)
from qbench.worker.hosts.tensorflow_host import DTYPES


def calls(
    program: Program | NumpyProgram,
    execution: Execution,
    n_outputs: int,
    measure: str,
    batches: Sequence[Batch],
) -> Calls:
    """Calls of a program; the first one traces."""
    if isinstance(program, NumpyProgram):
        return numpy_calls(program, measure, batches)
    run = differentiable(program, n_outputs)
    dtype = DTYPES[execution.precision]
    tensors = [[tf.constant(array, dtype) for array in batch[:3]] for batch in batches]

    def traced(function: Callable[..., Any]) -> Callable[..., Any]:
        made: Callable[..., Any] = tf.function(function, autograph=False)
        return function if runs_eagerly(program) else made

    if measure == "forward":
        forward = traced(run)
        return Calls(
            lambda number: forward(*tensors[number][:2]),
            lambda outputs: {"outputs": numpy_of(outputs)},
        )
    wrt_inputs = measure == "gradient"

    def both(inputs: Tensor, weights: Tensor, cotangent: Tensor) -> list[Tensor]:
        of = [weights, inputs] if wrt_inputs else [weights]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(of)
            outputs = run(inputs, weights)
        upstream = tf.cast(cotangent, outputs.dtype)
        found = tape.gradient(outputs, of, output_gradients=upstream, unconnected_gradients="zero")
        return [outputs, *found]

    gradient = traced(both)

    def read(result: Sequence[Tensor]) -> dict[str, Array]:
        names = ("outputs", "d_weights", "d_inputs")
        return {name: numpy_of(each) for name, each in zip(names, result, strict=False)}

    return Calls(lambda number: gradient(*tensors[number]), read)
