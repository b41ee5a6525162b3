"""Times on paper: a line a variant on a logarithmic scale, the floor below them."""

from __future__ import annotations

from math import ceil
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from qbench.report.plots.drawing import bounds_of, log_scale, panels_of
from qbench.report.plots.source import Drawing
from qbench.report.plots.style import COLUMN_WIDTH, legend_below, legend_columns, looks

_FLOORS: tuple[dict[str, Any], ...] = (
    {"color": "#777777", "ls": (0, (3, 2)), "lw": 0.8},
    {"color": "#777777", "ls": (0, (1, 1.5)), "lw": 0.8},
)


_FEW = 7
"""Series that fit a column of a page; more take the width of two."""
_BELOW = 10.0
"""The floor is drawn as far below the fastest call as this; it would squeeze the rest."""


def draw_speed(figure: Figure, drawing: Drawing, *, grey: bool) -> None:
    """Positive times against a size; every panel has the same scale.

    Many series take the width of two columns, three panels in a line.
    """
    styles = looks(list(drawing.points["series"]), grey=grey)
    lowest = _lowest(drawing)
    in_view = drawing.lines[drawing.lines["y"] >= lowest]
    names = list(dict.fromkeys(in_view["series"]))
    floors = {name: _FLOORS[i % len(_FLOORS)] for i, name in enumerate(names)}

    def panel(axes: Axes, rows: pd.DataFrame) -> None:
        below = drawing.lines[drawing.lines["panel"] == rows["panel"].iloc[0]]
        for name, floor in floors.items():
            mine = below[below["series"] == name].sort_values("x")
            axes.plot(mine["x"], mine["y"], zorder=1.5, label=name, **floor)
        for name, look in styles.items():
            mine = rows[rows["series"] == name].sort_values("x")
            if mine.empty:
                continue
            axes.errorbar(
                mine["x"].to_numpy(dtype=float),
                mine["y"].to_numpy(dtype=float),
                yerr=bounds_of(mine["y"], mine["y_low"], mine["y_high"]),
                color=look.color,
                marker=look.marker,
                ls=look.dash,
                elinewidth=0.6,
                capsize=1.5,
                label=name,
                zorder=3,
            )

    wide = len(styles) > _FEW
    width = 2 * COLUMN_WIDTH if wide else COLUMN_WIDTH
    labels = [*styles, *floors]
    drawn = panels_of(
        figure,
        drawing,
        panel,
        shared=True,
        legend=2 * ceil(len(labels) / legend_columns(labels, width)),
        most_columns=3 if wide else 2,
        height=2.2,
        width=width,
    )
    drawn[0].set_ylim(bottom=lowest)
    sizes = np.unique(drawing.points["x"])
    for axes in drawn:
        log_scale(axes, "y")
        if drawing.x_label == "qubits":
            axes.set_xticks(sizes[:: int(np.ceil(len(sizes) / 8))])
        else:
            log_scale(axes, "x")
    handles = [
        Line2D([], [], color=look.color, marker=look.marker, ls=look.dash)
        for look in styles.values()
    ]
    handles += [Line2D([], [], **floor) for floor in floors.values()]
    legend_below(figure, handles, labels)


def _lowest(drawing: Drawing) -> float:
    """Where the scale begins: at the floor, unless that lies far below all calls."""
    fastest = float(drawing.points[["y", "y_low"]].min().min())
    return max(fastest / _BELOW, 0.8 * min(fastest, float(drawing.lines["y"].min())))
