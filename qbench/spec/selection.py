"""``--only model=hybrid,backend='qiskit*'``: which trials of a plan are meant."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from fnmatch import fnmatchcase

from qbench.exceptions import SpecError
from qbench.spec.problems import unknown


def parse_only(
    text: str, known: Collection[str] | None = None, option: str = "--only"
) -> dict[str, str]:
    """Key -> pattern (``*``, ``?``), from ``key=pattern,key=pattern``.

    A comma inside ``[...]`` belongs to a backend's options, inside ``{...}`` to the label
    of a value that is a mapping; quotes around a pattern are taken off.

    Parameters
    ----------
    known : keys that there are; None leaves them unchecked
    option : the one that it was given to, for messages

    Raises
    ------
    SpecError
        Not of this form, a key given twice, an unknown key.
    """
    patterns: dict[str, str] = {}
    for part in split_commas(text):
        key, equals, pattern = (piece.strip() for piece in part.partition("="))
        if len(pattern) > 1 and pattern[0] == pattern[-1] and pattern[0] in "'\"":
            pattern = pattern[1:-1]
        if not (key and equals and pattern):
            raise SpecError(f"{option} {text}: it is written {option} key=pattern,key=pattern")
        if key in patterns:
            raise SpecError(f"{option} {text}: '{key}' is given twice")
        if known is not None and key not in known:
            raise SpecError(f"{option} {text}: {unknown('key', key, known)}")
        patterns[key] = pattern
    return patterns


def split_commas(text: str) -> list[str]:
    """The parts between commas; one inside ``[...]`` or ``{...}`` belongs to a name or label."""
    parts, depth = [""], 0
    for sign in text:
        depth += (sign in "[{") - (sign in "]}")
        if sign == "," and depth <= 0:
            parts.append("")
        else:
            parts[-1] += sign
    return parts


def selects(patterns: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    """Whether every pattern fits the label of its key.

    A pattern fits a label that equals it, or that it matches as a wildcard
    (brackets are taken literally: they are a backend's options, or a control).
    """
    return all(key in labels and _fits(labels[key], pattern) for key, pattern in patterns.items())


def _fits(label: str, pattern: str) -> bool:
    return label == pattern or fnmatchcase(label, pattern.replace("[", "[[]"))
