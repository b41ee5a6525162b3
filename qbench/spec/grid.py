"""The points of a ``matrix``: every combination, without ``exclude``, with ``include``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from qbench.spec.matrix import GRID_RULES, Axis, Dimension, Value, axis_key, read_dimensions
from qbench.spec.problems import (
    Path,
    Problem,
    ProblemError,
    describe,
    label_of,
    suggestion,
    unknown,
)

Row = dict[str, Value]
"""A value for each axis."""


@dataclass(frozen=True)
class Grid:
    """The axes of a matrix and its points, the first axis slowest, added points last."""

    axes: list[Axis]
    points: list[Row]


def read_grid(matrix: Any, top_level: Mapping[str, Any], earlier: Sequence[Any] = ()) -> Grid:
    """The grid of a ``matrix`` mapping; one empty point if there is none.

    Parameters
    ----------
    earlier : matrices whose values ``exclude`` may name although this one has them no
        more, since a profile shortened an axis

    Raises
    ------
    ProblemError
        With what is wrong in it.
    """
    if matrix is None:
        return Grid([], [{}])
    if not isinstance(matrix, dict):
        message = f"must be a mapping of axes (`NAME: [values]`), not {describe(matrix)}"
        raise ProblemError(Problem(("matrix",), message))
    dimensions = read_dimensions(matrix, top_level)
    axes = [axis for dimension in dimensions for axis in dimension.axes]
    excluded = _excluded(matrix.get("exclude"), axes, [labels_of(each) for each in earlier])
    points = [row for row in _product(dimensions) if not _matches_any(row, excluded)]
    if excluded and not points:
        raise ProblemError(Problem(("matrix", "exclude"), "leaves no point of the grid"))
    entries = _entries(matrix.get("include"), "include")
    return _with_added(axes, points if dimensions or not entries else [], entries, top_level)


def labels_of(matrix: Any) -> dict[str, list[str]]:
    """The labels that a matrix gives its axes, of what is well formed in it."""
    labels: dict[str, list[str]] = {}
    for name, content in matrix.items() if isinstance(matrix, dict) else ():
        if name in GRID_RULES:
            continue
        if "," not in name:
            values = content if isinstance(content, dict | list) else []
            labels[name] = [v if isinstance(content, dict) else label_of(v) for v in values]
            continue
        for position, part in enumerate(name.split(",")):
            rows = content if isinstance(content, list) else []
            labels[part.strip()] = [
                label_of(row[position])
                for row in rows
                if isinstance(row, list) and position < len(row)
            ]
    return labels


def _product(dimensions: list[Dimension]) -> Iterator[Row]:
    names = [axis.name for dimension in dimensions for axis in dimension.axes]
    for rows in product(*(dimension.rows for dimension in dimensions)):
        yield dict(zip(names, (value for row in rows for value in row), strict=True))


def _entries(content: Any, rule: str) -> list[dict[str, Any]]:
    if content is None:
        return []
    path: Path = ("matrix", rule)
    form = "[{axis: value, ...}, ...]"
    if not isinstance(content, list):
        raise ProblemError(Problem(path, f"must be a list, {form}, not {describe(content)}"))
    for position, entry in enumerate(content):
        if not isinstance(entry, dict) or not entry:
            place = (*path, position)
            raise ProblemError(Problem(place, f"must be {{axis: value}}, not {describe(entry)}"))
    return content


def _excluded(
    content: Any, axes: list[Axis], before: list[dict[str, list[str]]]
) -> list[dict[str, set[str]]]:
    """Each entry of ``exclude`` as the labels of which each named axis must have one."""
    known = {axis.name: [value.label for value in axis.values] for axis in axes}
    excluded, problems = [], []
    for position, entry in enumerate(_entries(content, "exclude")):
        wanted: dict[str, set[str]] = {}
        for name, choice in entry.items():
            place: Path = ("matrix", "exclude", position, name)
            if name not in known:
                message = f"there is no such axis{suggestion(name, known)}"
                problems.append(Problem(place, message))
                continue
            wanted[name] = {label_of(v) for v in (choice if isinstance(choice, list) else [choice])}
            gone = {label for labels in before for label in labels.get(name, ())}
            problems += [
                Problem(place, unknown("value", label, known[name]))
                for label in sorted(wanted[name] - gone - {*known[name]})
            ]
        excluded.append(wanted)
    if problems:
        raise ProblemError(*problems)
    return excluded


def _matches_any(row: Row, excluded: list[dict[str, set[str]]]) -> bool:
    return any(
        all(row[name].label in labels for name, labels in wanted.items()) for wanted in excluded
    )


def _with_added(
    axes: list[Axis], points: list[Row], entries: list[dict[str, Any]], top_level: Mapping[str, Any]
) -> Grid:
    """The grid with the points of ``include``; without axes, the first of them names the axes."""
    by_name = {axis.name: axis for axis in axes}
    if not axes and entries:
        place: Path = ("matrix", "include", 0)
        for name in entries[0]:
            by_name[name] = Axis(name, (), axis_key(name, (*place, name), top_level))
    points = list(points)
    problems: list[Problem] = []
    for position, entry in enumerate(entries):
        place = ("matrix", "include", position)
        problems += [
            Problem((*place, name), f"there is no such axis{suggestion(name, by_name)}")
            for name in entry
            if name not in by_name
        ]
        missing = [name for name in by_name if name not in entry]
        if missing:
            message = f"gives no value to {', '.join(missing)}; a point has one for each axis"
            problems.append(Problem(place, message))
        if problems:
            continue
        row: Row = {}
        for name in by_name:
            row[name] = Value(label_of(entry[name]), entry[name], (*place, name))
            row[name], by_name[name] = _named(row[name], by_name[name])
        if any(all(row[name].label == point[name].label for name in row) for point in points):
            problems.append(Problem(place, "this point is in the grid already"))
        points.append(row)
    if problems:
        raise ProblemError(*problems)
    return Grid(list(by_name.values()), points)


def _named(value: Value, axis: Axis) -> tuple[Value, Axis]:
    """The axis' value that ``value`` names or equals, else ``value`` and an axis that has it."""
    for there in axis.values:
        if there.label == value.label:
            if there.value != value.value and value.value != there.label:
                message = f"'{value.label}' names another value of this axis"
                raise ProblemError(Problem(value.source, message))
            return there, axis
    return value, replace(axis, values=(*axis.values, value))
