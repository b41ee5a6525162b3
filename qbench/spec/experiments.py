"""``experiments``: several entries of one suite, each a few keys laid over the same base."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError

from qbench.spec.base import Name, problems_of
from qbench.spec.merging import Overlay, split_key
from qbench.spec.problems import Path, Problem, ProblemError, describe, unknown

FIXED = frozenset(
    ("qbench", "name", "description", "profiles", "experiments", "baseline", "budget")
)
"""Keys that hold for a suite as a whole: no experiment may change them."""

_NAME: TypeAdapter[str] = TypeAdapter(Name)


def read_experiments(written: Any, overlays: Sequence[Overlay]) -> dict[str, list[Overlay]]:
    """The overlays of each experiment; empty if the suite has none.

    Parameters
    ----------
    overlays : what a profile or ``--set`` says; ``experiments.NAME: null`` takes an
        experiment away, ``experiments.NAME.key`` is laid over its own keys

    Raises
    ------
    ProblemError
        With everything that is wrong in them.
    """
    experiments = _mapping(written, ("experiments",), ("experiments",))
    problems: list[Problem] = []
    for overlay in overlays:
        if overlay.path[0] != "experiments":
            continue
        try:
            _apply(experiments, overlay)
        except ProblemError as error:
            problems += error.problems
    if problems:
        raise ProblemError(*problems)
    return experiments


def _mapping(written: Any, path: Path, source: Path | None) -> dict[str, list[Overlay]]:
    if written is None:
        return {}
    if not isinstance(written, dict):
        message = f"must be a mapping (`NAME: {{key: value}}`), not {describe(written)}"
        raise ProblemError(Problem(path, message))
    experiments: dict[str, list[Overlay]] = {}
    problems: list[Problem] = []
    for name, content in written.items():
        place = (*path, name)
        try:
            experiments[_name(name, place)] = _overlays(
                content, place, None if source is None else (*source, name)
            )
        except ProblemError as error:
            problems += error.problems
    if problems:
        raise ProblemError(*problems)
    return experiments


def _name(name: str, place: Path) -> str:
    try:
        return _NAME.validate_python(name)
    except ValidationError as error:
        raise ProblemError(Problem(place, problems_of(error)[0].message)) from None


def _overlays(content: Any, place: Path, source: Path | None) -> list[Overlay]:
    if content is None:
        return []
    if not isinstance(content, dict):
        message = f"must be a mapping of dotted keys, not {describe(content)}"
        raise ProblemError(Problem(place, message))
    overlays: list[Overlay] = []
    problems: list[Problem] = []
    for key, value in content.items():
        try:
            path = split_key(key)
        except ProblemError as error:
            problems += [Problem((*place, key), p.message) for p in error.problems]
            continue
        if path[0] in FIXED:
            message = f"`{path[0]}` holds for the whole suite: no experiment changes it"
            problems.append(Problem((*place, key), message))
        overlays.append(Overlay(path, value, None if source is None else (*source, key)))
    if problems:
        raise ProblemError(*problems)
    return overlays


def _apply(experiments: dict[str, list[Overlay]], overlay: Overlay) -> None:
    """Lay one dotted key of a profile or ``--set`` over the experiments."""
    _, *rest = overlay.path
    if not rest:
        if overlay.value is None:
            experiments.clear()
            return
        given = overlay.value
        if not isinstance(given, dict):
            _mapping(given, overlay.path, overlay.source)
        for name, content in given.items():
            source = None if overlay.source is None else (*overlay.source, name)
            _apply_one(experiments, name, content, overlay.path, source)
        return
    name, *key = rest
    if not key:
        _apply_one(experiments, name, overlay.value, overlay.path, overlay.source)
        return
    if name not in experiments:
        raise ProblemError(Problem(overlay.path, unknown("experiment", name, experiments)))
    [inner] = _overlays({".".join(key): overlay.value}, overlay.path[:2], None)
    experiments[name].append(Overlay(inner.path, inner.value, overlay.source))


def _apply_one(
    experiments: dict[str, list[Overlay]],
    name: str,
    content: Any,
    path: Path,
    source: Path | None,
) -> None:
    if content is None:
        if name not in experiments:
            raise ProblemError(Problem(path, unknown("experiment", name, experiments)))
        del experiments[name]
        return
    place = ("experiments", name)
    more = _overlays(content, place, source)
    experiments.setdefault(_name(name, place), []).extend(more)
