"""From a suite's layers to what a worker builds: shapes inferred, parameters named."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isqrt
from typing import Any

from qbench.circuit import Circuit, Probabilities
from qbench.circuit.build import BuiltCircuit
from qbench.plan.layer_site import Rows, Site, size_text
from qbench.plan.models import Parameter, ResolvedModel, quantum_parameter
from qbench.spec.problems import Path as KeyPath
from qbench.spec.problems import Problem, ProblemError
from qbench.worker.layers import output_shape

Written = Sequence[tuple[str, Mapping[str, Any]]]
"""Layers as (type, options), every expression already a number."""

_PASSING = ("relu", "tanh", "sigmoid", "scale", "dropout")
"""Layers that work on each number by itself: pixels stay pixels."""


def resolve_model(
    layers: Written,
    circuits: Mapping[str, BuiltCircuit],
    *,
    n_features: int,
    image_shape: Sequence[int] | None = None,
) -> ResolvedModel:
    """Infer every shape of a Sequential model on rows of ``n_features``.

    Parameters
    ----------
    image_shape : (channels, height, width)
        Where the rows are pixels, channel by channel. A layer that reads images then gets
        images; a dense or quantum layer in its place gets the row.

    Raises
    ------
    ProblemError
        A layer that does not fit what it gets; its path begins at the model.
    """
    resolver = _Resolver(circuits)
    rows = Rows((n_features,), None if image_shape is None else tuple(image_shape))
    resolved, left = resolver.all(layers, rows, ("layers",), "")
    if len(left.shape) > 1:
        message = f"ends in images of {size_text(left.shape)}: put `flatten` and a dense layer last"
        raise ProblemError(Problem(("layers",), message))
    return ResolvedModel(
        tuple(resolved),
        tuple(resolver.parameters),
        n_features,
        left.shape[0],
        tuple(resolver.used),
    )


def mlp(n_features: int, hidden: int, n_outputs: int) -> ResolvedModel:
    """One hidden ReLU layer, trained like any other model (the ``mlp`` baselines)."""
    layers = [
        ("dense", {"units": hidden, "activation": "relu", "bias": True}),
        ("dense", {"units": n_outputs, "activation": "linear", "bias": True}),
    ]
    return resolve_model(layers, {}, n_features=n_features)


def near_square(count: int) -> tuple[int, int]:
    """The factors of a number that differ least, the smaller one first: 8 is 2 x 4, 7 is 1 x 7."""
    height = next(h for h in range(isqrt(count), 0, -1) if count % h == 0)
    return height, count // height


def ends_in_probabilities(model: ResolvedModel) -> bool:
    """Whether the last layer gives numbers from 0 to 1."""
    last = model.layers[-1]
    if last["type"] == "quantum":
        return isinstance(model.circuits[-1].readouts[-1], Probabilities)
    heads = ("softmax", "sigmoid", "complement", "sigmoid_cat", "select", "concat")
    return last["type"] in heads or last.get("activation") in ("softmax", "sigmoid")


@dataclass
class _Resolver:
    circuits: Mapping[str, BuiltCircuit]
    parameters: list[Parameter] = field(default_factory=list)
    used: list[Circuit] = field(default_factory=list)

    def all(
        self, layers: Written, rows: Rows, place: KeyPath, prefix: str, above: int | None = None
    ) -> tuple[list[dict[str, Any]], Rows]:
        """Layers in order, and the rows that leave the last one."""
        resolved: list[dict[str, Any]] = []
        for position, (kind, options) in enumerate(layers):
            index = position if above is None else 256 * (above + 1) + position
            name, here = f"{prefix}{position}.{kind}", (*place, position)
            made = self.one(Site(kind, options, name, here, index, rows))
            resolved += made
            shape = rows.shape
            for layer in made:
                shape = output_shape(layer, shape)
            pixels = kind in _PASSING and len(shape) == 1
            rows = Rows(shape, rows.image if pixels else None)
        return resolved, rows

    def one(self, at: Site) -> list[dict[str, Any]]:
        """One layer as the host builds it, behind the one that makes images where it needs it."""
        make = _MAKERS.get(at.kind)
        return make(self, at) if make else [{"type": at.kind, **at.options}]

    def weights(self, name: str, shape: tuple[int, ...], bias: bool = True) -> None:
        """Add a trained layer's parameters: outputs come first in the weight's shape."""
        self.parameters.append(Parameter(f"{name}.weight", shape, "classical"))
        if bias:
            self.parameters.append(Parameter(f"{name}.bias", shape[:1], "classical"))

    def dense(self, at: Site) -> list[dict[str, Any]]:
        width, units = at.features(), int(at.options["units"])
        options = dict(at.options)
        if "near" in options:
            options["bias"] = _bias_brings_nearer(options.pop("near"), width * units, units)
        self.weights(at.name, (units, width), options["bias"])
        return [{"type": "dense", **options, "name": at.name, "inputs": width}]

    def reduce(self, at: Site) -> list[dict[str, Any]]:
        how, features = at.options["name"], int(at.options["features"])
        if at.place[-1] != 0:
            raise at.error("reduce takes the data themselves: it is the first layer")
        if how == "fc":
            self.weights(at.name, (features, at.rows.width))
            options = {"units": features, "activation": "linear", "bias": True}
            return [{"type": "dense", **options, "name": at.name, "inputs": at.rows.width}]
        view, image = at.image()
        grid = near_square(features)
        if grid[0] > image[1] or grid[1] > image[2]:
            raise at.error(
                f"{features} features are a grid of {grid[0]} x {grid[1]}, and the images have "
                f"{image[1]} x {image[2]} pixels; choose a number with closer factors"
            )
        return [*view, {"type": "reduce", "how": how, "grid": list(grid)}]

    def quantum(self, at: Site) -> list[dict[str, Any]]:
        name, copies = at.options["circuit"], int(at.options["copies"])
        width = at.features()
        built = self.circuits[name]
        if width % copies == 0:
            built = built.reading(width // copies)
        _check_features(at, name, built, copies, width)
        return [self.circuit_layer(at, built, copies)]

    def circuit_layer(self, at: Site, built: BuiltCircuit, copies: int) -> dict[str, Any]:
        self.parameters.append(quantum_parameter(f"{at.name}.weights", built, copies))
        self.used.append(built.circuit)
        circuit = built.circuit.to_json()
        return {"type": at.kind, "circuit": circuit, "copies": copies, "name": at.name}

    def quanv2d(self, at: Site) -> list[dict[str, Any]]:
        view, image = at.image()
        size = int(at.options["kernel_size"])
        at.window(size, image)
        pixels = image[0] * size * size
        built = self.circuits[at.options["circuit"]].reading(pixels)
        if built.circuit.n_inputs != pixels:
            raise at.error(
                f"circuit '{at.options['circuit']}' reads {built.circuit.n_inputs} features, a "
                f"window has {pixels} ({image[0]} channels of {size} x {size} pixels)"
            )
        layer = self.circuit_layer(at, built, 1)
        sizes = {key: at.options[key] for key in ("kernel_size", "strides")}
        return [*view, {**layer, **sizes, "image": list(image)}]

    def conv2d(self, at: Site) -> list[dict[str, Any]]:
        view, image = at.image()
        size, strides = int(at.options["kernel_size"]), int(at.options["strides"])
        pads = [0, 0, 0, 0]
        if at.options["padding"] == "same":
            pads = [*_same(image[1], size, strides), *_same(image[2], size, strides)]
        at.window(size, image, (pads[0] + pads[1], pads[2] + pads[3]))
        self.weights(at.name, (at.options["filters"], image[0], size, size))
        kept = {k: at.options[k] for k in ("filters", "kernel_size", "strides", "activation")}
        shape = {"channels": image[0], "pads": pads}
        return [*view, {"type": "conv2d", **kept, **shape, "name": at.name}]

    def pool2d(self, at: Site) -> list[dict[str, Any]]:
        view, image = at.image()
        at.window(int(at.options["pool_size"]), image)
        return [*view, {"type": at.kind, **at.options}]

    def dropout(self, at: Site) -> list[dict[str, Any]]:
        layer = {"type": "dropout", "p": at.options["p"], "index": at.index}
        if not at.options.get("channels"):
            return [layer]
        return [*at.image()[0], {**layer, "channels": True}]

    def select(self, at: Site) -> list[dict[str, Any]]:
        first, last = (int(end) for end in at.options["span"])
        if not first < last <= at.features():
            raise at.error(
                f"select: [{first}, {last}] of {at.rows.width} features; it is [from, to], the "
                "second one not included"
            )
        return [{"type": "select", "span": [first, last]}]

    def head(self, at: Site) -> list[dict[str, Any]]:
        at.features()
        return [{"type": at.kind, **at.options}]

    def concat(self, at: Site) -> list[dict[str, Any]]:
        branches = []
        for number, branch in enumerate(at.options["branches"]):
            place, prefix = (*at.place, "concat", number), f"{at.name}.{number}."
            above = 256 * (at.index + 1) + number
            layers, rows = self.all(branch, at.rows, place, prefix, above)
            if len(rows.shape) > 1:
                message = f"a branch ends in images of {size_text(rows.shape)}; put `flatten` last"
                raise ProblemError(Problem(place, message))
            branches.append(layers)
        return [{"type": "concat", "branches": branches}]


_Maker = Callable[[_Resolver, Site], list[dict[str, Any]]]
_MAKERS: dict[str, _Maker] = {
    "dense": _Resolver.dense,
    "quantum": _Resolver.quantum,
    "dropout": _Resolver.dropout,
    "conv2d": _Resolver.conv2d,
    "max_pool2d": _Resolver.pool2d,
    "avg_pool2d": _Resolver.pool2d,
    "quanv2d": _Resolver.quanv2d,
    "reduce": _Resolver.reduce,
    "select": _Resolver.select,
    "complement": _Resolver.head,
    "sigmoid_cat": _Resolver.head,
    "softmax": _Resolver.head,
    "concat": _Resolver.concat,
}


def _same(length: int, size: int, strides: int) -> tuple[int, int]:
    """Zeros before and after an axis, so that ceil(length / strides) windows fit.

    The odd one stands after it: TensorFlow's rule, and torch's where strides are 1.
    """
    total = max(0, (-(-length // strides) - 1) * strides + size - length)
    return total // 2, total - total // 2


def _bias_brings_nearer(parameters: int, weights: int, units: int) -> bool:
    """Whether a dense layer with a bias has a number of parameters nearer to the one wanted."""
    return abs(weights + units - parameters) <= abs(weights - parameters)


def _check_features(at: Site, name: str, built: BuiltCircuit, copies: int, width: int) -> None:
    needed = copies * built.circuit.n_inputs
    if built.circuit.n_inputs and needed != width:
        qubits = built.circuit.n_qubits
        raise at.error(
            f"circuit '{name}' ({qubits} qubits{f', {copies} copies' * (copies > 1)}) "
            f"reads {needed} features but receives {width}; change n_qubits, reduce the data "
            f"(transform: [{{pca: {needed}}}]) or put a dense layer of {needed} units before it"
        )
