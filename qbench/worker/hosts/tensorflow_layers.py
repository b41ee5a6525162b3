"""Layers and losses as functions of tensors, with the arithmetic of the torch host.

Images are (rows, height, width, channels) inside, since TensorFlow convolves nothing else
on a CPU; parameters, rows of the data, masks and flattened features are channel-first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import tensorflow as tf

from qbench.circuit import Circuit
from qbench.exceptions import QbenchError
from qbench.worker.distillation import Distillation
from qbench.worker.hosts.base import Layer
from qbench.worker.hosts.tensorflow_autograd import Tensor
from qbench.worker.layers import bins, centre, patch_grid, walk

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
    for layer in walk(layers):
        if layer["type"] not in _LAYERS and layer["type"] not in ACTIVATIONS:
            raise QbenchError(f"the tensorflow host has no layer {layer['type']!r}")


def forward(layers: Sequence[Layer], x: Tensor, run: Pass) -> Tensor:
    """What leaves the last layer."""
    for layer in layers:
        kind = layer["type"]
        x = _LAYERS[kind](x, layer, run) if kind in _LAYERS else ACTIVATIONS[kind](x)
    return x


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
    if loss == "nll_probs":
        return -tf.gather(outputs, target, batch_dims=1)
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


def distilled(rule: Distillation, hard: Tensor, outputs: Tensor, soft: Tensor) -> Tensor:
    """:func:`qbench.worker.distillation.per_sample` in tensors."""
    temperature, ce_weight, kl_weight = (tf.constant(v, outputs.dtype) for v in rule)
    log_q = tf.nn.log_softmax(outputs / temperature, axis=1)
    divergence = tf.reduce_sum(tf.math.xlogy(soft, soft) - soft * log_q, axis=1)
    return ce_weight * hard + kl_weight * divergence


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


def _quanv2d(x: Tensor, layer: Layer, run: Pass) -> Tensor:
    """One call over all patches: rows of the batch first, then positions row by row."""
    rows, channels = x.shape[0], x.shape[3]
    size, strides = int(layer["kernel_size"]), int(layer["strides"])
    height, width = patch_grid(layer, layer["image"])
    window, step = [1, size, size, 1], [1, strides, strides, 1]
    patches = tf.image.extract_patches(x, window, step, [1, 1, 1, 1], "VALID")
    patches = tf.reshape(patches, (rows * height * width, size * size, channels))
    patches = tf.reshape(tf.transpose(patches, (0, 2, 1)), (rows * height * width, -1))
    return tf.reshape(_quantum(patches, layer, run), (rows, height, width, -1))


def _dropout(x: Tensor, layer: Layer, run: Pass) -> Tensor:
    if not run.masks:
        return x
    mask = run.masks[int(layer["index"])]
    return x * (_channels_last(mask) if len(mask.shape) == 4 else mask)


def _image(x: Tensor, layer: Layer, run: Pass) -> Tensor:
    return _channels_last(tf.reshape(x, (x.shape[0], *layer["shape"])))


def _flatten(x: Tensor, layer: Layer, run: Pass) -> Tensor:
    if len(x.shape) == 4:
        x = tf.transpose(x, (0, 3, 1, 2))
    return tf.reshape(x, (x.shape[0], -1))


def _channels_last(x: Tensor) -> Tensor:
    return tf.transpose(x, (0, 2, 3, 1))


def _conv2d(x: Tensor, layer: Layer, run: Pass) -> Tensor:
    name, (top, bottom, left, right) = layer["name"], layer["pads"]
    if any(layer["pads"]):
        x = tf.pad(x, [[0, 0], [top, bottom], [left, right], [0, 0]])
    kernel = tf.transpose(run.parameters[f"{name}.weight"], (2, 3, 1, 0))
    linear = tf.nn.conv2d(x, kernel, int(layer["strides"]), "VALID")
    return ACTIVATIONS[layer["activation"]](linear + run.parameters[f"{name}.bias"])


def _max_pool2d(x: Tensor, layer: Layer, run: Pass) -> Tensor:
    size = int(layer["pool_size"])
    return tf.nn.max_pool2d(x, size, size, "VALID")


def _avg_pool2d(x: Tensor, layer: Layer, run: Pass) -> Tensor:
    size = int(layer["pool_size"])
    return tf.nn.avg_pool2d(x, size, size, "VALID")


def _reduce(x: Tensor, layer: Layer, run: Pass) -> Tensor:
    height, width = layer["grid"]
    if layer["how"] == "crop":
        (top, bottom), (left, right) = centre(x.shape[1], height), centre(x.shape[2], width)
        return _flatten(tf.reduce_mean(x, axis=3)[:, top:bottom, left:right], layer, run)
    pooled = tf.reduce_max if layer["how"] == "max_pool" else tf.reduce_mean
    rows = [pooled(x[:, a:b], axis=(1, 3)) for a, b in bins(x.shape[1], height)]
    columns = [pooled(row[:, a:b], axis=1) for row in rows for a, b in bins(x.shape[2], width)]
    return tf.stack(columns, axis=1)


def _select(x: Tensor, layer: Layer, run: Pass) -> Tensor:
    first, last = layer["span"]
    return x[:, first:last]


def _complement(x: Tensor, layer: Layer, run: Pass) -> Tensor:
    p = tf.sigmoid(x) if layer["type"] == "sigmoid_cat" else x
    return tf.concat([p, tf.ones((), x.dtype) - p], axis=1)


def _concat(x: Tensor, layer: Layer, run: Pass) -> Tensor:
    return tf.concat([forward(branch, x, run) for branch in layer["branches"]], axis=1)


def _scale(x: Tensor, layer: Layer, run: Pass) -> Tensor:
    return x * tf.constant(float(layer["factor"]), x.dtype)


_LAYERS: dict[str, Callable[[Tensor, Layer, Pass], Tensor]] = {
    "dense": _dense,
    "quantum": _quantum,
    "dropout": _dropout,
    "flatten": _flatten,
    "scale": _scale,
    "image": _image,
    "conv2d": _conv2d,
    "max_pool2d": _max_pool2d,
    "avg_pool2d": _avg_pool2d,
    "quanv2d": _quanv2d,
    "reduce": _reduce,
    "select": _select,
    "complement": _complement,
    "sigmoid_cat": _complement,
    "concat": _concat,
}
