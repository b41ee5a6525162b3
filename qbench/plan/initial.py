"""Initial parameters, drawn by NumPy in the parent so that every backend starts alike."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from qbench.backend import Array
from qbench.data import derived_generator
from qbench.plan.models import Parameter, ResolvedModel


def initial_parameters(
    model: ResolvedModel, init: Mapping[str, Any], seed: int
) -> dict[str, Array]:
    """Every parameter's initial array, by name.

    Quantum weights by ``init["quantum"]``; classical weights Glorot uniform, bound
    sqrt(6 / (in + out)) (Glorot and Bengio 2010, eq. 16), where a convolution has
    channels x window inputs and filters x window outputs; biases zero. Each
    parameter has a stream of its own, so adding a layer moves no other draw.
    """
    arrays = {}
    for parameter in model.parameters:
        generator = derived_generator(seed, "init", parameter.name)
        if parameter.kind == "quantum":
            array = draw_quantum(parameter, init["quantum"], generator, samples=None)
        elif parameter.name.endswith(".bias"):
            array = np.zeros(parameter.shape)
        else:
            window = math.prod(parameter.shape[2:])
            bound = math.sqrt(6.0 / (sum(parameter.shape[:2]) * window))
            array = generator.uniform(-bound, bound, parameter.shape)
        arrays[parameter.name] = array
    return arrays


def draw_quantum(
    parameter: Parameter,
    rule: Mapping[str, Any],
    generator: np.random.Generator,
    samples: int | None,
) -> Array:
    """Quantum weights by one rule, shape (copies, weights) or (samples, copies, weights).

    Rules: ``{"name": "uniform", "range": [a, b]}``, ``{"name": "normal", "std": s}``,
    ``{"name": "small_angle", "std": s or None}``, ``{"name": "block_identity", "range":
    [a, b]}``, ``{"name": "zeros"}``. Input scalings keep their fixed value.
    """
    shape = parameter.shape if samples is None else (samples, *parameter.shape)
    array: Array
    if rule["name"] in ("uniform", "block_identity"):
        array = generator.uniform(float(rule["range"][0]), float(rule["range"][1]), shape)
    elif rule["name"] in ("normal", "small_angle"):
        array = generator.normal(0.0, rule["std"] or parameter.small_angle, shape)
    else:
        array = np.zeros(shape)
    if rule["name"] == "block_identity":
        for position, undone in parameter.mirrored.items():
            array[..., position] = array[..., undone]
    for position, value in parameter.fixed.items():
        array[..., position] = value
    return array


def gradient_draws(
    model: ResolvedModel, rule: Mapping[str, Any], seed: int, samples: int
) -> dict[str, Array]:
    """Draws of every quantum parameter by one rule, shape (samples, copies, weights).

    A stream of their own: they are no seeds of the training runs. More draws begin
    with the same ones.
    """
    return {
        p.name: draw_quantum(p, rule, derived_generator(seed, "gradient_draws", p.name), samples)
        for p in model.parameters
        if p.kind == "quantum"
    }
