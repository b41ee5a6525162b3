"""Marks on paper: a :class:`Drawing` onto the axes of a figure."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, floor
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from qbench.report.plots.source import Drawing, is_numeric
from qbench.report.plots.style import COLUMN_WIDTH, Look, legend_below, looks
from qbench.spec.published import SHARES

_LEGEND_ROW = 0.15  # inches
_ROW = 0.17
_MOST_NUMERIC_TICKS = 8
_WIDE_TITLE = 18  # signs over half a column


def draw_lines(figure: Figure, drawing: Drawing, *, log: bool, grey: bool, shared: bool) -> None:
    """Values along an axis: a line a series, with its interval at each mark.

    Parameters
    ----------
    shared : whether all panels show one quantity, and so one scale
    """
    points = drawing.points
    places = _places(points["x"])
    styles = looks(list(points["series"]), grey=grey)
    step = 0.0 if len(styles) == 1 else 0.36 / (len(styles) - 1)

    def panel(axes: Axes, rows: pd.DataFrame) -> None:
        for i, (name, look) in enumerate(styles.items()):
            mine = rows[rows["series"] == name]
            if mine.empty:
                continue
            # side by side, so that intervals do not hide each other
            x = [places[v] - (0.18 if step else 0) + i * step for v in mine["x"]]
            _line(axes, np.asarray(x), mine, look)
        axes.set_xticks(list(places.values()), _thinned(list(places)))
        axes.set_xlim(-0.5, len(places) - 0.5)
        if not log:
            _from_zero(axes, points)

    drawn = panels_of(figure, drawing, panel, shared=shared, legend=len(styles))
    for axes in drawn if log else ():
        log_scale(axes, "y")
    _legend(figure, styles)


def draw_rows(figure: Figure, drawing: Drawing, *, log: bool, grey: bool) -> None:
    """Values of a few things without an order: a row each, the value along the paper."""
    points = drawing.points
    names = list(dict.fromkeys(points["series"]))
    styles = looks(names, grey=grey)
    titles = list(dict.fromkeys(points["panel"]))
    columns = 1 if len(titles) == 1 else 2
    lines = ceil(len(titles) / columns)
    figure.set_size_inches(COLUMN_WIDTH, 0.5 + lines * (0.35 + _ROW * max(len(names), 2)))
    grid = figure.subplots(lines, columns, squeeze=False, sharey=True)
    for axes, title in zip(grid.flat, titles, strict=False):
        for row in points[points["panel"] == title].itertuples():
            look = styles[row.series]
            place = names.index(row.series)
            bounds = bounds_of(row.y, row.y_low, row.y_high)
            axes.errorbar(row.y, place, xerr=bounds, fmt=look.marker, color=look.color, capsize=2)
        axes.set_yticks(range(len(names)), names)
        axes.set_ylim(len(names) - 0.4, -0.6)
        if log:
            log_scale(axes, "x")
        elif len(points):
            axes.set_xlim(left=0)
        if title:
            axes.set_title(title)
    for axes in list(grid.flat)[len(titles) :]:
        axes.set_visible(False)
    if drawing.y_label:
        figure.supxlabel(drawing.y_label, fontsize=7.5)


def draw_scatter(figure: Figure, drawing: Drawing, *, log_x: bool, grey: bool) -> None:
    """One quantity against another; marks of one series are joined in the run's order."""
    points = drawing.points
    styles = looks(list(points["series"]), grey=grey)

    def panel(axes: Axes, rows: pd.DataFrame) -> None:
        for name, look in styles.items():
            mine = rows[rows["series"] == name]
            if mine.empty:
                continue
            across = None
            if "x_low" in mine:
                across = bounds_of(mine["x"], mine["x_low"], mine["x_high"])
            _line(axes, mine["x"].to_numpy(dtype=float), mine, look, across, width=0.5)

    drawn = panels_of(figure, drawing, panel, shared=True, legend=len(styles))
    for axes in drawn:
        if log_x:
            log_scale(axes, "x")
        if drawing.y_label in SHARES:
            low, high = axes.get_ylim()
            axes.set_ylim(max(low, 0.0), min(high, 1.02))
    _legend(figure, styles)


