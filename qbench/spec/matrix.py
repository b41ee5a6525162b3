"""``matrix``: axes, alone or zipped, their labels and values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

from qbench.spec.problems import (
    Path,
    Problem,
    ProblemError,
    describe,
    label_of,
    nearest,
    suggestion,
)
from qbench.spec.substitution import names_read

MOST_POINTS = 100_000

SUITE_WIDE = frozenset(
    (
        *("qbench", "name", "description", "task", "seeds", "profiles", "matrix"),
        *("experiments", "baseline", "published", "search", "budget", "backends"),
    )
)
"""Keys that hold for a suite as a whole: no axis may vary them."""

EXPERIMENT = "experiment"
"""The label under which a point keeps the name of its experiment."""

GRID_RULES = ("include", "exclude")
"""Keys of ``matrix`` that are no axes: points added to the grid and taken from it."""

_NO_AXIS = ("pi", "n_classes", EXPERIMENT)


@dataclass(frozen=True)
class Value:
    """One value of an axis: what tables call it, the value, and where it is written."""

    label: str
    value: Any
    source: Path


@dataclass(frozen=True)
class Axis:
    """One axis of the matrix.

    Attributes
    ----------
    key : tuple of str or None
        The dotted key that it varies; None if expressions read it by its name.
    """

    name: str
    values: tuple[Value, ...]
    key: tuple[str, ...] | None


@dataclass(frozen=True)
class Dimension:
    """Axes that move together: one alone, or several zipped.

    Attributes
    ----------
    rows : tuple of tuples
        Each combination of the dimension, one value for each axis.
    """

    axes: tuple[Axis, ...]
    rows: tuple[tuple[Value, ...], ...]


def read_dimensions(matrix: Mapping[str, Any], top_level: Mapping[str, Any]) -> list[Dimension]:
    """The dimensions of a ``matrix`` mapping, in its order.

    Raises
    ------
    ProblemError
        With everything that is wrong in them.
    """
    dimensions: list[Dimension] = []
    problems: list[Problem] = []
    seen: set[str] = set()
    for name, content in matrix.items():
        if name in GRID_RULES:
            continue
        try:
            dimension = _dimension(name, content, top_level)
        except ProblemError as error:
            problems += error.problems
            continue
        for axis in dimension.axes:
            if axis.name in seen:
                problems.append(Problem(("matrix", name), f"the axis '{axis.name}' is there twice"))
            seen.add(axis.name)
        dimensions.append(dimension)
    if problems:
        raise ProblemError(*problems)
    points = prod(len(dimension.rows) for dimension in dimensions)
    if points > MOST_POINTS:
        raise ProblemError(Problem(("matrix",), f"makes {points} points, more than {MOST_POINTS}"))
    return dimensions


def _dimension(name: str, content: Any, top_level: Mapping[str, Any]) -> Dimension:
    path: Path = ("matrix", name)
    if "," not in name:
        values = _values(content, path)
        axis = Axis(name, values, axis_key(name, path, top_level))
        return Dimension((axis,), tuple((value,) for value in values))
    names = [part.strip() for part in name.split(",")]
    if not all(names) or len(set(names)) < len(names):
        raise ProblemError(Problem(path, 'zipped axes are written "a, b": [[a1, b1], [a2, b2]]'))
    keys = [axis_key(part, path, top_level) for part in names]
    rows = _zipped(content, names, path)
    columns = [_distinct(column, path) for column in zip(*rows, strict=True)]
    axes = zip(names, columns, keys, strict=True)
    return Dimension(tuple(Axis(*each) for each in axes), rows)


def axis_key(name: str, path: Path, top_level: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The dotted key that an axis of this name varies; None if expressions read it.

    Raises
    ------
    ProblemError
        At ``path``: no key, and no name either.
    """
    key = tuple(name.split("."))
    if key[0] in SUITE_WIDE:
        raise ProblemError(Problem(path, f"`{key[0]}` holds for the whole suite: it is no axis"))
    if key[0] in top_level:
        return key
    if len(key) > 1:
        raise ProblemError(Problem(path, "unknown key" + suggestion(key[0], top_level)))
    if not name.isidentifier() or name in _NO_AXIS:
        raise ProblemError(Problem(path, f"'{name}' can't be the name of an axis"))
    return None


def _values(content: Any, path: Path) -> tuple[Value, ...]:
    if isinstance(content, list):
        pairs = [(label_of(v), v, (*path, i)) for i, v in enumerate(content)]
    elif isinstance(content, dict):
        pairs = [(label, v, (*path, label)) for label, v in content.items()]
    else:
        message = f"must be a list of values or {{label: value}}, not {describe(content)}"
        raise ProblemError(Problem(path, message))
    if not pairs:
        raise ProblemError(Problem(path, "has no values"))
    values: list[Value] = []
    for label, value, source in pairs:
        if any(label == earlier.label for earlier in values):
            message = f"has two values named '{label}'; name them: {{label: value}}"
            raise ProblemError(Problem(path, message))
        values.append(Value(label, value, source))
    return tuple(values)


def _zipped(content: Any, names: list[str], path: Path) -> tuple[tuple[Value, ...], ...]:
    """The rows of zipped axes; values are named by what they are."""
    form = f"[{', '.join(names)}]"
    if not isinstance(content, list) or not content:
        message = f"zipped axes take a list of rows, each {form}, not {describe(content)}"
        raise ProblemError(Problem(path, message))
    rows: list[tuple[Value, ...]] = []
    for position, row in enumerate(content):
        place = (*path, position)
        if not isinstance(row, list) or len(row) != len(names):
            given = f"a list of {len(row)}" if isinstance(row, list) else describe(row)
            raise ProblemError(Problem(place, f"must be {form}, not {given}"))
        values = tuple(Value(label_of(v), v, (*place, i)) for i, v in enumerate(row))
        if any(_labels(values) == _labels(earlier) for earlier in rows):
            raise ProblemError(Problem(place, "this row is there twice"))
        rows.append(values)
    return tuple(rows)


def _labels(values: tuple[Value, ...]) -> list[str]:
    return [value.label for value in values]


def _distinct(values: tuple[Value, ...], path: Path) -> tuple[Value, ...]:
    """One column of zipped rows, each label once."""
    found: dict[str, Value] = {}
    for value in values:
        if found.setdefault(value.label, value).value != value.value:
            message = f"has two values named '{value.label}', which tables could not tell apart"
            raise ProblemError(Problem(path, message))
    return tuple(found.values())


def check_used(axes: list[Axis], data: Mapping[str, Any]) -> list[Problem]:
    """Axes that neither name a key nor stand in an expression."""
    values = (value.value for axis in axes for value in axis.values)
    used = names_read(data).union(*(names_read({"": value}) for value in values))
    problems = []
    for axis in axes:
        if axis.key is None and axis.name not in used:
            key = nearest(axis.name, data)
            hint = f"; did you mean '{key}'?" if key else ""
            message = (
                f"this axis changes nothing: no expression reads `={axis.name}`, and it names "
                f"no key (such as trainer.batch_size){hint}"
            )
            problems.append(Problem(("matrix", axis.name), message))
    return problems
