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


def with_gradients(
    program: Program | NumpyProgram, n_outputs: int, wrt_inputs: bool = True
) -> Callable[[Tensor, Tensor, Tensor], list[Tensor]]:
    """A function of inputs, weights and a cotangent to outputs and both gradients.

    It is one ``tf.function`` where the program can be traced: with outputs and gradients in two,
    all that the second reads would be results of the first, which takes up to twice as long.

    Parameters
    ----------
    wrt_inputs : whether the gradient to the inputs is among the results: outputs, that to
        weights, that to inputs
    """
    run = differentiable(program, n_outputs)

    def both(inputs: Tensor, weights: Tensor, cotangent: Tensor) -> list[Tensor]:
        of = [weights, inputs] if wrt_inputs else [weights]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(of)
            outputs = run(inputs, weights)
        upstream = tf.cast(cotangent, outputs.dtype)
        found = tape.gradient(outputs, of, output_gradients=upstream, unconnected_gradients="zero")
        return [outputs, *found]

    if isinstance(program, NumpyProgram) or runs_eagerly(program):
        return both
    traced: Callable[[Tensor, Tensor, Tensor], list[Tensor]] = tf.function(both, autograph=False)
    return traced


def _double(array: Array) -> Array:
    return np.asarray(array, dtype=np.float64)