def draw_bands(figure: Figure, drawing: Drawing, *, grey: bool) -> None:
    """Medians by epoch with their quartiles; validation is dashed and hollow."""
    points = drawing.points
    styles = looks(list(points["series"]), grey=grey)
    haze = 0.14 if len(styles) <= 2 else 0.05

    def panel(axes: Axes, rows: pd.DataFrame) -> None:
        for (name, part), mine in rows.groupby(["series", "part"], sort=False):
            look, dashed = styles[str(name)], part == "validation"
            x = mine["x"].to_numpy(dtype=float)
            axes.fill_between(
                x, mine["y_low"], mine["y_high"], color=look.color, alpha=haze, lw=0, zorder=1
            )
            axes.plot(
                x,
                mine["y"],
                color=look.color,
                ls="--" if dashed else "-",
                marker=look.marker,
                markevery=max(1, len(x) // 6),
                mfc="white" if dashed else look.color,
                label=f"{name} {part}".strip(),
            )
        axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))

    handles = [
        Line2D([], [], color="#444444", ls=ls, marker="o", mfc=face)
        for ls, face in (("-", "#444444"), ("--", "white"))
    ]
    parts = [part for part in ("train", "validation") if part in set(points["part"])]
    named = {name: look for name, look in styles.items() if name}
    panels_of(figure, drawing, panel, shared=True, legend=len(named) + len(parts))
    swatches = [Line2D([], [], color=k.color, marker=k.marker) for k in named.values()]
    legend_below(figure, [*swatches, *handles[: len(parts)]], [*named, *parts])


def draw_matrices(figure: Figure, drawing: Drawing, *, grey: bool) -> None:
    """Confusion matrices: counts in cells that are darker the larger their share of the class."""
    points = drawing.points
    titles = list(dict.fromkeys(points["panel"]))
    wide = points["y"].nunique() > 4 or any(len(title) > 20 for title in titles)
    columns = min(len(titles), 2 if wide else 3)
    lines = ceil(len(titles) / columns)
    figure.set_size_inches(COLUMN_WIDTH, 0.4 + lines * (COLUMN_WIDTH / max(columns, 2) + 0.15))
    grid = figure.subplots(lines, columns, squeeze=False)
    for axes, title in zip(grid.flat, titles, strict=False):
        rows = points[points["panel"] == title]
        names, said = list(dict.fromkeys(rows["y"])), list(dict.fromkeys(rows["x"]))
        size = len(names)
        shares = rows["share"].to_numpy(dtype=float).reshape(size, len(said))
        counts = rows["count"].to_numpy().reshape(size, len(said))
        axes.imshow(shares, cmap="Greys" if grey else "Blues", vmin=0, vmax=1)
        for true, predicted in np.ndindex(size, len(said)):
            text = axes.text(predicted, true, str(counts[true, predicted]), ha="center")
            text.set(va="center", fontsize=7 if size <= 4 else 5)
            text.set_color("white" if shares[true, predicted] > 0.55 else "black")
        axes.set_xticks(range(len(said)), said)
        axes.set_yticks(range(size), names)
        axes.grid(visible=False)
        axes.set_title(_wrapped(title), fontsize=7)
    for axes in list(grid.flat)[len(titles) :]:
        axes.set_visible(False)
    figure.supxlabel(drawing.x_label, fontsize=7.5)
    figure.supylabel(drawing.y_label, fontsize=7.5)


def panels_of(
    figure: Figure,
    drawing: Drawing,
    draw: Callable[[Axes, pd.DataFrame], None],
    *,
    shared: bool,
    legend: int,
    most_columns: int = 2,
    height: float | None = None,
    width: float = COLUMN_WIDTH,
) -> list[Axes]:
    """One panel of the figure for each panel of the drawing.

    Parameters
    ----------
    draw : draws the points of a panel
    shared : whether all have one scale
    legend : entries that it will have, two in a line
    most_columns : panels in a line
    height, width : inches, of a panel (lower where several share a line) and of the figure
    """
    points = drawing.points
    titles = list(dict.fromkeys(points["panel"]))
    columns = min(len(titles), most_columns)
    lines = ceil(len(titles) / columns)
    height = height or (1.9 if columns == 1 else 1.3)
    figure.set_size_inches(width, 0.35 + height * lines + _LEGEND_ROW * ceil(legend / 2))
    grid = figure.subplots(lines, columns, squeeze=False, sharex=True, sharey=shared)
    drawn: list[Axes] = list(grid.flat)[: len(titles)]
    for axes in list(grid.flat)[len(titles) :]:
        axes.set_visible(False)
    for i, (axes, title) in enumerate(zip(drawn, titles, strict=True)):
        draw(axes, points[points["panel"] == title])
        if title:
            axes.set_title(_wrapped(title))
        if i % columns == 0:
            axes.set_ylabel(drawing.y_label)
        if i + columns >= len(titles):  # nothing below it
            axes.set_xlabel(drawing.x_label)
            axes.xaxis.set_tick_params(labelbottom=True)
    return drawn


