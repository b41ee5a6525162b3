"""Published models by name: what ``layers: lenet5`` stands for."""

from __future__ import annotations

from typing import Any

_Layers = list[dict[str, Any] | str]


def _lenet5() -> _Layers:
    """LeCun et al. 1998, as the teacher of arXiv:2311.13810: images of 28 x 28, one channel.

    No padding, tanh and average pools: 43,576 parameters before the last layer and 85 a
    class (44,086 with 6 classes, 44,256 with 8).
    """
    return [
        {"conv2d": {"filters": 6, "kernel_size": 5, "activation": "tanh"}},
        {"avg_pool2d": 2},
        {"conv2d": {"filters": 16, "kernel_size": 5, "activation": "tanh"}},
        {"avg_pool2d": 2},
        "flatten",
        {"dense": {"units": 120, "activation": "tanh"}},
        {"dense": {"units": 84, "activation": "tanh"}},
        {"dense": "n_classes"},
    ]


def _alexnet(channels: tuple[int, int, int], units: int) -> _Layers:
    """The AlexNet variant of the same notebooks: three convolutions, two wide layers.

    With (64, 192, 384) channels and 4096 units, as published, it has 94,655,686
    parameters on images of 28 x 28, one channel, with 6 classes.
    """
    first, second, third = channels
    same = {"kernel_size": 3, "padding": "same", "activation": "relu"}
    return [
        {"conv2d": {"filters": first, **same}},
        {"max_pool2d": 2},
        {"conv2d": {"filters": second, **same}},
        {"max_pool2d": 2},
        {"conv2d": {"filters": third, **same}},
        "flatten",
        {"dropout": 0.5},
        {"dense": {"units": units, "activation": "relu"}},
        {"dropout": 0.5},
        {"dense": {"units": units, "activation": "relu"}},
        {"dense": "n_classes"},
    ]


CATALOGUE: dict[str, _Layers] = {
    "lenet5": _lenet5(),
    "alexnet": _alexnet((64, 192, 384), 4096),
    "alexnet_small": _alexnet((16, 48, 96), 256),
}
"""Layers as a suite would list them, by the model's name; ``alexnet_small`` has the shape of
``alexnet`` at a seventieth of its parameters, for teachers that train on a laptop."""
