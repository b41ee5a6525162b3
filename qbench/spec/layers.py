"""The layers of models: one class each, and the words that they go by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainValidator

from qbench.spec.base import Count, SpecModel, item_model, refusal
from qbench.spec.expressions import SYMBOLIC, evaluate, is_expression
from qbench.spec.problems import Path, describe, unknown

ActivationName = Literal["linear", "relu", "tanh", "sigmoid", "softmax"]


def _number_or_symbolic(value: Any) -> Any:
    """A number, or a canonical ``=expr`` that waits for ``n_classes``."""
    if value == SYMBOLIC:
        return f"={SYMBOLIC}"
    if is_expression(value) or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    raise refusal(
        f"must be a number, `{SYMBOLIC}` or an expression (`=...`), not {describe(value)}"
    )


def _units(value: Any) -> Any:
    value = _number_or_symbolic(value)
    if isinstance(value, float) or (isinstance(value, int) and value < 1):
        raise refusal(f"must be a whole number from 1, not {value}")
    return value


def _span(value: Any) -> Any:
    if not isinstance(value, list) or len(value) != 2:
        raise refusal(f"must be [from, to], the second one not included, not {describe(value)}")
    ends = [_number_or_symbolic(end) for end in value]
    if any(isinstance(end, float) or (isinstance(end, int) and end < 0) for end in ends):
        raise refusal(f"must be two whole numbers from 0, not {value}")
    return ends


def _until(value: Any) -> Any:
    if isinstance(value, int) and (isinstance(value, bool) or value < 1):
        raise refusal(f"must be the type of a layer or a number from 1, not {value}")
    return value


Units = Annotated[int | str, PlainValidator(_units)]
"""A number, or ``=expr`` in ``n_classes``."""


class Dense(SpecModel):
    """A fully connected layer."""

    type: Literal["dense"] = "dense"
    units: Units
    """A number, or ``=expr`` in ``n_classes`` (see qbench.spec.evaluate)."""
    activation: ActivationName = "linear"
    bias: bool = True


class Flatten(SpecModel):
    """All features in one axis, channel by channel."""

    type: Literal["flatten"] = "flatten"


class Dropout(SpecModel):
    """Each feature is zeroed with probability ``p`` while training."""

    type: Literal["dropout"] = "dropout"
    p: Annotated[float, Field(gt=0, lt=1)] = 0.5
    channels: bool = False
    """Whether whole channels of an image are dropped (torch's Dropout2d)."""


class Activation(SpecModel):
    """An activation as a layer of its own."""

    type: Literal["relu", "tanh", "sigmoid", "softmax"]


class Scale(SpecModel):
    """Multiplication by a constant."""

    type: Literal["scale"] = "scale"
    factor: Annotated[int | float | str, PlainValidator(_number_or_symbolic)]
    """A number, or ``=expr`` in ``n_classes`` (see qbench.spec.evaluate)."""


class Quantum(SpecModel):
    """A circuit; ``copies`` of it read consecutive features, each with weights of its own."""

    type: Literal["quantum"] = "quantum"
    circuit: str
    copies: Count = 1


class Conv2d(SpecModel):
    """A convolution over images (a cross-correlation, as in torch and Keras), with a bias."""

    type: Literal["conv2d"] = "conv2d"
    filters: Units
    """Channels that come out: a number, or ``=expr``."""
    kernel_size: Count
    """Pixels of the square window."""
    strides: Count = 1
    """Pixels from window to window."""
    padding: Literal["valid", "same"] = "valid"
    """same: zeros around the image keep its size, with the odd one below and to the right."""
    activation: Literal["linear", "relu", "tanh", "sigmoid"] = "linear"


class Pool2d(SpecModel):
    """Windows side by side, of which the maximum or mean is kept; the rest is cut off."""

    type: Literal["max_pool2d", "avg_pool2d"]
    pool_size: Count = 2
    """Pixels of the square window, which is the step too."""


class Quanv2d(SpecModel):
    """A circuit that slides over an image; its outputs are the channels of the new image."""

    type: Literal["quanv2d"] = "quanv2d"
    circuit: str
    kernel_size: Count
    """Pixels of the square window; the circuit reads them channel by channel, row by row."""
    strides: Count = 1
    """Pixels from window to window."""


class Select(SpecModel):
    """Some of the features: from the first number on, up to the second one, not included."""

    type: Literal["select"] = "select"
    span: Annotated[list[int | str], PlainValidator(_span)]
    """[from, to]: numbers, or ``=expr``."""


class Complement(SpecModel):
    """``complement``: p becomes [p, 1 - p]; ``sigmoid_cat``: of a sigmoid."""

    type: Literal["complement", "sigmoid_cat"]


REDUCERS = ("fc", "avg_pool", "max_pool", "crop")
_TRANSFORMS = {
    "pca": "pca is fitted on the training rows, so it is a transform of the data: "
    "`data: {transform: [{pca: k}]}`",
    "resize": "resize has nothing to train, so it is a transform of the data: "
    "`data: {transform: [{resize: [height, width]}]}`",
}


def _reducer(value: Any) -> Any:
    if isinstance(value, str) and value in _TRANSFORMS:
        raise refusal(_TRANSFORMS[value])
    if value not in REDUCERS:
        raise refusal(unknown("reducer", str(value), (*REDUCERS, *_TRANSFORMS)))
    return value


class Reduce(SpecModel):
    """From an image to a few features, as the first layer."""

    type: Literal["reduce"] = "reduce"
    name: Annotated[Literal["fc", "avg_pool", "max_pool", "crop"], BeforeValidator(_reducer)]
    """fc (a learned projection of all pixels), avg_pool, max_pool or crop (of the centre)."""
    features: Units
    """A number, or ``=expr``: how many come out."""


class Concat(SpecModel):
    """Branches that get the same rows; what they give stands side by side ([]: pass through)."""

    type: Literal["concat"] = "concat"
    branches: Annotated[list[list[Layer]], Field(min_length=2)]
    """Lists of layers."""


class Backbone(SpecModel):
    """The leading layers of another model with its trained weights, as the first layer."""

    type: Literal["backbone"] = "backbone"
    model: str
    until: Annotated[int | str | None, BeforeValidator(_until)] = None
    """The type of the layer before which it ends, or how many layers it has; none: all but one."""
    freeze: bool = True
    """Whether its weights stay as they are."""


LAYERS: dict[str, tuple[type[SpecModel], str | None]] = {
    "dense": (Dense, "units"),
    "flatten": (Flatten, None),
    "dropout": (Dropout, "p"),
    "relu": (Activation, None),
    "tanh": (Activation, None),
    "sigmoid": (Activation, None),
    "softmax": (Activation, None),
    "scale": (Scale, "factor"),
    "quantum": (Quantum, "circuit"),
    "conv2d": (Conv2d, None),
    "max_pool2d": (Pool2d, "pool_size"),
    "avg_pool2d": (Pool2d, "pool_size"),
    "quanv2d": (Quanv2d, None),
    "select": (Select, "span"),
    "complement": (Complement, None),
    "sigmoid_cat": (Complement, None),
    "reduce": (Reduce, None),
    "concat": (Concat, "branches"),
    "backbone": (Backbone, "model"),
}
"""Layers by their word, and the option that ``word: value`` means."""


def read_layer(value: Any) -> Any:
    """A layer from a list item."""
    return item_model(value, "layer", LAYERS, tag="type")


Layer = Annotated[
    Dense
    | Flatten
    | Dropout
    | Activation
    | Scale
    | Quantum
    | Conv2d
    | Pool2d
    | Quanv2d
    | Select
    | Complement
    | Reduce
    | Concat
    | Backbone,
    BeforeValidator(read_layer),
]
Concat.model_rebuild()

_NUMBERS = ("units", "filters", "features")


def walk(layers: Iterable[Any], above: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every layer with its path below ``layers``, those inside branches too."""
    for position, layer in enumerate(layers):
        place = (*above, position)
        yield place, layer
        if isinstance(layer, Concat):
            for number, branch in enumerate(layer.branches):
                yield from walk(branch, (*place, "concat", number))


def written_layers(
    layers: Iterable[Any], names: Mapping[str, int]
) -> list[tuple[str, dict[str, Any]]]:
    """Layers as (type, options) with every expression a number.

    Parameters
    ----------
    names : what expressions may read, such as ``{"n_classes": 2}``
    """
    return [_written(layer, names) for layer in layers]


def _written(layer: Any, names: Mapping[str, int]) -> tuple[str, dict[str, Any]]:
    options = layer.model_dump()
    kind = options.pop("type")
    for key in _NUMBERS:
        if key in options:
            options[key] = evaluate(options[key], names)
    if "factor" in options:  # 2 and 2.0 are one number, and one trial
        options["factor"] = float(evaluate(options["factor"], names))
    if "span" in options:
        options["span"] = [evaluate(end, names) for end in options["span"]]
    if isinstance(layer, Concat):
        options["branches"] = [written_layers(branch, names) for branch in layer.branches]
    return kind, options
