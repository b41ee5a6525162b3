"""Experiments, profiles, ``--set`` and axes: dotted keys laid over the suite.

Mappings merge, lists replace, null removes. A slot given by name is normalised
before a dotted key reaches into it; a slot of another name replaces the old one
with its options, except ``data``, whose keys fit every data set. A null for a key
that isn't there stays, so that a key the language doesn't know is refused as anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from qbench.spec.document import Document
from qbench.spec.problems import Path, Problem, ProblemError, describe, dotted, unknown

SLOTS = (
    ("data",),
    ("circuits", "*", "encoding"),
    ("circuits", "*", "ansatz"),
    ("trainer", "optimizer"),
    ("trainer", "scheduler"),
    ("models", "*", "data"),
    ("models", "*", "trainer", "optimizer"),
    ("models", "*", "trainer", "scheduler"),
)
"""Where ``name`` stands for ``{name: ...}``."""

CHOICES = (
    ("circuits", "*", "measure"),
    ("models", "*", "init", "*"),
    ("data", "split", "*"),
    ("models", "*", "data", "split", "*"),
    ("baseline",),
)
"""Mappings whose key is one choice of several: another choice replaces it."""

NAMED = ("circuits", "models")
"""Mappings whose keys the user names."""

FREE = (
    *((name,) for name in NAMED),
    ("matrix",),
    ("matrix", "*"),
    ("search", "space"),
    ("data", "options"),
    ("models", "*", "data", "options"),
)
"""Mappings whose keys are no words of the language."""


@dataclass(frozen=True)
class Overlay:
    """One dotted key and its value.

    Attributes
    ----------
    source : tuple or None
        Where the value stands in the file; None for ``--set``.
    """

    path: tuple[str, ...]
    value: Any
    source: Path | None


def split_key(key: str) -> tuple[str, ...]:
    """The parts of a dotted key; what follows ``matrix.`` or ``search.space.`` is one name."""
    for above in (("matrix",), ("search", "space")):
        if key.startswith(f"{'.'.join(above)}."):
            return (*above, key.removeprefix(f"{'.'.join(above)}."))
    parts = tuple(key.split("."))
    if not all(parts):
        raise ProblemError(Problem((key,), "is no dotted key such as trainer.epochs"))
    return parts


def apply_overlay(data: Mapping[str, Any], overlay: Overlay) -> dict[str, Any]:
    """A copy of the suite with the overlay's value at its key; shares what it doesn't change.

    Raises
    ------
    ProblemError
        The key passes through a list or a plain value, or through a circuit or
        model that doesn't exist.
    """
    try:
        return _put(data, overlay.path, (), overlay.value)
    except ProblemError as error:
        raise ProblemError(*(replace(p, place=overlay.path) for p in error.problems)) from None


def _put(node: Mapping[str, Any], rest: tuple[str, ...], above: Path, value: Any) -> dict[str, Any]:
    key, rest = rest[0], rest[1:]
    here = (*above, key)
    copy = dict(node)
    if not rest:
        _lay(copy, key, value, here)
        return copy
    if above and above[0] in NAMED and len(above) == 1 and key not in node:
        raise ProblemError(Problem(here, unknown(str(above[0]).removesuffix("s"), key, node)))
    copy[key] = _put(_mapping_at(node.get(key), here), rest, here, value)
    return copy


def _mapping_at(value: Any, path: Path) -> Mapping[str, Any]:
    if isinstance(value, dict):
        return value
    if value is None:
        return {}
    if isinstance(value, list):
        raise ProblemError(
            Problem(path, "is a list, and a dotted key passes through no list: replace it whole")
        )
    slot = _slot(value, path)
    if not isinstance(slot, dict):
        raise ProblemError(Problem(path, f"is {describe(value)}, which has no keys below it"))
    return slot


def merge(old: Any, new: Any, path: Path) -> Any:
    """What stands at ``path`` after ``new`` was laid over ``old``."""
    if new == "none" and _matches(path, SLOTS):
        return new
    new = _slot(new, path)
    old = _slot(old, path)
    if not isinstance(new, dict) or not isinstance(old, dict) or _matches(path, CHOICES):
        return new
    other = "name" in new and new["name"] != old.get("name")
    if other and path[-1] != "data" and _matches(path, SLOTS):
        return new
    merged = dict(old)
    for key, value in new.items():
        _lay(merged, key, value, (*path, key))
    return merged


def _lay(node: dict[str, Any], key: str, value: Any, here: Path) -> None:
    if value is not None:
        node[key] = merge(node.get(key), value, here)
    elif node.get(key) is not None or _matches(here[:-1], FREE):
        node.pop(key, None)
    else:
        node[key] = None


def _slot(value: Any, path: Path) -> Any:
    if isinstance(value, str) and _matches(path, SLOTS):
        return {} if value == "none" else {"name": value}
    return value


def _matches(path: Path, patterns: tuple[tuple[str, ...], ...]) -> bool:
    return any(
        len(pattern) == len(path)
        and all(word in ("*", part) for word, part in zip(pattern, path, strict=True))
        for pattern in patterns
    )


@dataclass(frozen=True)
class Locator:
    """Finds where the user wrote what a problem speaks of."""

    document: Document
    overlays: tuple[Overlay, ...] = ()

    def line(self, problem: Problem) -> str:
        """``FILE:LINE:COLUMN: dotted.key: message``."""
        key = dotted(problem.path)
        place = self.where(problem.path if problem.place is None else problem.place)
        return f"{place}: {key + ': ' if key else ''}{problem.message}"

    def where(self, path: Path) -> str:
        """``FILE:LINE:COLUMN``, or ``--set`` for what came from the command line."""
        for overlay in reversed(self.overlays):
            if path[: len(overlay.path)] == overlay.path:
                return self._source(overlay, path[len(overlay.path) :])
        if path not in self.document.positions:
            for overlay in reversed(self.overlays):
                if overlay.path[: len(path)] == path:
                    return self._source(overlay, ())
        return self.document.where(path)

    def _source(self, overlay: Overlay, below: Path) -> str:
        if overlay.source is None:
            return "--set"
        written = (*overlay.source, *below)
        if written[0] in ("matrix", "search"):  # it may itself stand in an experiment or a profile
            return self.where(written)
        return self.document.where(written)
