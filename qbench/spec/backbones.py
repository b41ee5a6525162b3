"""``backbone``: a model that begins with the trained layers of another one, written out."""

from __future__ import annotations

from typing import Any

from qbench.spec.layers import Backbone, walk
from qbench.spec.models import ModelConfig
from qbench.spec.problems import Path, Problem, ProblemError, unknown


def backbone_of(model: ModelConfig) -> Backbone | None:
    """What stands before the layers of a model with a backbone; None for any other model."""
    first = model.layers[0] if model.layers else None
    return first if isinstance(first, Backbone) else None


def own_layers(model: ModelConfig) -> list[Any]:
    """The layers without that mark."""
    return [layer for layer in model.layers if not isinstance(layer, Backbone)]


def with_backbones(models: dict[str, ModelConfig]) -> dict[str, ModelConfig]:
    """The same models, the layers of each backbone written out behind it, ``until`` a number.

    Raises
    ------
    ProblemError
        A backbone that is not the first layer, or of a model that doesn't exist, has no such
        layer or leads back to itself.
    """
    done: dict[str, ModelConfig] = {}
    problems: list[Problem] = []
    for name in models:
        try:
            _written(name, models, done, ())
        except ProblemError as error:
            problems += error.problems
    if problems:
        raise ProblemError(*dict.fromkeys(problems))
    return {name: done[name] for name in models}


def _written(
    name: str, models: dict[str, ModelConfig], done: dict[str, ModelConfig], above: tuple[str, ...]
) -> ModelConfig:
    if name in done:
        return done[name]
    model = models[name]
    for path, layer in walk(model.layers):
        if isinstance(layer, Backbone) and path != (0,):
            place: Path = ("models", name, "layers", *path)
            raise ProblemError(Problem(place, "a backbone reads the data: it is the first layer"))
    backbone = backbone_of(model)
    if backbone is not None:
        model = _with_layers(name, model, backbone, models, done, (*above, name))
    done[name] = model
    return model


def _with_layers(
    name: str,
    model: ModelConfig,
    backbone: Backbone,
    models: dict[str, ModelConfig],
    done: dict[str, ModelConfig],
    above: tuple[str, ...],
) -> ModelConfig:
    place: Path = ("models", name, "layers", 0, "backbone")
    if backbone.model not in models:
        message = unknown("model", backbone.model, models)
        raise ProblemError(Problem((*place, "model"), message))
    if backbone.model in above:
        circle = " -> ".join([*above[above.index(backbone.model) :], backbone.model])
        raise ProblemError(Problem((*place, "model"), f"backbones run in a circle: {circle}"))
    if models[backbone.model].ensemble:
        message = f"'{backbone.model}' is an ensemble: it has no layers"
        raise ProblemError(Problem((*place, "model"), message))
    source = own_layers(_written(backbone.model, models, done, above))
    count = _count(backbone, source, (*place, "until"))
    mark = backbone.model_copy(update={"until": count})
    return model.model_copy(update={"layers": [mark, *source[:count], *model.layers[1:]]})


def _count(backbone: Backbone, source: list[Any], place: Path) -> int:
    """How many of the source's layers it takes."""
    types = [layer.type for layer in source]
    count = len(source) - 1 if backbone.until is None else backbone.until
    if isinstance(count, str):
        if count not in types:
            there = ", ".join(dict.fromkeys(types))
            message = f"'{backbone.model}' has no layer '{count}'; it has {there}"
            raise ProblemError(Problem(place, message))
        count = types.index(count)
    if not 1 <= count <= len(source):
        message = f"takes {count} of the {len(source)} layers of '{backbone.model}'"
        raise ProblemError(Problem(place, message))
    return count
