"""``models``: ordered lists of layers, of which a circuit is one."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainValidator, field_validator, model_validator

from qbench.spec.base import (
    Count,
    Interval,
    Positive,
    SpecModel,
    item_model,
    refusal,
)
from qbench.spec.expressions import SYMBOLIC, is_expression
from qbench.spec.problems import PLANNED, Problem, ProblemError, describe, unknown

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


class Dense(SpecModel):
    """A fully connected layer."""

    type: Literal["dense"] = "dense"
    units: Annotated[int | str, PlainValidator(_units)]
    """A number, or ``=expr`` in ``n_classes`` (see qbench.spec.evaluate)."""
    activation: ActivationName = "linear"
    bias: bool = True


class Flatten(SpecModel):
    """All features in one axis."""

    type: Literal["flatten"] = "flatten"


class Dropout(SpecModel):
    """Each feature is zeroed with probability ``p`` while training."""

    type: Literal["dropout"] = "dropout"
    p: Annotated[float, Field(gt=0, lt=1)] = 0.5


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
}
"""Layers by their word, and the option that ``word: value`` means."""

PLANNED_LAYERS = frozenset(
    (
        *("conv2d", "max_pool2d", "avg_pool2d", "quanv2d", "reduce", "concat"),
        *("select", "complement", "sigmoid_cat", "backbone"),
    )
)


def _layer(value: Any) -> Any:
    return item_model(value, "layer", LAYERS, tag="type", planned=PLANNED_LAYERS)


def _replacement(value: Any) -> Any:
    return None if value is None else _layer(value)


Layer = Annotated[Dense | Flatten | Dropout | Activation | Scale | Quantum, BeforeValidator(_layer)]


class Uniform(SpecModel):
    """Weights drawn evenly from an interval, radians."""

    name: Literal["uniform"] = "uniform"
    range: Interval = (0.0, 6.283185307179586)


class Normal(SpecModel):
    """Weights drawn from a normal distribution around 0, radians."""

    name: Literal["normal"] = "normal"
    std: Positive


def _auto(value: Any) -> Any:
    return None if value == "auto" else value


class SmallAngle(SpecModel):
    """Weights drawn from a narrow normal distribution around 0, radians.

    Zhang et al. 2022, "Escaping from the barren plateau via Gaussian initializations
    in deep variational quantum circuits" (arXiv:2203.09376), Theorem 4.1.
    """

    name: Literal["small_angle"] = "small_angle"
    std: Annotated[Positive | None, BeforeValidator(_auto)] = None
    """auto: 1 / (2 sqrt(S (L + 2))), with S the wires of the observable and L the depth."""


class BlockIdentity(SpecModel):
    """Each block of the circuit (key ``blocks``) starts as the identity.

    Grant et al. 2019, "An initialization strategy for addressing barren plateaus in
    parametrized quantum circuits", Quantum 3, 214.
    """

    name: Literal["block_identity"] = "block_identity"
    range: Interval = (0.0, 6.283185307179586)
    """Weights of each block's first half are drawn evenly from it; the second half undoes them."""


class NamedInit(SpecModel):
    """An initialisation without options."""

    name: Literal["zeros", "glorot_uniform"]


QUANTUM_INITS: dict[str, tuple[type[SpecModel], str | None]] = {
    "uniform": (Uniform, "range"),
    "normal": (Normal, "std"),
    "small_angle": (SmallAngle, "std"),
    "block_identity": (BlockIdentity, "range"),
    "zeros": (NamedInit, None),
}
CLASSICAL_INITS: dict[str, tuple[type[SpecModel], str | None]] = {
    "glorot_uniform": (NamedInit, None)
}


def _quantum_init(value: Any) -> Any:
    return item_model(value, "initialisation", QUANTUM_INITS)


def _classical_init(value: Any) -> Any:
    return item_model(value, "initialisation", CLASSICAL_INITS)


QuantumInit = Annotated[
    Uniform | Normal | SmallAngle | BlockIdentity | NamedInit, BeforeValidator(_quantum_init)
]
"""How quantum weights start."""


class Init(SpecModel):
    """How weights start."""

    quantum: QuantumInit = Uniform()
    classical: Annotated[NamedInit, BeforeValidator(_classical_init)] = NamedInit(
        name="glorot_uniform"
    )


class ModelConfig(SpecModel):
    """One entry of ``models``; after :func:`resolve_bases` its layers are always there."""

    planned = frozenset({"ensemble", "train_on", "data", "trainer"})

    layers: list[Layer] = Field(default_factory=list)
    """Layers in order: dense, flatten, dropout, relu, tanh, sigmoid, softmax, scale, quantum."""
    base: str | None = None
    """The model that this one is a variant of."""
    replace: dict[str, Annotated[Layer | None, BeforeValidator(_replacement)]] = Field(
        default_factory=dict
    )
    """Layer type -> the layer that takes its place in the base, or None to leave it out."""
    init: Init = Init()
    """How quantum and classical weights start."""
    freeze: list[Literal["quantum", "classical"]] = Field(default_factory=list)
    """Weights that are not trained: quantum, classical."""

    @field_validator("layers", mode="before")
    @classmethod
    def _no_catalogue(cls, value: Any) -> Any:
        if value in ("lenet5", "alexnet", "alexnet_small"):
            raise refusal(f"`{value}` {PLANNED}")
        return value

    @model_validator(mode="after")
    def _one_source(self) -> ModelConfig:
        if bool(self.layers) == (self.base is not None):
            raise refusal("needs `layers`, or `base` and `replace` (one of the two)")
        if self.replace and self.base is None:
            raise refusal("`replace` needs `base`, the model whose layers are replaced")
        return self


def resolve_bases(models: dict[str, ModelConfig]) -> dict[str, ModelConfig]:
    """The same models, each with its layers written out.

    Raises
    ------
    ProblemError
        A base that doesn't exist or leads back to itself, a replaced type that
        the base doesn't have.
    """
    done: dict[str, ModelConfig] = {}
    problems: list[Problem] = []
    for name in models:
        try:
            _resolve(name, models, done, ())
        except ProblemError as error:
            problems += error.problems
    if problems:
        raise ProblemError(*problems)
    return {name: done[name] for name in models}


def _resolve(
    name: str, models: dict[str, ModelConfig], done: dict[str, ModelConfig], above: tuple[str, ...]
) -> ModelConfig:
    if name in done:
        return done[name]
    model = models[name]
    if model.base is None:
        done[name] = model
        return model
    place = ("models", name, "base")
    if model.base not in models:
        raise ProblemError(Problem(place, unknown("model", model.base, models)))
    if name in above:
        circle = " -> ".join([*above[above.index(name) :], name])
        raise ProblemError(Problem(place, f"bases run in a circle: {circle}"))
    base = _resolve(model.base, models, done, (*above, name))
    done[name] = _variant(name, model, base)
    return done[name]


def _variant(name: str, model: ModelConfig, base: ModelConfig) -> ModelConfig:
    types = [layer.type for layer in base.layers]
    for word in model.replace:
        if word not in types:
            place = ("models", name, "replace", word)
            message = f"'{model.base}' has no layer '{word}'; it has {', '.join(types)}"
            raise ProblemError(Problem(place, message))
    layers = [model.replace.get(layer.type, layer) for layer in base.layers]
    written = model.model_fields_set
    update: dict[str, Any] = {"layers": [layer for layer in layers if layer is not None]}
    update |= {key: getattr(base, key) for key in ("init", "freeze") if key not in written}
    return model.model_copy(update=update)
