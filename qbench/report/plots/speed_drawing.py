"""Times on paper: a line a variant on a logarithmic scale, the floor below them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from qbench.report.plots.drawing import bounds_of, log_scale, panels_of
from qbench.report.plots.source import Drawing
from qbench.report.plots.style import legend_below, looks

_FLOORS: tuple[dict[str, Any], ...] = (
    {"color": "#777777", "ls": (0, (3, 2)), "lw": 0.8},
    {"color": "#777777", "ls": (0, (1, 1.5)), "lw": 0.8},
)


def draw_speed(figure: Figure, drawing: Drawing, *, grey: bool) -> None:
    """Positive times against a size; every panel has the same scale."""
    styles = looks(list(drawing.points["series"]), grey=grey)
    names = list(dict.fromkeys(drawing.lines["series"]))
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

    drawn = panels_of(figure, drawing, panel, shared=True, legend=len(styles) + len(floors))
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
    legend_below(figure, handles, [*styles, *floors])
