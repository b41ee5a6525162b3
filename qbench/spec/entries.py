"""A suite's experiments with their grids, before anything in them is validated."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from qbench.spec.config import SuiteConfig
from qbench.spec.document import Document
from qbench.spec.experiments import read_experiments
from qbench.spec.grid import Grid, Row, read_grid
from qbench.spec.matrix import EXPERIMENT, MOST_POINTS, check_used
from qbench.spec.merging import Locator, Overlay, apply_overlay
from qbench.spec.problems import Problem, ProblemError, spec_error, suggestion


@dataclass(frozen=True)
class Entry:
    """One experiment, or the whole suite if it has none: its overlays and its grid."""

    name: str | None
    overlays: tuple[Overlay, ...]
    grid: Grid

    def labels(self, row: Row) -> dict[str, str]:
        """The labels of one point of its grid."""
        named = {} if self.name is None else {EXPERIMENT: self.name}
        return named | {name: value.label for name, value in row.items()}


def read_entries(document: Document, overlays: list[Overlay]) -> list[Entry]:
    """The experiments with their grids, under the overlays that reach them.

    Raises
    ------
    SpecError
        What is wrong with them, a line each.
    """
    locator = Locator(document, tuple(overlays))
    for overlay in overlays:
        if overlay.path[0] == "profiles":
            problem = Problem(overlay.path, "a profile can't be set")
            raise spec_error([locator.line(problem)])
    try:
        named = read_experiments(document.data.get("experiments"), overlays)
    except ProblemError as error:
        raise spec_error([locator.line(problem) for problem in error.problems]) from None
    own: list[tuple[str | None, tuple[Overlay, ...]]]
    own = [(name, tuple(laid)) for name, laid in named.items()] or [(None, ())]
    entries: list[Entry] = []
    everything = (*(overlay for _, laid in own for overlay in laid), *overlays)
    locator = Locator(document, everything)
    missing = _labels_not_there(document.data.get("matrix"), everything)
    lines = [locator.line(problem) for problem in missing]
    idle: list[dict[str, str]] = []
    for name, laid in own:
        locator = Locator(document, (*laid, *overlays))
        try:
            grid, unused = _grid(document, [*laid, *overlays])
        except ProblemError as error:
            lines += [locator.line(problem) for problem in error.problems]
            continue
        entries.append(Entry(name, laid, grid))
        idle.append({str(problem.path[1]): locator.line(problem) for problem in unused})
    if not lines:  # an axis of the base may serve some of the experiments alone
        never = _never_read(entries, idle)
        lines = [line for each in idle for axis, line in each.items() if axis in never]
        lines += _too_many(entries)
    if lines:
        raise spec_error(lines)
    return entries


def all_labels(entries: list[Entry]) -> dict[str, list[str]]:
    """Every axis of any experiment with its labels; ``experiment`` first."""
    found: dict[str, dict[str, None]] = {}
    for entry in entries:
        if entry.name is not None:
            found.setdefault(EXPERIMENT, {})[entry.name] = None
    for entry in entries:
        for axis in entry.grid.axes:
            found.setdefault(axis.name, {}).update(dict.fromkeys(v.label for v in axis.values))
    return {axis: list(labels) for axis, labels in found.items()}


def _grid(document: Document, overlays: list[Overlay]) -> tuple[Grid, list[Problem]]:
    """The grid of the suite under overlays, and what is wrong with axes that nothing reads."""
    data: dict[str, Any] = dict(document.data)
    for key in ("profiles", "experiments"):
        data.pop(key, None)
    for overlay in overlays:
        if overlay.path[0] != "experiments":
            data = apply_overlay(data, overlay)
    written = [document.data.get("matrix")]
    written += [_as_matrix(overlay) for overlay in overlays if overlay.path[0] == "matrix"]
    grid = read_grid(data.get("matrix"), SuiteConfig.model_fields, written)
    return grid, check_used(grid.axes, data)


def _labels_not_there(written: Any, overlays: Sequence[Overlay]) -> Iterator[Problem]:
    """Values that a null takes away from an axis and that nobody has given it."""
    matrices = [written, *(_as_matrix(o) for o in overlays if o.path[0] == "matrix")]
    labelled = [
        {name: content for name, content in matrix.items() if isinstance(content, dict)}
        for matrix in matrices
        if isinstance(matrix, dict)
    ]
    for matrix in labelled:
        for name, content in matrix.items():
            others = (m.get(name, ()) for m in labelled if m is not matrix)
            there = dict.fromkeys(label for labels in others for label in labels)
            gone = [label for label, value in content.items() if value is None]
            for label in gone if there else ():
                if label not in there:
                    message = (
                        "null takes a value away, and this axis has none of that name"
                        f"{suggestion(label, there)}; a value that empties the key is `none`"
                    )
                    yield Problem(("matrix", name, label), message)


def _as_matrix(overlay: Overlay) -> Any:
    return overlay.value if len(overlay.path) == 1 else {overlay.path[1]: overlay.value}


def _too_many(entries: list[Entry]) -> list[str]:
    points = sum(len(entry.grid.points) for entry in entries)
    if points <= MOST_POINTS:
        return []
    return [f"experiments: make {points} points together, more than {MOST_POINTS}"]


def _never_read(entries: list[Entry], idle: list[dict[str, str]]) -> set[str]:
    """Axes that change nothing in any experiment that has them."""
    read = {
        axis.name
        for entry, unread in zip(entries, idle, strict=True)
        for axis in entry.grid.axes
        if axis.name not in unread
    }
    return {axis for unread in idle for axis in unread} - read
