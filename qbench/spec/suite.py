"""A suite file, loaded: merged, expanded over its experiments and matrix, validated."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from qbench.exceptions import SpecError
from qbench.spec.config import SuiteConfig
from qbench.spec.document import Document, parse, read_document
from qbench.spec.expansion import Expansion
from qbench.spec.merging import Locator, Overlay, split_key
from qbench.spec.point import Point
from qbench.spec.problems import Problem, ProblemError, describe, spec_error, unknown
from qbench.spec.published import published_values


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
    loader = Expansion(document, known_backends, known_datasets)
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
