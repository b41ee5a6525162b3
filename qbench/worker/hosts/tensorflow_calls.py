"""Timed calls in TensorFlow: inside a tf.function unless the mode is eager execution itself."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from qbench.backend import Array, Execution, NumpyProgram, Program
from qbench.worker.hosts.calls import Batch, Calls, numpy_calls
from qbench.worker.hosts.tensorflow_autograd import (
    Tensor,
    differentiable,
    numpy_of,
    runs_eagerly,
    with_gradients,
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
    tensors = [
        [tf.constant(array, DTYPES[execution.precision]) for array in b[:3]] for b in batches
    ]
    if measure == "forward":
        forward = run if runs_eagerly(program) else tf.function(run, autograph=False)
        return Calls(
            lambda number: forward(*tensors[number][:2]),
            lambda outputs: {"outputs": numpy_of(outputs)},
        )
    gradient = with_gradients(program, n_outputs, wrt_inputs=measure == "gradient")

    def read(result: Sequence[Tensor]) -> dict[str, Array]:
        names = ("outputs", "d_weights", "d_inputs")
        return {name: numpy_of(each) for name, each in zip(names, result, strict=False)}

    return Calls(lambda number: gradient(*tensors[number]), read)
