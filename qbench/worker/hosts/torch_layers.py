"""Layers as functions of torch tensors; images are (rows, channels, height, width)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch.nn import functional

from qbench.circuit import Circuit
from qbench.exceptions import QbenchError
from qbench.worker import dropout
from qbench.worker.hosts.base import Layer
from qbench.worker.hosts.torch_autograd import Tensor
from qbench.worker.layers import centre, mask_shape, patch_grid, walk

QuantumLayer = Callable[[Tensor, Tensor], Tensor]
"""Inputs (batch, copies * features) and weights (copies, weights) to outputs."""

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "linear": lambda x: x,
    "relu": torch.relu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "softmax": lambda x: torch.softmax(x, dim=1),
}


@dataclass
class Pass:
    """What one run through the layers reads besides the batch."""

    parameters: Mapping[str, Tensor]
    quantum: Mapping[str, QuantumLayer]
    counter: tuple[int, int] | None = None
    """(seed, step) of a training step; None in evaluation mode, without dropout."""
    quantum_inputs: dict[str, Tensor] = field(default_factory=dict)


def check(layers: Sequence[Layer]) -> None:
    """Refuse a layer that this host does not have; raises QbenchError."""
    for layer in walk(layers):
        if layer["type"] not in _LAYERS and layer["type"] not in ACTIVATIONS:
            raise QbenchError(f"the torch host has no layer {layer['type']!r}")


def forward(layers: Sequence[Layer], x: Tensor, run: Pass) -> Tensor:
    """What leaves the last layer."""
    for layer in layers:
        kind = layer["type"]
        x = _LAYERS[kind](x, layer, run) if kind in _LAYERS else ACTIVATIONS[kind](x)
    return x


def copies(program: QuantumLayer, circuit: Circuit) -> QuantumLayer:
    """All copies of a circuit side by side: weights (copies, n_weights)."""
    n = circuit.n_inputs

    def apply(x: Tensor, weights: Tensor) -> Tensor:
        parts = [program(x[:, c * n : (c + 1) * n], w) for c, w in enumerate(weights.unbind())]
        return parts[0] if len(parts) == 1 else torch.cat(parts, dim=1)

    return apply


def drawn_copies(program: QuantumLayer, circuit: Circuit) -> QuantumLayer:
    """The same over draws: weights (draws, copies, n_weights), x (draws * batch, features)."""
    n = circuit.n_inputs

    def apply(x: Tensor, weights: Tensor) -> Tensor:
        rows = weights.repeat_interleave(len(x) // len(weights), dim=0)
        none = x.new_zeros(0)
        parts = [
            program(torch.cat([x[:, c * n : (c + 1) * n], rows[:, c]], dim=1), none)
            for c in range(weights.shape[1])
        ]
        return torch.cat(parts, dim=1)

    return apply


def _dense(x: Tensor, layer: Layer, run: Pass) -> Tensor:
    name = layer["name"]
    bias = run.parameters[f"{name}.bias"] if layer["bias"] else None
    linear = functional.linear(x, run.parameters[f"{name}.weight"], bias)
    return ACTIVATIONS[layer["activation"]](linear)


def _quantum(x: Tensor, layer: Layer, run: Pass) -> Tensor:
    name = layer["name"]
    run.quantum_inputs[name] = x[:, : int(layer["copies"]) * int(layer["circuit"]["n_inputs"])]
    weights = run.parameters[f"{name}.weights"]
    if torch.is_autocast_enabled(x.device.type):  # mixed precision is for classical layers
        with torch.autocast(x.device.type, enabled=False):
            return run.quantum[name](x.to(weights.dtype), weights).to(weights.dtype)
    return run.quantum[name](x, weights).to(x.dtype)


def _quanv2d(x: Tensor, layer: Layer, run: Pass) -> Tensor:
    """One call over all patches: rows of the batch first, then positions row by row."""
    patches = functional.unfold(x, int(layer["kernel_size"]), stride=int(layer["strides"]))
    outputs = _quantum(patches.transpose(1, 2).reshape(-1, patches.shape[1]), layer, run)
    grid = patch_grid(layer, layer["image"])
    return outputs.reshape(len(x), *grid, -1).permute(0, 3, 1, 2)


def _dropout(x: Tensor, layer: Layer, run: Pass) -> Tensor:
    if run.counter is None:
        return x
    seed, step = run.counter
    shape = (len(x), *mask_shape(layer, x.shape[1:]))
    mask = dropout.mask(seed, int(layer["index"]), step, shape, float(layer["p"]))
    return x * torch.as_tensor(mask, dtype=x.dtype, device=x.device)


def _conv2d(x: Tensor, layer: Layer, run: Pass) -> Tensor:
    name, (top, bottom, left, right) = layer["name"], layer["pads"]
    if any(layer["pads"]):
        x = functional.pad(x, (left, right, top, bottom))
    weight, bias = run.parameters[f"{name}.weight"], run.parameters[f"{name}.bias"]
    return ACTIVATIONS[layer["activation"]](
        functional.conv2d(x, weight, bias, stride=int(layer["strides"]))
    )


def _reduce(x: Tensor, layer: Layer, run: Pass) -> Tensor:
    height, width = layer["grid"]
    if layer["how"] == "max_pool":
        small = functional.adaptive_max_pool2d(x.amax(dim=1), (height, width))
    elif layer["how"] == "avg_pool":
        small = functional.adaptive_avg_pool2d(x.mean(dim=1), (height, width))
    else:
        (top, bottom), (left, right) = centre(x.shape[2], height), centre(x.shape[3], width)
        small = x.mean(dim=1)[:, top:bottom, left:right]
    return small.reshape(len(x), -1)


def _select(x: Tensor, layer: Layer, run: Pass) -> Tensor:
    first, last = layer["span"]
    return x[:, first:last]


def _complement(x: Tensor, layer: Layer, run: Pass) -> Tensor:
    p = torch.sigmoid(x) if layer["type"] == "sigmoid_cat" else x
    return torch.cat([p, 1.0 - p], dim=1)


def _concat(x: Tensor, layer: Layer, run: Pass) -> Tensor:
    return torch.cat([forward(branch, x, run) for branch in layer["branches"]], dim=1)


def _flatten(x: Tensor, layer: Layer, run: Pass) -> Tensor:
    return x.reshape(len(x), -1)


_LAYERS: dict[str, Callable[[Tensor, Layer, Pass], Tensor]] = {
    "dense": _dense,
    "quantum": _quantum,
    "dropout": _dropout,
    "flatten": _flatten,
    "scale": lambda x, layer, _: x * float(layer["factor"]),
    "image": lambda x, layer, _: x.reshape(len(x), *layer["shape"]),
    "conv2d": _conv2d,
    "max_pool2d": lambda x, layer, _: functional.max_pool2d(x, int(layer["pool_size"])),
    "avg_pool2d": lambda x, layer, _: functional.avg_pool2d(x, int(layer["pool_size"])),
    "quanv2d": _quanv2d,
    "reduce": _reduce,
    "select": _select,
    "complement": _complement,
    "sigmoid_cat": _complement,
    "concat": _concat,
}
