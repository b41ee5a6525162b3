"""A suite file, loaded: merged, expanded over its experiments and matrix, validated."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from qbench.exceptions import SpecError
from qbench.spec.base import problems_of
from qbench.spec.checks import check, check_reference, completed, methods
from qbench.spec.config import SuiteConfig
from qbench.spec.document import Document, parse, read_document
from qbench.spec.experiments import read_experiments
from qbench.spec.grid import Grid, Row, read_grid
from qbench.spec.matrix import (
    EXPERIMENT,
    MOST_POINTS,
    Axis,
    check_used,
    expressions_of,
    substitute,
)
from qbench.spec.merging import Locator, Overlay, apply_overlay, split_key
from qbench.spec.problems import Problem, ProblemError, describe, spec_error, unknown
from qbench.spec.published import MODEL, misplaced, published_values
from qbench.spec.search import Space, as_overlays, read_space, unknown_baselines


@dataclass(frozen=True)
class Point:
    """One combination of an experiment's matrix: its labels, and the suite there.

    Attributes
    ----------
    space : what is searched there, or None
    options : options of baselines that a search gives them, by their names
    """

    labels: dict[str, str]
    config: SuiteConfig
    locator: Locator = field(repr=False, compare=False)
    space: Space | None = field(default=None, repr=False, compare=False)
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """That of the suite's file."""
        return self.locator.document.path.absolute().parent

    def error(self, *problems: Problem) -> SpecError:
        """Mistakes that show only once the data is known, told with their places in the file."""
        return spec_error([self.locator.line(problem) for problem in problems])


@dataclass(frozen=True)
class Suite:
    """A valid suite.

    Attributes
    ----------
    text : str
        The file as it was read.
    profile : str or None
        The profile that was applied; ``profiles`` lists all.
    axes : dict
        Axis -> labels, in the file's order; ``experiment`` first, if there are any.
    points : list of Point
        Experiment by experiment its grid, first axis slowest; one point without labels
        if there are neither experiments nor a matrix.
    """

    path: Path
    text: str = field(repr=False)
    profile: str | None
    profiles: list[str]
    axes: dict[str, list[str]]
    points: list[Point] = field(repr=False)

    @property
    def config(self) -> SuiteConfig:
        """The suite at its first point; keys that no axis varies are the same at all points.

        Experiments may have seeds and backends of their own.
        """
        return self.points[0].config

    @property
    def name(self) -> str:
        """The suite's name."""
        return self.config.name

    @property
    def description(self) -> str:
        """What the author says of it."""
        return self.config.description

    @property
    def task(self) -> str:
        """``train``."""
        return self.config.task

    @property
    def seeds(self) -> list[int]:
        """Every seed of any experiment; a count n stands for 0 to n - 1."""
        return list(dict.fromkeys(seed for point in self.points for seed in point.config.seeds))

    @property
    def fix(self) -> list[str]:
        """Streams that stay at the first seed: split, init, batches."""
        return list(self.config.fix)

    @property
    def published(self) -> list[dict[str, Any]]:
        """Published values as plain JSON; one of some experiments alone names them in ``where``."""
        return published_values((point.labels, point.config.published) for point in self.points)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the resolved value, whatever its text; in hexadecimal."""
        value = [[point.labels, self.resolved(point)] for point in self.points]
        return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()

    def resolved(self, point: Point) -> dict[str, Any]:
        """The point's configuration as plain JSON, every default written out."""
        return point.config.model_dump(mode="json")


