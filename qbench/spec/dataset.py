"""``data``: which data set, how it is split and what is fitted on its training part."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainValidator, model_validator

from qbench.spec.base import Count, Interval, SpecModel, item_model, refusal
from qbench.spec.problems import PLANNED, describe

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


TRANSFORMS: dict[str, tuple[type[SpecModel], str | None]] = {
    "standardize": (Standardize, None),
    "min_max": (MinMax, "range"),
    "pca": (Pca, "n_components"),
    "l2_normalize": (L2Normalize, None),
}


def _transform(value: Any) -> Any:
    return item_model(value, "transform", TRANSFORMS, planned=frozenset({"resize"}))


Transform = Annotated[Standardize | MinMax | Pca | L2Normalize, BeforeValidator(_transform)]


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

    planned = frozenset({"path", "target"})

    name: str
    """A data set of the catalogue (``qbench list datasets``)."""
    options: dict[str, bool | int | float | str] = Field(default_factory=dict)
    """Options of a generated data set, such as ``n_samples`` and ``noise`` of moons."""
    classes: Annotated[Literal["all"] | list[int | str], PlainValidator(_classes)] = "all"
    """all, or the labels to keep."""
    split: Split = Split()
    """Rows of each part: a number, a fraction, ``{per_class: N}``, all or official."""
    order: Literal["random", "first"] = "random"
    """random (stratified), or the first rows."""
    transform: list[Transform] = Field(default_factory=list)
    """standardize, ``pca: k``, ``min_max: [a, b]``, l2_normalize; in this order."""


def data_slot(value: Any) -> Any:
    """``NAME`` becomes ``{name: NAME}``; a user's own file is still to come."""
    if isinstance(value, str):
        return {"name": value}
    if isinstance(value, dict) and "path" in value and "name" not in value:
        raise refusal(f"`path` {PLANNED}; name a data set of the catalogue: {{name: ...}}")
    return value
