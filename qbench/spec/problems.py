"""What is wrong with a suite file: collected, placed and told in the user's words."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from qbench.exceptions import SpecError

Path = tuple[str | int, ...]
"""Keys and list positions from the top of the file: ("models", "hybrid", "layers", 0)."""

SHOWN = 10
"""Problems that one message lists; the others are counted."""

PLANNED = "is not yet supported (planned)"


@dataclass(frozen=True)
class Problem:
    """One mistake.

    Attributes
    ----------
    path : the key that it concerns
    place : where the user wrote it, if that is another key's place
    """

    path: Path
    message: str
    place: Path | None = None


class ProblemError(Exception):
    """Carries problems from deep inside a check to the loader, which places them."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = problems


def dotted(path: Iterable[str | int]) -> str:
    """The path as users write it: ``models.hybrid.layers[0].dense``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that resembles ``word`` most, or None if none does."""
    by_folded = {name.lower().replace("-", "_"): name for name in known}
    folded = word.lower().replace("-", "_")
    near = get_close_matches(folded, by_folded, n=3, cutoff=0.6)
    match = [name for name in near if name.startswith(folded)] or near
    if not match and len(folded) > 2:
        match = [name for name in by_folded if name.startswith(folded)]
    return by_folded[match[0]] if match else None


def suggestion(word: str, known: Iterable[str]) -> str:
    """``"; did you mean 'X'?"``, or the list of what there is if nothing is near."""
    names = list(known)
    if match := nearest(word, names):
        return f"; did you mean '{match}'?"
    return f"; known are {', '.join(names)}" if 0 < len(names) <= 25 else ""


def unknown(kind: str, word: str, known: Iterable[str]) -> str:
    """``"unknown KIND 'word'; did you mean 'X'?"``."""
    return f"unknown {kind} '{word}'{suggestion(word, known)}"


def describe(value: object) -> str:
    """What the user wrote, named as in YAML: ``text 'ten'``, ``a list``."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, str):
        return f"text '{value if len(value) <= 60 else value[:57] + '...'}'"
    return "a mapping" if isinstance(value, dict) else "a list"


def label_of(value: object) -> str:
    """What tables call a value: its text, a slot's name, or its JSON."""
    if isinstance(value, str):
        return value.removeprefix("=").strip()
    if isinstance(value, dict) and isinstance(value.get("name"), str):
        return str(value["name"])
    return json.dumps(value)


def spec_error(lines: Sequence[str]) -> SpecError:
    """One error from all lines: duplicates dropped, the first ten shown."""
    distinct = list(dict.fromkeys(lines))
    if len(distinct) > SHOWN:
        distinct = [*distinct[:SHOWN], f"... and {len(distinct) - SHOWN} more"]
    return SpecError("\n".join(distinct))
