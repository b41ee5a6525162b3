"""``search``: what is tried before the reported trials, and chosen on validation data alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import PlainValidator

from qbench.spec.base import Count, SpecModel, not_yet, refusal
from qbench.spec.grid import Row
from qbench.spec.matrix import Axis, Dimension, Value, read_dimensions
from qbench.spec.merging import Overlay
from qbench.spec.problems import Path, Problem, ProblemError, describe, suggestion, unknown

if TYPE_CHECKING:
    from qbench.spec.point import Point

SPACE: Path = ("search", "space")
MOST_CONFIGURATIONS = 1000
"""Combinations that one grid may have."""

BASELINE_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "logistic_regression": ("C",),
    "svm_rbf": ("C", "gamma"),
    "random_forest": ("n_estimators", "max_depth", "min_samples_leaf"),
    "gradient_boosting": ("n_estimators", "learning_rate", "max_depth"),
    "mlp": ("hidden_units",),
}
"""Options of baselines that ``baselines.NAME.OPTION`` can search, as scikit-learn names them."""

_SEARCHED = ("circuits", "models", "trainer", "baselines", "data")


def _space(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or not value:
        raise refusal(f"must be {{dotted.key: [values]}}, not {describe(value)}")
    return value


class SearchConfig(SpecModel):
    """Configurations that each method tries on seeds of their own before it is reported."""

    space: Annotated[dict[str, Any], PlainValidator(_space)]
    """``{dotted.key: [values]}``, as the axes of a matrix; ``baselines.NAME.OPTION`` too."""
    sampler: Annotated[Literal["grid"], not_yet("random", "tpe")] = "grid"
    """Every combination of the keys that a method reads."""
    metric: Literal["validation_loss", "validation_accuracy"] = "validation_loss"
    """Its mean over the search's seeds chooses."""
    seeds: Count = 3
    """Seeds of the search; none of them is a reported one."""


@dataclass(frozen=True)
class Space:
    """The dimensions of a search at one point of the grid.

    Attributes
    ----------
    at : the point with these values
    """

    dimensions: Sequence[Dimension]
    at: Callable[[Row], Point]

    def row(self, dimension: Dimension, values: tuple[Value, ...]) -> Row:
        """A value for each axis of a dimension, by its name."""
        return {axis.name: value for axis, value in zip(dimension.axes, values, strict=True)}


def read_space(
    written: Mapping[str, Any], top_level: Mapping[str, Any], taken: Sequence[Axis]
) -> list[Dimension]:
    """The dimensions of a ``space`` mapping.

    Parameters
    ----------
    taken : axes of the matrix, which can't be searched too

    Raises
    ------
    ProblemError
        With everything that is wrong in it.
    """
    for word in ("include", "exclude"):
        if word in written:
            problem = Problem((*SPACE, word), "a search tries every combination of its values")
            raise ProblemError(problem)
    try:
        dimensions = [_moved(each) for each in read_dimensions(written, top_level)]
    except ProblemError as error:
        raise ProblemError(*(replace(p, path=_below(p.path)) for p in error.problems)) from None
    problems = [problem for axis in _axes(dimensions) for problem in _unfit(axis, taken)]
    combinations = prod(len(dimension.rows) for dimension in dimensions)
    if combinations > MOST_CONFIGURATIONS:
        message = f"makes {combinations} combinations, more than {MOST_CONFIGURATIONS}"
        problems.append(Problem(SPACE, message))
    if problems:
        raise ProblemError(*problems)
    return dimensions


def as_overlays(row: Row) -> tuple[list[Overlay], dict[str, dict[str, Any]]]:
    """The values of a row as overlays of the suite, and as options of its baselines."""
    laid: list[Overlay] = []
    options: dict[str, dict[str, Any]] = {}
    for name, value in row.items():
        key = tuple(name.split("."))
        if key[0] == "baselines":
            options.setdefault(key[1], {})[key[2]] = value.value
        else:
            laid.append(Overlay(key, value.value, value.source))
    return laid, options


def unknown_baselines(dimensions: Sequence[Dimension], baselines: Sequence[str]) -> list[Problem]:
    """Keys of baselines that the suite doesn't have."""
    keys = {axis.name: axis.name.split(".") for axis in _axes(dimensions)}
    return [
        Problem((*SPACE, name), unknown("baseline", key[1], baselines))
        for name, key in keys.items()
        if key[0] == "baselines" and key[1] not in baselines
    ]


def _axes(dimensions: Sequence[Dimension]) -> list[Axis]:
    return [axis for dimension in dimensions for axis in dimension.axes]


def _unfit(axis: Axis, taken: Sequence[Axis]) -> Iterator[Problem]:
    place, key = (*SPACE, axis.name), axis.name.split(".")
    if axis.name in [other.name for other in taken]:
        yield Problem(place, "is an axis of the matrix, so it can't be searched too")
    if axis.key is None:
        yield Problem(place, "a space has dotted keys, such as trainer.optimizer.learning_rate")
    elif key[0] not in _SEARCHED or (key[0] == "data" and key[1:2] != ["transform"]):
        yield Problem(
            place,
            "can't be searched; circuits, models, trainer, data.transform and "
            "baselines.NAME.OPTION can",
        )
    elif key[0] == "baselines":
        if len(key) != 3:
            yield Problem(place, "is written baselines.NAME.OPTION, such as baselines.svm_rbf.C")
        elif key[1] not in BASELINE_OPTIONS:
            yield Problem(place, unknown("baseline", key[1], BASELINE_OPTIONS))
        elif key[2] not in BASELINE_OPTIONS[key[1]]:
            near = suggestion(key[2], BASELINE_OPTIONS[key[1]])
            yield Problem(place, f"{key[1]} has no such option{near}")
        elif key[2] == "hidden_units" and not all(_is_count(v.value) for v in axis.values):
            yield Problem(place, "hidden units are whole numbers from 1")


def _moved(dimension: Dimension) -> Dimension:
    """The same with places under ``search.space``."""
    rows = tuple(
        tuple(replace(value, source=_below(value.source)) for value in row)
        for row in dimension.rows
    )
    return Dimension(dimension.axes, rows)


def _is_count(value: Any) -> bool:
    return type(value) is int and value > 0


def _below(path: Path) -> Path:
    return (*SPACE, *path[1:])