def load_suite(
    path: str | Path,
    profile: str | None = None,
    overrides: Sequence[str] = (),
    *,
    known_backends: Collection[str] | None = None,
    known_datasets: Collection[str] | None = None,
) -> Suite:
    """Read a suite file and check everything that can be checked without running it.

    Parameters
    ----------
    profile : the profile to apply, such as ``quick``
    overrides : ``dotted.key=YAML value`` texts (``--set``), applied last, in order
    known_backends, known_datasets : names that exist; None leaves them unchecked
        ``known_datasets`` may map each name to the names of its options.

    Raises
    ------
    SpecError
        All problems, one a line:
        ``FILE:LINE:COLUMN: dotted.key: what is wrong; did you mean 'X'?``.
    """
    document = read_document(path)
    profiles = _profiles(document)
    if profile is not None and profile not in profiles:
        place = document.where(("profiles",))
        raise SpecError(f"{place}: profiles: {unknown('profile', profile, profiles)}")
    loader = _Loader(document, known_backends, known_datasets)
    settings = [_override(text) for text in overrides]
    suite = loader.load([*profiles.get(profile or "", ()), *settings])
    for name, overlays in profiles.items():
        if name != profile:
            loader.load(overlays, first_only=True)
    return Suite(document.path, document.text, profile, list(profiles), *suite)


def _profiles(document: Document) -> dict[str, list[Overlay]]:
    written = document.data.get("profiles") or {}
    locator = Locator(document)
    if not isinstance(written, dict):
        problem = Problem(("profiles",), f"must be a mapping, not {describe(written)}")
        raise SpecError(locator.line(problem))
    profiles: dict[str, list[Overlay]] = {}
    lines: list[str] = []
    for name, content in written.items():
        place = ("profiles", name)
        if not isinstance(content, dict):
            message = f"must be a mapping of dotted keys, not {describe(content)}"
            lines.append(locator.line(Problem(place, message)))
            continue
        try:
            profiles[name] = [
                Overlay(split_key(key), value, (*place, key)) for key, value in content.items()
            ]
        except ProblemError as error:
            lines += [locator.line(Problem((*place, *p.path), p.message)) for p in error.problems]
    if lines:
        raise spec_error(lines)
    return profiles


def _override(text: str) -> Overlay:
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise SpecError(f"--set {text}: it is written --set dotted.key=value")
    data, _ = parse(value, f"--set {key.strip()}")
    try:
        return Overlay(split_key(key.strip()), data, None)
    except ProblemError as error:
        raise SpecError(f"--set {text}: {error.problems[0].message}") from None


@dataclass(frozen=True)
class _Entry:
    """One experiment, or the whole suite if it has none: its overlays and its grid."""

    name: str | None
    overlays: tuple[Overlay, ...]
    grid: Grid

    def labels(self, row: Row) -> dict[str, str]:
        named = {} if self.name is None else {EXPERIMENT: self.name}
        return named | {name: value.label for name, value in row.items()}


