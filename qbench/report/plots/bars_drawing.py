"""Bars in groups, with intervals and what others have published."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from qbench.report.plots.drawing import bounds_of, panels_of
from qbench.report.plots.source import Drawing
from qbench.report.plots.style import legend_below, looks

_GROUP = 0.8  # of the room of a group
_SIGN = 0.065  # inches, of a name written upwards


def draw_bars(figure: Figure, drawing: Drawing, *, grey: bool) -> None:
    """A group of bars for each ``x``, a bar for each series; panels stand below each other.

    A diamond is a published value, with its interval where it has one.
    """
    points, published = drawing.points, drawing.lines
    names = list(dict.fromkeys(points["x"]))
    styles = looks(list(points["series"]), grey=grey)
    width = _GROUP / len(styles)

    def panel(axes: Axes, rows: pd.DataFrame) -> None:
        for i, (series, look) in enumerate(styles.items()):
            mine = rows[rows["series"] == series]
            shift = (i - (len(styles) - 1) / 2) * width
            place = np.array([names.index(x) + shift for x in mine["x"]])
            bounds = bounds_of(mine["y"], mine["y_low"], mine["y_high"])
            whiskers = {"elinewidth": 0.6, "capsize": 1.5}
            axes.bar(place, mine["y"], 0.9 * width, yerr=bounds, color=look.color, alpha=0.65,
                     error_kw=whiskers)  # fmt: skip
            if len(published):
                same = published["panel"].eq(rows["panel"].iloc[0])
                theirs = published[same & published["series"].eq(series)]
                _diamonds(axes, [names.index(x) + shift for x in theirs["x"]], theirs)
        axes.set_xticks(range(len(names)), names, rotation=90)
        axes.set_xlim(-0.6, len(names) - 0.4)

    swatches = {name: Patch(color=look.color, alpha=0.65) for name, look in styles.items() if name}
    marks = {"published": _diamond()} if len(published) else {}
    handles = swatches | marks
    size = len(handles)
    drawn = panels_of(figure, drawing, panel, shared=True, legend=size, most_columns=1)
    if (points["y"] >= 0).all():  # once all panels, which share it, have what they show
        drawn[0].set_ylim(bottom=0)
    higher = _SIGN * max(map(len, names))
    figure.set_size_inches(figure.get_figwidth(), figure.get_figheight() + higher)
    if handles:
        legend_below(figure, list(handles.values()), list(handles))


def _diamonds(axes: Axes, place: list[float], rows: pd.DataFrame) -> None:
    bounds = bounds_of(rows["y"], rows["y_low"], rows["y_high"])
    axes.errorbar(place, rows["y"], yerr=bounds, fmt="D", color="black", ms=3.2, mfc="white",
                  mew=0.8, elinewidth=0.6, zorder=4)  # fmt: skip


def _diamond() -> Line2D:
    return Line2D([], [], color="black", marker="D", mfc="white", ms=3.2, ls="")
