"""Marks that go by a number, with the list of names beneath."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.transforms import Bbox

from qbench.report.plots.drawing import bounds_of, log_scale, panels_of
from qbench.report.plots.source import Drawing
from qbench.report.plots.style import legend_below, looks

_AWAY = (7.0, 11.0, 16.0)
"""Distances of a number from its mark that are tried, in points."""


def draw_numbered(figure: Figure, drawing: Drawing, *, grey: bool) -> None:
    """One mark a thing on a logarithmic x, each with its number; names are in the legend."""
    names = list(dict.fromkeys(drawing.points["series"]))
    numbers = {name: str(i) for i, name in enumerate(names, 1)}
    look = next(iter(looks(["one"], grey=grey).values()))

    def panel(axes: Axes, rows: pd.DataFrame) -> None:
        axes.errorbar(
            rows["x"],
            rows["y"],
            yerr=bounds_of(rows["y"], rows["y_low"], rows["y_high"]),
            fmt="o",
            ms=3,
            color=look.color,
            elinewidth=0.6,
            label="circuits",
        )
        axes.margins(0.12)
        for bias in _biases(drawing, str(rows["panel"].iloc[0])):
            axes.axvline(bias, color="#444444", lw=0.7, ls=(0, (3, 2)), zorder=1)

    drawn = panels_of(figure, drawing, panel, shared=True, legend=len(names) + 1, most_columns=1)
    for axes in drawn:
        log_scale(axes, "x")
    handles: list[Any] = [
        Line2D(
            [], [], ls="", marker=f"${number}$", color="black", mew=0, ms=3.2 + 1.8 * len(number)
        )
        for number in numbers.values()
    ]
    labels = [*names]
    if len(drawing.lines):
        handles.append(Line2D([], [], color="#444444", lw=0.7, ls=(0, (3, 2))))
        labels.append("Haar states")
    legend_below(figure, handles, labels)
    figure.draw_without_rendering()  # numbers are placed on the finished layout
    titles = list(dict.fromkeys(drawing.points["panel"]))
    for axes, title in zip(drawn, titles, strict=True):
        _number(axes, drawing.points[drawing.points["panel"] == title], numbers)


def _biases(drawing: Drawing, panel: str) -> list[float]:
    if drawing.lines.empty:
        return []
    here = drawing.lines[drawing.lines["panel"] == panel]
    return sorted(set(here["x"]))


def _number(axes: Axes, rows: pd.DataFrame, numbers: dict[str, str]) -> None:
    """Each number beside its mark, where it covers least of the marks and numbers so far."""
    scale = float(axes.get_figure(root=True).dpi) / 72  # type: ignore[union-attr]
    marks = axes.transData.transform(rows[["x", "y"]].to_numpy(dtype=float))
    taken = [_box(place, 4 * scale, 4 * scale) for place in marks]
    for place, name in zip(marks, rows["series"], strict=True):
        text = numbers[name]
        size = (4.2 * len(text) * scale, 6 * scale)
        steps = [
            np.array([np.cos(turn), np.sin(turn)]) * away * scale
            for away, turn in product(_AWAY, np.linspace(0, 2 * np.pi, 12, endpoint=False))
        ]
        step = min(steps, key=lambda s: _cost(_box(place + s, *size), taken, axes.bbox))
        taken.append(_box(place + step, *size))
        axes.annotate(
            text,
            rows.loc[rows["series"] == name, ["x", "y"]].iloc[0].tolist(),
            xytext=tuple(step / scale),
            textcoords="offset points",
            ha="center",
            va="center",
            fontsize=6,
            arrowprops={"arrowstyle": "-", "lw": 0.3, "color": "#888888", "shrinkB": 1},
        )


def _box(centre: Any, width: float, height: float) -> Bbox:
    x, y = centre
    return Bbox.from_extents(x - width / 2, y - height / 2, x + width / 2, y + height / 2)


def _cost(box: Bbox, taken: list[Bbox], inside: Any) -> float:
    """Square pixels of others that a box covers; as much again for what leaves the panel."""
    over = [Bbox.intersection(box, other) for other in taken]
    covered = sum(each.width * each.height for each in over if each is not None)
    left = Bbox.intersection(box, inside)
    return covered + 10 * (box.width * box.height - (left.width * left.height if left else 0.0))
