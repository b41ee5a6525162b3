"""``models``: ordered lists of layers, of which a circuit is one."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from qbench.spec.base import Interval, Positive, SpecModel, item_model, refusal
from qbench.spec.catalogue_models import CATALOGUE
from qbench.spec.layers import Concat, Layer, read_layer, walk
from qbench.spec.problems import Problem, ProblemError, unknown


def _replacement(value: Any) -> Any:
    return None if value is None else read_layer(value)


def _members(value: Any) -> Any:
    if isinstance(value, list) and (len(value) < 2 or len(set(map(str, value))) < len(value)):
        raise refusal("names two models at least, each once")
    return value


def _named_data(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


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

    layers: list[Layer] = Field(default_factory=list)
    """Layers in order, or the name of a published model: lenet5, alexnet, alexnet_small."""
    base: str | None = None
    """The model that this one is a variant of."""
    replace: dict[str, Annotated[Layer | None, BeforeValidator(_replacement)]] = Field(
        default_factory=dict
    )
    """Layer type -> what takes the place of every such layer of the base; None: nothing does."""
    ensemble: Annotated[list[str], BeforeValidator(_members)] = Field(default_factory=list)
    """Instead of layers: other models, the mean of whose outputs it puts out."""
    init: Init = Init()
    """How quantum and classical weights start."""
    freeze: list[Literal["quantum", "classical"]] = Field(default_factory=list)
    """Weights that are not trained: quantum, classical."""
    train_on: Literal["split", "all"] = "split"
    """all: every row of the data that is neither validation nor test."""
    data: Annotated[dict[str, Any], BeforeValidator(_named_data)] = Field(default_factory=dict)
    """Keys of ``data`` that are others for this model."""
    trainer: dict[str, Any] = Field(default_factory=dict)
    """Keys of ``trainer`` that are others for this model."""
    unused_outputs: bool = False
    """Whether there may be more outputs than classes: to the loss, classes that never occur."""

    @field_validator("layers", mode="before")
    @classmethod
    def _by_name(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        if value not in CATALOGUE:
            raise refusal(unknown("model", value, CATALOGUE))
        return CATALOGUE[value]

    @model_validator(mode="after")
    def _one_source(self) -> ModelConfig:
        sources = bool(self.layers) + (self.base is not None) + bool(self.ensemble)
        if sources != 1:
            raise refusal("needs `layers`, `base` with `replace`, or `ensemble` (one of them)")
        own = sorted(self.model_fields_set - {"ensemble"})
        if self.ensemble and own:
            raise refusal(f"an ensemble has no {own[0]} of its own: its members have")
        if self.replace and self.base is None:
            raise refusal("`replace` needs `base`, the model whose layers are replaced")
        return self


_INHERITED = ("init", "freeze", "train_on", "data", "trainer", "unused_outputs")
"""What a variant has from its base unless it says otherwise."""


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
    if models[model.base].ensemble:
        raise ProblemError(Problem(place, f"'{model.base}' is an ensemble: it has no layers"))
    base = _resolve(model.base, models, done, (*above, name))
    done[name] = _variant(name, model, base)
    return done[name]


def _variant(name: str, model: ModelConfig, base: ModelConfig) -> ModelConfig:
    types = list(dict.fromkeys(layer.type for _, layer in walk(base.layers)))
    for word in model.replace:
        if word not in types:
            place = ("models", name, "replace", word)
            message = f"'{model.base}' has no layer '{word}'; it has {', '.join(types)}"
            raise ProblemError(Problem(place, message))
    written = model.model_fields_set
    update: dict[str, Any] = {"layers": _replaced(base.layers, model.replace)}
    update |= {key: getattr(base, key) for key in _INHERITED if key not in written}
    return model.model_copy(update=update)


def _replaced(layers: list[Any], replace: dict[str, Any]) -> list[Any]:
    """The layers, those inside branches too, each by the one that takes its place."""
    kept = []
    for layer in layers:
        found = replace.get(layer.type, layer)
        if found is layer and isinstance(layer, Concat):
            branches = [_replaced(branch, replace) for branch in layer.branches]
            found = layer.model_copy(update={"branches": branches})
        if found is not None:
            kept.append(found)
    return kept
