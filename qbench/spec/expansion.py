"""A suite's points: every experiment's grid merged, validated and checked."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from qbench.exceptions import SpecError
from qbench.spec.base import problems_of
from qbench.spec.checks import check, check_reference, completed, methods
from qbench.spec.config import SuiteConfig
from qbench.spec.document import Document
from qbench.spec.entries import all_labels, read_entries
from qbench.spec.grid import Row
from qbench.spec.matrix import Axis
from qbench.spec.merging import Locator, Overlay, apply_overlay
from qbench.spec.point import Point
from qbench.spec.problems import ProblemError, spec_error
from qbench.spec.published import MODEL, misplaced
from qbench.spec.search import Space, as_overlays, read_space, unknown_baselines
from qbench.spec.substitution import expressions_of, substitute


class Expansion:
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
        entries = read_entries(self.document, overlays)
        labels = all_labels(entries)
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

    def validated_config(self, data: dict[str, Any], names: dict[str, Any]) -> SuiteConfig:
        """The configuration; values that another point had too are validated once."""
        shared = {
            k: self.validated[k, id(v)][1] for k, v in data.items() if (k, id(v)) in self.validated
        }
        unwritten = {key for key in SuiteConfig.model_fields if data.get(key) is None}
        fresh = {k: v for k, v in data.items() if k not in shared and k not in unwritten}
        resolved = substitute(fresh, names)
        config = SuiteConfig.model_validate(resolved | shared)
        for key, value in fresh.items():
            if resolved[key] is value:
                self.validated[key, id(value)] = (value, getattr(config, key))
        return config


@dataclass(frozen=True)
class _Maker:
    """Makes the configurations of one point of a grid: its own, and those that it searches."""

    loader: Expansion
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


def _places(points: list[Point], labels: dict[str, list[str]]) -> dict[str, list[str]]:
    """What a published value can be told beside: the axes' labels, and what is trained."""
    trained = [point.config for point in points if point.config.task == "train"]
    named = dict.fromkeys(name for config in trained for name in methods(config))
    return {MODEL: list(named), **labels}


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