def _line(
    axes: Axes, x: Any, rows: pd.DataFrame, look: Look, across: Any = None, width: float = 1.1
) -> None:
    axes.errorbar(
        x,
        rows["y"].to_numpy(dtype=float),
        xerr=across,
        yerr=bounds_of(rows["y"], rows["y_low"], rows["y_high"]),
        color=look.color,
        marker=look.marker,
        ls=look.dash,
        lw=width,
        elinewidth=0.6,
        capsize=1.5,
        label=rows["series"].iloc[0],
    )


def bounds_of(middle: Any, low: Any, high: Any) -> Any:
    """Distances to the ends of an interval, as error bars want them; none where there is none."""
    middle, low, high = (np.atleast_1d(np.asarray(v, dtype=float)) for v in (middle, low, high))
    return np.nan_to_num(np.maximum([middle - low, high - middle], 0))


def _places(labels: pd.Series[Any]) -> dict[str, int]:
    """Evenly spaced places: numbers in their order, other labels in the run's."""
    unique = list(dict.fromkeys(labels))
    if is_numeric(unique):
        unique.sort(key=float)
    return {label: i for i, label in enumerate(unique)}


def _thinned(labels: list[str]) -> list[str]:
    """Labels that have room: shortened where words are long, left out between numbers."""
    every = ceil(len(labels) / _MOST_NUMERIC_TICKS)
    room = max(5, 40 // len(labels))
    short = [text if len(text) <= room else text[: room - 1] + "…" for text in labels]
    return [text if i % every == 0 else "" for i, text in enumerate(short)]


def _from_zero(axes: Axes, points: pd.DataFrame) -> None:
    if (points["y"] >= 0).all():
        axes.set_ylim(bottom=0)


def log_scale(axes: Axes, which: str) -> None:
    """A logarithmic scale with two to five round numbers on it, however short it is."""
    axes.set(**{f"{which}scale": "log"})
    low, high = axes.get_xlim() if which == "x" else axes.get_ylim()
    if high / low < 4:
        low, high = low / 1.5, high * 1.5
        axes.set(**{f"{which}lim": (low, high)})
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_locator(FixedLocator(_round_numbers(low, high)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: _written(value)))
    axis.set_minor_locator(NullLocator())


def _round_numbers(low: float, high: float) -> list[float]:
    exponents = np.arange(floor(np.log10(low)), ceil(np.log10(high)) + 1)
    found: list[float] = []
    for digits in ((1,), (1, 3), (1, 2, 5), (1, 1.5, 2, 3, 5, 7)):
        values = [float(f"{d}e{e:.0f}") for e in exponents for d in digits]
        found = [value for value in values if low <= value <= high]
        if len(found) >= 2:
            break
    return found[:: ceil(len(found) / 5)]


def _written(value: float) -> str:
    if 0.01 <= value < 10_000:
        return f"{value:g}"
    exponent = floor(np.log10(value) + 1e-9)
    digits = value / 10.0**exponent
    power = f"10^{{{exponent}}}"
    return f"${power}$" if abs(digits - 1) < 1e-6 else rf"${digits:g}\!\times\!{power}$"


def _legend(figure: Figure, styles: dict[str, Look]) -> None:
    if len(styles) < 2 and not any(styles):
        return
    handles = [
        Line2D([], [], color=look.color, marker=look.marker, ls=look.dash)
        for look in styles.values()
    ]
    legend_below(figure, handles, list(styles))


def _wrapped(title: str) -> str:
    """A title over two lines where one is longer than half a column."""
    wide = len(title.partition("\n")[0]) > _WIDE_TITLE
    return title.replace(", ", "\n", 1) if wide else title