class _Loader:
    """Validates one document under different profiles and overrides."""

    def __init__(
        self,
        document: Document,
        known_backends: Collection[str] | None,
        known_datasets: Collection[str] | None,
    ) -> None:
        self.document = document
        self.known = (known_backends, known_datasets)
        self.validated: dict[tuple[str, int], tuple[Any, Any]] = {}
        """Top-level values as written (by identity) and validated: points share most of them."""

    def load(
        self, overlays: list[Overlay], first_only: bool = False
    ) -> tuple[dict[str, list[str]], list[Point]]:
        """Axes and points; every problem of the file in one error."""
        lines: list[str] = []
        entries = self._entries(overlays)
        labels = _all_labels(entries)
        written = ("profiles", "matrix", "experiments")
        data = {key: v for key, v in self.document.data.items() if key not in written}
        points: list[Point] = []
        for entry in entries:
            for row in entry.grid.points:
                axes = _axis_overlays(entry.grid.axes, row)
                laid = (*entry.overlays, *axes, *overlays)
                locator = Locator(self.document, laid)
                try:
                    maker = _Maker(self, data, entry.grid.axes, row, laid, labels)
                    point = Point(entry.labels(row), maker.config(laid), locator)
                    if point.config.search is not None:
                        point = replace(point, space=maker.space(point))
                    points.append(point)
                except ProblemError as error:
                    lines += [locator.line(problem) for problem in error.problems]
                except SpecError as error:  # of a value that is searched, with its place
                    lines += str(error).splitlines()
                if first_only or len(set(lines)) > 20:
                    break
        lines = lines or self._misplaced(points, labels, bool(overlays))
        if lines:
            raise spec_error(lines)
        return labels, points

    def _misplaced(
        self, points: list[Point], labels: dict[str, list[str]], shortened: bool
    ) -> list[str]:
        """Published values of rows that the suite doesn't have, with no profile either."""
        each = {id(point.config.published): point for point in points}.values()
        known = _places(points, labels)

        def told() -> list[str]:
            return [
                point.locator.line(problem)
                for point in each
                for problem in misplaced(point.config.published, known)
            ]

        if shortened and told():
            try:
                whole_labels, whole = self.load([])
            except SpecError:
                return told()
            for axis, there in _places(whole, whole_labels).items():
                known[axis] = [*known.get(axis, ()), *there]
        return told()

    def _entries(self, overlays: list[Overlay]) -> list[_Entry]:
        """The experiments with their grids, under the overlays that reach them."""
        locator = Locator(self.document, tuple(overlays))
        for overlay in overlays:
            if overlay.path[0] == "profiles":
                problem = Problem(overlay.path, "a profile can't be set")
                raise spec_error([locator.line(problem)])
        try:
            named = read_experiments(self.document.data.get("experiments"), overlays)
        except ProblemError as error:
            raise spec_error([locator.line(problem) for problem in error.problems]) from None
        own: list[tuple[str | None, tuple[Overlay, ...]]]
        own = [(name, tuple(laid)) for name, laid in named.items()] or [(None, ())]
        entries: list[_Entry] = []
        lines: list[str] = []
        idle: list[dict[str, str]] = []
        for name, laid in own:
            locator = Locator(self.document, (*laid, *overlays))
            try:
                grid, unused = self._grid([*laid, *overlays])
            except ProblemError as error:
                lines += [locator.line(problem) for problem in error.problems]
                continue
            entries.append(_Entry(name, laid, grid))
            idle.append({str(problem.path[1]): locator.line(problem) for problem in unused})
        if not lines:  # an axis of the base may serve some of the experiments alone
            never = _never_read(entries, idle)
            lines = [line for each in idle for axis, line in each.items() if axis in never]
            lines += _too_many(entries)
        if lines:
            raise spec_error(lines)
        return entries

    def _grid(self, overlays: list[Overlay]) -> tuple[Grid, list[Problem]]:
        """The grid of the suite under overlays, and what is wrong with axes that nothing reads."""
        data: dict[str, Any] = dict(self.document.data)
        for key in ("profiles", "experiments"):
            data.pop(key, None)
        for overlay in overlays:
            if overlay.path[0] != "experiments":
                data = apply_overlay(data, overlay)
        written = [self.document.data.get("matrix")]
        written += [_as_matrix(overlay) for overlay in overlays if overlay.path[0] == "matrix"]
        grid = read_grid(data.get("matrix"), SuiteConfig.model_fields, written)
        return grid, check_used(grid.axes, data)

    def validated_config(self, data: dict[str, Any], names: dict[str, Any]) -> SuiteConfig:
        """The configuration; values that another point had too are validated once."""
        shared = {
            k: self.validated[k, id(v)][1] for k, v in data.items() if (k, id(v)) in self.validated
        }
        fresh = {key: value for key, value in data.items() if key not in shared}
        resolved = substitute(fresh, names)
        config = SuiteConfig.model_validate(resolved | shared)
        for key, value in fresh.items():
            if resolved[key] is value:
                self.validated[key, id(value)] = (value, getattr(config, key))
        return config


