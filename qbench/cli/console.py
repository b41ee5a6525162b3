"""Where the command line prints: results on stdout, everything else on stderr."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


_PIPED_WIDTH = 400
"""Columns where no terminal limits them: every column of a table fits."""


@cache
def stdout() -> Console:
    """The console for results; wide enough for a table when piped."""
    from rich.console import Console

    console = Console(highlight=False, markup=False)
    return (
        console
        if console.is_terminal
        else Console(highlight=False, markup=False, width=_PIPED_WIDTH)
    )


@cache
def stderr() -> Console:
    """The console for progress and complaints."""
    from rich.console import Console

    return Console(stderr=True, highlight=False, markup=False)


def complain(message: str) -> None:
    """One error message on stderr."""
    from rich.text import Text

    stderr().print(Text.assemble(("error: ", "bold red"), message), soft_wrap=True)


def note(message: str) -> None:
    """One line of information on stderr."""
    from rich.text import Text

    stderr().print(Text(message, style="dim"), soft_wrap=True)
