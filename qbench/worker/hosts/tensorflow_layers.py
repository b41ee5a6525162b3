"""Layers and losses as functions of tensors, with the arithmetic of the torch host."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod

import tensorflow as tf

from qbench.circuit import Circuit
from qbench.exceptions import QbenchError
from qbench.worker.hosts.base import Layer
from qbench.worker.hosts.tensorflow_autograd import Tensor

QuantumLayer = Callable[[Tensor, Tensor], Tensor]
"""Inputs (batch, copies * features) and weights (copies, weights) to outputs."""

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "linear": lambda x: x,
    "relu": tf.nn.relu,
    "tanh": tf.tanh,
    "sigmoid": tf.sigmoid,
    "softmax": lambda x: tf.nn.softmax(x, axis=1),
}


@dataclass
class Pass:
    """What one run through the layers reads besides the batch."""

    parameters: Mapping[str, Tensor]
    quantum: Mapping[str, QuantumLayer]
    masks: Mapping[int, Tensor] = field(default_factory=dict)
    """Dropout masks by the layer's index; none in evaluation mode."""
    quantum_inputs: dict[str, Tensor] = field(default_factory=dict)


def check(layers: Sequence[Layer]) -> None:
    """Refuse a layer that this host does not have; raises QbenchError."""
    for layer in layers:
        if layer["type"] not in _LAYERS and layer["type"] not in ACTIVATIONS:
            raise QbenchError(f"the tensorflow host has no layer {layer['type']!r}")


def forward(layers: Sequence[Layer], x: Tensor, run: Pass) -> Tensor:
    """Outputs of all layers in order, shape (batch, outputs)."""
    for layer in layers:
        kind = layer["type"]
        x = _LAYERS[kind](x, layer, run) if kind in _LAYERS else ACTIVATIONS[kind](x)
    return x


def row_shapes(
    layers: Sequence[Layer], circuits: Mapping[str, Circuit], features: Sequence[int]
) -> list[tuple[int, ...]]:
    """The shape of a row before each layer, and after the last one.

    Parameters
    ----------
    circuits : by quantum layer name
    features : shape of a row of the model's inputs
    """
    shapes = [tuple(features)]
    for layer in layers:
        shape = shapes[-1]
        if layer["type"] == "dense":
            shape = (int(layer["units"]),)
        elif layer["type"] == "flatten":
            shape = (prod(shape),)
        elif layer["type"] == "quantum":
            shape = (int(layer["copies"]) * circuits[layer["name"]].n_outputs,)
        shapes.append(shape)
    return shapes


def copies(program: QuantumLayer, circuit: Circuit) -> QuantumLayer:
    """All copies of a circuit side by side."""
    n = circuit.n_inputs

    def apply(x: Tensor, weights: Tensor) -> Tensor:
        rows = enumerate(tf.unstack(weights))
        return tf.concat([program(x[:, c * n : (c + 1) * n], w) for c, w in rows], axis=1)

    return apply


def drawn_copies(program: QuantumLayer, circuit: Circuit) -> QuantumLayer:
    """The same over draws: weights (draws, copies, weights), x (draws * batch, features).

    ``program`` was compiled for ``circuit.weights_as_inputs()``.
    """
    n = circuit.n_inputs

    def apply(x: Tensor, weights: Tensor) -> Tensor:
        rows = tf.repeat(weights, x.shape[0] // weights.shape[0], axis=0)
        none = tf.zeros((0,), x.dtype)
        parts = [
            program(tf.concat([x[:, c * n : (c + 1) * n], rows[:, c]], axis=1), none)
            for c in range(weights.shape[1])
        ]
        return tf.concat(parts, axis=1)

    return apply


def per_sample(loss: str, outputs: Tensor, target: Tensor) -> Tensor:
    """:func:`qbench.worker.losses.per_sample` in tensors, shape (batch,).

    Parameters
    ----------
    target : for mse float, shape (batch, outputs); else labels, int64, shape (batch,)
    """
    if loss == "mse":
        return tf.reduce_mean((outputs - target) ** 2, axis=1)
    if loss == "cross_entropy":
        return tf.nn.sparse_softmax_cross_entropy_with_logits(target, outputs)
    one, zero = tf.ones((), outputs.dtype), tf.zeros((), outputs.dtype)
    if loss == "binary_cross_entropy":
        labels = tf.cast(target, outputs.dtype)
        return tf.nn.sigmoid_cross_entropy_with_logits(labels, outputs[:, 0])
    if outputs.shape[1] == 1:
        signs = tf.cast(2 * target - 1, outputs.dtype)
        return tf.maximum(one - signs * outputs[:, 0], zero)
    right = tf.gather(outputs, target, batch_dims=1)[:, None]
    wrong = one - tf.one_hot(target, outputs.shape[1], dtype=outputs.dtype)
    return tf.reduce_mean(tf.nn.relu(one - right + outputs) * wrong, axis=1)


def _dense(x: Tensor, layer: Layer, run: Pass) -> Tensor:
    name = layer["name"]
    linear = tf.matmul(x, run.parameters[f"{name}.weight"], transpose_b=True)
    if layer["bias"]:
        linear = linear + run.parameters[f"{name}.bias"]
    return ACTIVATIONS[layer["activation"]](linear)


def _quantum(x: Tensor, layer: Layer, run: Pass) -> Tensor:
    name = layer["name"]
    run.quantum_inputs[name] = x[:, : int(layer["copies"]) * int(layer["circuit"]["n_inputs"])]
    return tf.cast(run.quantum[name](x, run.parameters[f"{name}.weights"]), x.dtype)


def _dropout(x: Tensor, layer: Layer, run: Pass) -> Tensor:
    return x * run.masks[int(layer["index"])] if run.masks else x


def _flatten(x: Tensor, layer: Layer, run: Pass) -> Tensor:
    return tf.reshape(x, (x.shape[0], -1))


def _scale(x: Tensor, layer: Layer, run: Pass) -> Tensor:
    return x * tf.constant(float(layer["factor"]), x.dtype)


_LAYERS: dict[str, Callable[[Tensor, Layer, Pass], Tensor]] = {
    "dense": _dense,
    "quantum": _quantum,
    "dropout": _dropout,
    "flatten": _flatten,
    "scale": _scale,
}
