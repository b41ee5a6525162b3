"""What every host checks before it computes: parameters, trained names, a program's outputs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import numpy as np

from qbench.backend import Array
from qbench.circuit import Circuit
from qbench.exceptions import QbenchError
from qbench.worker.hosts.base import Layer, Parameters
from qbench.worker.layers import walk

Shapes = Mapping[str, tuple[int, ...]]


def parameter_shapes(layers: Iterable[Layer]) -> dict[str, tuple[int, ...]]:
    """Shape of every parameter by name.

    Dense weights are [out, in], convolutions [filters, channels, height, width], quantum
    weights [copies, weights]; of layers inside branches too.
    """
    return {name: shape for layer in walk(layers) for name, shape in _shapes(layer)}


def check_parameters(parameters: Parameters, expected: Shapes) -> None:
    """Raise QbenchError unless names and shapes are the layers' own."""
    given = {name: tuple(np.shape(array)) for name, array in parameters.items()}
    if given != dict(expected):
        raise QbenchError(f"parameters {given} do not fit the layers, which have {expected}")


def check_trainable(trainable: Iterable[str], known: Collection[str]) -> None:
    """Raise QbenchError if a name to be trained is no parameter."""
    unknown = sorted(set(trainable) - set(known))
    if unknown:
        raise QbenchError(f"no such parameter to train: {', '.join(unknown)}")


def check_no_state(state: Collection[str]) -> None:
    """Raise QbenchError if there is state for an optimizer that isn't there."""
    if state:
        raise QbenchError(f"no optimizer for the state {', '.join(sorted(state))}")


def checked_outputs(outputs: Array, circuit: Circuit, inputs: Array) -> Array:
    """The outputs, if a program returned as many as its circuit has."""
    expected = (len(inputs), circuit.n_outputs)
    if np.shape(outputs) != expected:
        raise QbenchError(
            f"the backend returned outputs of shape {np.shape(outputs)}, the circuit has {expected}"
        )
    return outputs


def _shapes(layer: Layer) -> list[tuple[str, tuple[int, ...]]]:
    if "circuit" in layer:
        shape = (int(layer["copies"]), int(layer["circuit"]["n_weights"]))
        return [(f"{layer['name']}.weights", shape)]
    if layer["type"] == "conv2d":
        size, filters = int(layer["kernel_size"]), int(layer["filters"])
        kernel = (filters, int(layer["channels"]), size, size)
        return [(f"{layer['name']}.weight", kernel), (f"{layer['name']}.bias", (filters,))]
    if layer["type"] != "dense":
        return []
    weight = (f"{layer['name']}.weight", (int(layer["units"]), int(layer["inputs"])))
    bias = [(f"{layer['name']}.bias", (int(layer["units"]),))] if layer["bias"] else []
    return [weight, *bias]
