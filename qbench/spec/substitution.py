"""Expressions that stand in a suite's data: found, and replaced by their values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from operator import is_
from typing import Any

from qbench.exceptions import SpecError
from qbench.spec.expressions import SYMBOLIC, is_expression, names_in, resolve_expression
from qbench.spec.problems import Path, Problem, ProblemError

_TEXTS = frozenset({"name", "description", "profiles", "matrix", "experiments"})
"""Top-level keys in which ``=...`` stands for nothing."""


def names_read(data: Any) -> set[str]:
    """The names that expressions in plain data read."""
    return {name for _, text in expressions_of(data) for name in _names(text)}


def _names(text: str) -> set[str]:
    try:
        return names_in(text)
    except SpecError:
        return set()


def expressions_of(data: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every ``=expr`` in plain data, with its path."""
    if isinstance(data, dict):
        for key, value in data.items():
            if path or key not in _TEXTS:
                yield from expressions_of(value, (*path, key))
    elif isinstance(data, list):
        for position, value in enumerate(data):
            yield from expressions_of(value, (*path, position))
    elif is_expression(data):
        yield path, data


def substitute(data: dict[str, Any], names: Mapping[str, Any]) -> dict[str, Any]:
    """The data with every ``=expr`` replaced by its value; what holds none is the same object.

    Raises
    ------
    ProblemError
        With every expression that has no value.
    """
    problems: list[Problem] = []

    def resolved(value: Any, path: Path) -> Any:
        if isinstance(value, dict):
            mapping = {key: resolved(inner, (*path, key)) for key, inner in value.items()}
            return value if all(mapping[key] is value[key] for key in value) else mapping
        if isinstance(value, list):
            items = [resolved(inner, (*path, i)) for i, inner in enumerate(value)]
            return value if all(map(is_, items, value)) else items
        if value == SYMBOLIC and path[0] == "models":
            value = f"={SYMBOLIC}"
        if not is_expression(value):
            return value
        try:
            return resolve_expression(value, names)
        except SpecError as error:
            problems.append(Problem(path, str(error)))
            return None

    result = {
        key: value if key in _TEXTS else resolved(value, (key,)) for key, value in data.items()
    }
    if problems:
        raise ProblemError(*problems)
    return result