@dataclass(frozen=True)
class _Maker:
    """Makes the configurations of one point of a grid: its own, and those that it searches."""

    loader: _Loader
    data: dict[str, Any]
    axes: list[Axis]
    values: Row
    overlays: tuple[Overlay, ...]
    labels: dict[str, list[str]]

    def config(self, overlays: tuple[Overlay, ...]) -> SuiteConfig:
        """The suite under overlays, checked."""
        data = self._laid(overlays)
        try:
            config = completed(self.loader.validated_config(data, self._names(data)))
        except ValidationError as error:
            raise ProblemError(*problems_of(error)) from None
        problems = [*check(config, *self.loader.known), *check_reference(config, self.labels)]
        if problems:
            raise ProblemError(*problems)
        return config

    def space(self, point: Point) -> Space:
        """What the point searches, each value tried alone."""
        written = self._laid(self.overlays)["search"]["space"]
        dimensions = read_space(written, SuiteConfig.model_fields, self.axes)
        baselines = [baseline.name for baseline in point.config.baselines]
        if problems := unknown_baselines(dimensions, baselines):
            raise ProblemError(*problems)
        space = Space(dimensions, lambda row: self._at(row, point))
        for dimension in dimensions:
            for values in dimension.rows:
                space.at(space.row(dimension, values))
        return space

    def _at(self, row: Row, point: Point) -> Point:
        laid, options = as_overlays(row)
        everything = (*self.overlays, *laid)
        names = self._names(self._laid(self.overlays))
        given = {name: substitute(each, names) for name, each in options.items()}
        locator = Locator(self.loader.document, everything)
        try:
            config = self.config(everything)
        except ProblemError as error:
            raise spec_error([locator.line(problem) for problem in error.problems]) from None
        return Point(point.labels, config, locator, options=given)

    def _laid(self, overlays: tuple[Overlay, ...]) -> dict[str, Any]:
        data = self.data
        for overlay in overlays:
            if overlay.path[0] not in ("matrix", "experiments"):
                data = apply_overlay(data, overlay)
        return data

    def _names(self, data: Mapping[str, Any]) -> dict[str, Any]:
        names = _names(self.axes, self.values)
        classes = data["data"].get("classes") if isinstance(data.get("data"), dict) else None
        if isinstance(classes, list):
            names["n_classes"] = len(classes)
        return names


def _as_matrix(overlay: Overlay) -> Any:
    return overlay.value if len(overlay.path) == 1 else {overlay.path[1]: overlay.value}


def _too_many(entries: list[_Entry]) -> list[str]:
    points = sum(len(entry.grid.points) for entry in entries)
    if points <= MOST_POINTS:
        return []
    return [f"experiments: make {points} points together, more than {MOST_POINTS}"]


def _all_labels(entries: list[_Entry]) -> dict[str, list[str]]:
    """Every axis of any experiment with its labels; ``experiment`` first."""
    found: dict[str, dict[str, None]] = {}
    for entry in entries:
        if entry.name is not None:
            found.setdefault(EXPERIMENT, {})[entry.name] = None
    for entry in entries:
        for axis in entry.grid.axes:
            found.setdefault(axis.name, {}).update(dict.fromkeys(v.label for v in axis.values))
    return {axis: list(labels) for axis, labels in found.items()}


def _places(points: list[Point], labels: dict[str, list[str]]) -> dict[str, list[str]]:
    """What a published value can be told beside: the axes' labels, and what is trained."""
    trained = [point.config for point in points if point.config.task == "train"]
    named = dict.fromkeys(name for config in trained for name in methods(config))
    return {MODEL: list(named), **labels}


def _never_read(entries: list[_Entry], idle: list[dict[str, str]]) -> set[str]:
    """Axes that change nothing in any experiment that has them."""
    read = {
        axis.name
        for entry, unread in zip(entries, idle, strict=True)
        for axis in entry.grid.axes
        if axis.name not in unread
    }
    return {axis for unread in idle for axis in unread} - read


def _axis_overlays(axes: list[Axis], values: Row) -> Iterator[Overlay]:
    for axis in axes:
        if axis.key is not None:
            value = values[axis.name]
            yield Overlay(axis.key, value.value, value.source)


def _names(axes: list[Axis], values: Row) -> dict[str, Any]:
    """What expressions read at a point: the values of the axes that are no dotted keys."""
    written = {axis.name: values[axis.name].value for axis in axes if axis.key is None}
    open_names = {name for name, value in written.items() if any(expressions_of({"": value}))}
    plain = {name: value for name, value in written.items() if name not in open_names}
    others = {name: written[name] for name in written if name in open_names}
    return plain | substitute(others, plain)
