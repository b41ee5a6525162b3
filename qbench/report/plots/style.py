"""The house style: legible at column width, to the colour-blind, and in grey."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from matplotlib import rc_context
from matplotlib.figure import Figure

COLUMN_WIDTH = 3.4
"""Inches: a column of a two-column page."""

OKABE_ITO = (
    "#0072B2",  # blue
    "#D55E00",  # vermilion
    "#009E73",  # bluish green
    "#CC79A7",  # reddish purple
    "#000000",
    "#E69F00",  # orange
    "#56B4E9",  # sky blue
)
"""Okabe and Ito's colours (2008), told apart with any colour vision; their yellow is too faint."""

GREYS = ("#000000", "#6E6E6E", "#3C3C3C", "#9A9A9A")
MARKERS = ("o", "s", "^", "D", "v", "X", "P", "<", "*", ">", "h")
DASHES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (1.5, 1.2)), (0, (5, 1.2, 1.2, 1.2)))

_RC: dict[str, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # matplotlib's own: the same picture everywhere
    "font.size": 7.5,
    "axes.titlesize": 7.5,
    "axes.labelsize": 7.5,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "legend.frameon": False,
    "legend.handlelength": 2.4,
    "legend.columnspacing": 1.2,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#DDDDDD",
    "grid.linewidth": 0.4,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "lines.linewidth": 1.1,
    "lines.markersize": 3.6,
    "savefig.dpi": 300,
    "pdf.fonttype": 42,  # TrueType: text stays text, as journals ask
    "svg.fonttype": "path",  # outlines: the same where the font is missing
    "svg.hashsalt": "qbench",  # equal figures make equal files
}


_LONGEST = 60
"""Signs of a legend's line that fit a column of a page."""


@contextmanager
def house_style() -> Iterator[None]:
    """Everything that is drawn or written inside looks like qbench's figures."""
    with rc_context(_RC):  # type: ignore[arg-type]
        yield


@dataclass(frozen=True)
class Look:
    """How one series is drawn."""

    color: str
    marker: str
    dash: Any


def looks(names: Sequence[str], *, grey: bool = False) -> dict[str, Look]:
    """A look for each series; colour, marker and dashes never all repeat together."""
    colours = GREYS if grey else OKABE_ITO
    return {
        name: Look(
            colours[i % len(colours)], MARKERS[i % len(MARKERS)], DASHES[i // 2 % len(DASHES)]
        )
        for i, name in enumerate(dict.fromkeys(names))
    }


def legend_below(figure: Figure, handles: Sequence[Any], labels: Sequence[str]) -> None:
    """One legend for the figure, outside the data, in as many columns as its words leave room."""
    columns = legend_columns(labels, figure.get_figwidth())
    figure.legend(handles, labels, loc="outside lower center", ncols=columns)


def legend_columns(labels: Sequence[str], width: float) -> int:
    """Columns of a legend that fit a figure of ``width`` inches; 1 at least."""
    longest = max((len(label) for label in labels), default=0)
    columns = 3 if longest <= 12 else 2 if longest <= 26 else 1
    if longest <= _LONGEST:
        columns *= max(1, round(width / COLUMN_WIDTH))
    return max(1, min(columns, len(labels)))
