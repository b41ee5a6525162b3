"""Programs as functions that TensorFlow differentiates, and tensors as arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from qbench.backend import Array, NumpyProgram, Program

Tensor = Any
"""tf.Tensor; tensorflow is not importable where types are checked."""


def numpy_of(tensor: Tensor) -> Array:
    """A float64 copy."""
    return np.array(tensor, dtype=np.float64)


def runs_eagerly(program: Program | NumpyProgram) -> bool:
    """Whether a training step with this program must not be traced into a tf.function.

    An adapter says so by an attribute ``run_eagerly = True`` (Keras' own word) of its
    program, where the mode is eager execution itself.
    """
    return bool(getattr(program, "run_eagerly", False))


def differentiable(
    program: Program | NumpyProgram, n_outputs: int
) -> Callable[[Tensor, Tensor], Tensor]:
    """A function of tensors (batch, features) and (weights,), usable inside a tf.function."""
    if not isinstance(program, NumpyProgram):
        return program

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def run(inputs: Tensor, weights: Tensor) -> tuple[Tensor, Callable[[Tensor], Any]]:
        def forward(x: Array, w: Array) -> Array:
            return program.forward(_double(x), _double(w)).astype(x.dtype)

        def vjp(x: Array, w: Array, cotangent: Array) -> list[Array]:
            _, d_x, d_w = program.vjp(_double(x), _double(w), _double(cotangent))
            return [d_x.astype(x.dtype), d_w.astype(x.dtype)]

        def gradient(cotangent: Tensor) -> Sequence[Tensor]:
            arguments = [inputs, weights, cotangent]
            found = tf.numpy_function(vjp, arguments, [inputs.dtype, inputs.dtype])
            return [tf.reshape(found[0], inputs.shape), tf.reshape(found[1], weights.shape)]

        outputs = tf.numpy_function(forward, [inputs, weights], inputs.dtype)
        return tf.reshape(outputs, (inputs.shape[0], n_outputs)), gradient

    function: Callable[[Tensor, Tensor], Tensor] = run
    return function


def _double(array: Array) -> Array:
    return np.asarray(array, dtype=np.float64)
