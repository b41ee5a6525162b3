"""Resolved layers as data: which hold circuits, and the shape that leaves each one.

A row is ``(features,)`` or an image ``(channels, height, width)``; rows of the data are
features until a layer of type ``image`` gives them their shape.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import prod
from typing import Any

from qbench.circuit import Circuit
from qbench.circuit.readout import count_outputs, readout_from_json

Layer = Mapping[str, Any]
Shape = tuple[int, ...]


def walk(layers: Iterable[Layer]) -> Iterator[Layer]:
    """Every layer, those inside branches too, in order."""
    for layer in layers:
        yield layer
        for branch in layer.get("branches", ()):
            yield from walk(branch)


def with_circuits(layers: Iterable[Layer]) -> list[Layer]:
    """The layers that run a circuit: ``quantum`` and ``quanv2d``."""
    return [layer for layer in walk(layers) if "circuit" in layer]


def circuits(layers: Iterable[Layer]) -> dict[str, Circuit]:
    """Their circuits by the layer's name."""
    return {layer["name"]: Circuit.from_json(layer["circuit"]) for layer in with_circuits(layers)}


def runs_per_row(layer: Layer) -> int:
    """How often a layer runs its circuit for one row: copies, or patches of an image."""
    if layer["type"] == "quanv2d":
        return prod(patch_grid(layer, layer["image"]))
    return int(layer["copies"])


def patch_grid(layer: Layer, image: Sequence[int]) -> tuple[int, int]:
    """Positions of a window down and across an image (channels, height, width)."""
    size = int(layer["kernel_size"])
    strides = int(layer["strides"])
    return (image[1] - size) // strides + 1, (image[2] - size) // strides + 1


def output_shape(layer: Layer, shape: Shape) -> Shape:
    """The shape of a row behind a layer that takes rows of ``shape``."""
    kind = layer["type"]
    if kind == "dense":
        return (int(layer["units"]),)
    if kind == "quantum":
        return (int(layer["copies"]) * _n_outputs(layer),)
    if kind == "quanv2d":
        return (_n_outputs(layer), *patch_grid(layer, shape))
    if kind == "image":
        return tuple(layer["shape"])
    if kind == "conv2d":
        top, bottom, left, right = layer["pads"]
        padded = (shape[0], shape[1] + top + bottom, shape[2] + left + right)
        return (int(layer["filters"]), *patch_grid(layer, padded))
    if kind in ("max_pool2d", "avg_pool2d"):
        return (shape[0], *(length // int(layer["pool_size"]) for length in shape[1:]))
    if kind == "select":
        return (layer["span"][1] - layer["span"][0],)
    if kind in ("complement", "sigmoid_cat"):
        return (2 * shape[0],)
    if kind == "concat":
        return (sum(output_shapes(branch, shape)[-1][0] for branch in layer["branches"]),)
    if kind == "reduce":
        return (prod(layer["grid"]),)
    return (prod(shape),) if kind == "flatten" else shape


def output_shapes(layers: Iterable[Layer], shape: Shape) -> list[Shape]:
    """The shape before the first layer, and behind each."""
    shapes = [shape]
    for layer in layers:
        shapes.append(output_shape(layer, shapes[-1]))
    return shapes


def received_shapes(layers: Sequence[Layer], shape: Shape) -> Iterator[tuple[Layer, Shape]]:
    """Every layer, those inside branches too, with the shape of the rows that it takes."""
    for layer, received in zip(layers, output_shapes(layers, shape), strict=False):
        yield layer, received
        for branch in layer.get("branches", ()):
            yield from received_shapes(branch, received)


def mask_shape(layer: Layer, shape: Shape) -> Shape:
    """The shape of a row of a dropout layer's mask: one number a channel, or one a value."""
    return (shape[0], 1, 1) if layer.get("channels") else shape


def bins(length: int, count: int) -> list[tuple[int, int]]:
    """Where ``count`` bins of an adaptive pool begin and end, as in torch.

    Bin i holds floor(i L / n) to ceil((i + 1) L / n): neighbours overlap where n does not
    divide L.
    """
    return [(i * length // count, -(-(i + 1) * length // count)) for i in range(count)]


def centre(length: int, count: int) -> tuple[int, int]:
    """Where the middle ``count`` of ``length`` positions begin and end; the earlier of two."""
    start = (length - count) // 2
    return start, start + count


def _n_outputs(layer: Layer) -> int:
    return count_outputs(readout_from_json(r) for r in layer["circuit"]["measure"])
