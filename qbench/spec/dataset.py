"""``data``: which data set, how it is split and what is fitted on its training part."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainValidator, model_validator

from qbench.spec.base import Count, Interval, SpecModel, item_model, refusal, refusals
from qbench.spec.problems import Problem, describe

_PART_FORMS = "a number of rows, a fraction, {per_class: N}, all or official"


def _part(value: Any) -> Any:
    if isinstance(value, dict) and set(value) == {"per_class"}:
        n = value["per_class"]
        if type(n) is int and n >= 1:
            return value
        raise refusal(f"per_class must be a whole number from 1, not {describe(n)}")
    if isinstance(value, int | float) and not isinstance(value, bool):
        if value < 0 or (isinstance(value, float) and value > 1):
            raise refusal(f"must be {_PART_FORMS}, not {value}")
        return value or 0
    if value in ("all", "official"):
        return value
    raise refusal(f"must be {_PART_FORMS}, not {describe(value)}")


Part = Annotated[int | float | str | dict[str, int], PlainValidator(_part)]
"""Rows (int), a fraction (float), "all", "official" or ``{"per_class": N}``; 0 leaves it out."""


class Split(SpecModel):
    """Which rows train, choose and test."""

    train: Part = 0.6
    validation: Part = 0.2
    test: Part = 0.2

    @model_validator(mode="after")
    def _possible(self) -> Split:
        parts = {"train": self.train, "validation": self.validation, "test": self.test}
        for name in ("train", "test"):
            if parts[name] == 0:
                raise refusal(f"{name} must have rows; only validation may be 0")
        fractions = [part for part in parts.values() if isinstance(part, float)]
        if sum(fractions) > 1 + 1e-9:
            raise refusal(f"the fractions add up to {sum(fractions):g}, more than 1")
        return self


class Standardize(SpecModel):
    """Zero mean and unit variance for each feature."""

    name: Literal["standardize"] = "standardize"


class MinMax(SpecModel):
    """Each feature to an interval."""

    name: Literal["min_max"] = "min_max"
    range: Interval


class Pca(SpecModel):
    """Principal components."""

    name: Literal["pca"] = "pca"
    n_components: Count


class L2Normalize(SpecModel):
    """Each row to length one."""

    name: Literal["l2_normalize"] = "l2_normalize"


def _size(value: Any) -> Any:
    two = isinstance(value, list | tuple) and len(value) == 2
    if two and all(type(side) is int and side >= 1 for side in value):
        return tuple(value)
    raise refusal(f"must be [height, width], two whole numbers from 1, not {describe(value)}")


class Resize(SpecModel):
    """Images of another size."""

    name: Literal["resize"] = "resize"
    size: Annotated[tuple[int, int], BeforeValidator(_size)]


TRANSFORMS: dict[str, tuple[type[SpecModel], str | None]] = {
    "standardize": (Standardize, None),
    "min_max": (MinMax, "range"),
    "pca": (Pca, "n_components"),
    "resize": (Resize, "size"),
    "l2_normalize": (L2Normalize, None),
}


def _transform(value: Any) -> Any:
    return item_model(value, "transform", TRANSFORMS)


Transform = Annotated[
    Standardize | MinMax | Pca | Resize | L2Normalize, BeforeValidator(_transform)
]


def _classes(value: Any) -> Any:
    if value == "all":
        return value
    if not isinstance(value, list) or not all(type(label) in (int, str) for label in value):
        raise refusal(f"must be all or a list of labels, not {describe(value)}")
    if len(value) < 2:
        raise refusal("needs two labels at least")
    if len(set(value)) < len(value):
        raise refusal("holds a label twice")
    return value


class DataConfig(SpecModel):
    """The data set of the suite."""

    name: str
    """A data set of the catalogue (``qbench list datasets``)."""
    path: str | None = None
    """Instead of a name: one's own CSV or Parquet file or folder of images."""
    target: str | None = None
    """The column of one's own file that is to be predicted."""
    options: dict[str, bool | int | float | str] = Field(default_factory=dict)
    """Options of the data set, such as ``n_samples`` and ``noise`` of moons."""
    classes: Annotated[Literal["all"] | list[int | str], PlainValidator(_classes)] = "all"
    """all, or the labels to keep."""
    split: Split = Split()
    """Rows of each part: a number, a fraction, ``{per_class: N}``, all or official."""
    order: Literal["random", "first"] = "random"
    """random (stratified), or the first rows."""
    transform: list[Transform] = Field(default_factory=list)
    """standardize, ``pca: k``, ``min_max: [a, b]``, ``resize: [h, w]``, l2_normalize; in order."""


OWN = "own"
"""The catalogue's name of the user's own data."""


def data_slot(value: Any) -> Any:
    """``NAME`` becomes ``{name: NAME}``; ``path`` and ``target`` become options of OWN."""
    if isinstance(value, str):
        return {"name": value}
    if not isinstance(value, dict):
        return value
    place = {key: value[key] for key in ("path", "target") if value.get(key) is not None}
    if not place or value.get("name") == OWN:
        return value
    for key, given in place.items():
        if not isinstance(given, str) or not given:
            raise refusals(Problem((key,), f"must be text, not {describe(given)}"))
    if "path" not in place:
        raise refusals(Problem(("target",), "belongs to a `path`, your own file"))
    if value.get("name") is not None:
        raise refusals(
            Problem(
                ("path",), "stands instead of `name`; give one of them (null removes the other)"
            )
        )
    options = value.get("options") or {}
    if not isinstance(options, dict):
        return value | {"name": OWN}
    return value | {"name": OWN, "options": options | place}
