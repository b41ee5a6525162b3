"""Options that several verbs share."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

StoreOption = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="URL|PATH",
        help="Results database; default $QBENCH_STORE, else results/qbench.db.",
        show_default=False,
    ),
]


def one_of(kind: type[StrEnum], what: str) -> dict[str, Any]:
    """Arguments of an option that takes a word of ``kind``; another is answered with the nearest.

    ``what`` is the kind's name in the message.
    """

    def parse(text: str) -> StrEnum:
        from qbench.spec.problems import unknown

        if text not in list(kind):
            raise typer.BadParameter(unknown(what, text, kind))
        return kind(text)

    def complete() -> list[str]:
        return list(kind)

    return {"parser": parse, "metavar": "|".join(kind), "autocompletion": complete}


def _seconds(text: str) -> float | None:
    """Seconds of ``15min``, in the words of a suite's budget."""
    from pydantic import ValidationError

    from qbench.spec import Budget

    try:
        return Budget(trial=text).trial  # type: ignore[arg-type]
    except ValidationError as error:
        raise typer.BadParameter(error.errors()[0]["msg"]) from error


TimeoutOption = Annotated[
    float | None,
    typer.Option(
        "--timeout",
        metavar="TIME",
        parser=_seconds,
        help="Wall-clock limit of a trial: 90s, 15min, 2h.",
        show_default=False,
    ),
]
ProfileOption = Annotated[
    str | None, typer.Option("--profile", metavar="NAME", help="Apply this profile of the suite.")
]
QuickOption = Annotated[
    bool, typer.Option("--quick", help="Short for --profile quick: a small run to see it work.")
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Override one key of the suite, e.g. trainer.epochs=2; may be repeated.",
        show_default=False,
    ),
]


def chosen_profile(profile: str | None, quick: bool) -> str | None:
    """The profile that --quick and --profile name together.

    Raises
    ------
    typer.BadParameter
        Both are given and differ.
    """
    if quick and profile not in (None, "quick"):
        raise typer.BadParameter("--quick and --profile name two profiles; give one")
    return "quick" if quick else profile
