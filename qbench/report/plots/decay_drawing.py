"""Curves of variances on paper: marks with intervals, fitted lines, theory."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator

from qbench.report.plots.drawing import bounds_of, log_scale, panels_of
from qbench.report.plots.source import Drawing
from qbench.report.plots.style import Look, legend_below, looks

_WIDE_RANGE = 30.0
_FEW = 8
_THEORY: dict[str, Any] = {"marker": "_", "ms": 9, "mew": 0.7, "color": "#444444", "ls": ""}


def draw_decays(figure: Figure, drawing: Drawing, *, grey: bool, shared: bool = True) -> None:
    """Positive values on a logarithmic scale against a number.

    Marks of a series that has a fitted line stand free on it, others are joined.
    Hollow marks are in doubt; theory is a short bar.
    """
    points, lines = drawing.points, drawing.lines
    styles = looks(list(points["series"]), grey=grey)
    wide = points["x"].min() > 0 and points["x"].max() / points["x"].min() >= _WIDE_RANGE

    def panel(axes: Axes, rows: pd.DataFrame) -> None:
        here = lines[lines["panel"] == rows["panel"].iloc[0]] if len(lines) else lines
        for name, look in styles.items():
            mine = rows[rows["series"] == name]
            beside = here[here["series"] == name] if len(here) else here
            if len(mine):
                _curve(axes, mine, beside, look)
        if wide:
            axes.set_xscale("log")
            axes.xaxis.set_minor_locator(NullLocator())
        _ticks(axes, np.unique(points["x"]), wide=wide)

    others = _others(drawing)
    named = [f"{name}, {drawing.said[name]}" if name in drawing.said else name for name in styles]
    shown = named if len(named) > 1 or drawing.said else []
    drawn = panels_of(figure, drawing, panel, shared=shared, legend=len(shown) + len(others))
    for axes in drawn:
        log_scale(axes, "y")
    handles = [
        Line2D([], [], color=look.color, marker=look.marker, ls=look.dash)
        for look in styles.values()
    ]
    if shown or others:
        both = [*(handles if shown else []), *others.values()]
        legend_below(figure, both, [*shown, *others])


def _curve(axes: Axes, rows: pd.DataFrame, beside: pd.DataFrame, look: Look) -> None:
    theory = beside[beside["kind"] == "theory"] if len(beside) else beside
    fit = beside[beside["kind"] == "fit"] if len(beside) else beside
    if len(theory):
        axes.plot(theory["x"], theory["y"], zorder=1.5, **_THEORY)
    if len(fit):
        axes.plot(fit["x"], fit["y"], color=look.color, ls=look.dash, lw=0.9, zorder=2)
    container = axes.errorbar(
        rows["x"].to_numpy(dtype=float),
        rows["y"].to_numpy(dtype=float),
        yerr=bounds_of(rows["y"], rows["y_low"], rows["y_high"]),
        color=look.color,
        marker="" if "hollow" in rows else look.marker,
        ls="" if len(fit) else look.dash,
        elinewidth=0.6,
        capsize=1.5,
        label=rows["series"].iloc[0],
        zorder=3,
    )
    if "hollow" in rows:
        container[0].set_marker("")
        for hollow, marks in rows.groupby("hollow"):
            face = "white" if hollow else look.color
            axes.plot(
                marks["x"], marks["y"], look.marker, color=look.color, mfc=face, mew=0.8, zorder=4
            )


def _others(drawing: Drawing) -> dict[str, Line2D]:
    """Handles for what is no series."""
    found: dict[str, Line2D] = {}
    if len(drawing.lines) and (drawing.lines["kind"] == "theory").any():
        found["theory"] = Line2D([], [], **_THEORY)
    if "hollow" in drawing.points and drawing.points["hollow"].any():
        found["undersampled"] = Line2D([], [], color="#444444", marker="o", mfc="white", ls="")
    return found


def _ticks(axes: Axes, values: Any, *, wide: bool) -> None:
    """The values themselves where there are few, else round numbers."""
    if len(values) <= _FEW:
        axes.xaxis.set_major_locator(FixedLocator(list(values)))
        axes.xaxis.set_major_formatter("{x:g}")
    elif wide:
        log_scale(axes, "x")
    else:
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
