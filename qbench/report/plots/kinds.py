"""The kinds of plot: how the figures of each are found and drawn, and files written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from matplotlib.figure import Figure
from pandas.api.types import is_numeric_dtype

from qbench.exceptions import PlotError, UnknownNameError
from qbench.report.plots import accuracy, circuits, confusion, course, speed, variance
from qbench.report.plots.bars_drawing import draw_bars
from qbench.report.plots.decay_drawing import draw_decays
from qbench.report.plots.drawing import (
    draw_bands,
    draw_lines,
    draw_matrices,
    draw_rows,
    draw_scatter,
)
from qbench.report.plots.numbered_drawing import draw_numbered
from qbench.report.plots.source import Drawing, Source
from qbench.report.plots.speed_drawing import draw_speed
from qbench.report.plots.style import house_style

FORMATS = ("png", "svg", "pdf")


@dataclass(frozen=True)
class Kind:
    """A kind of plot: what is drawn, and how."""

    figures: Callable[[Source], Drawing]
    draw: Callable[[Figure, Drawing, bool], None]


def _error(figure: Figure, drawing: Drawing, grey: bool) -> None:
    if drawing.x_label:
        draw_lines(figure, drawing, log=False, grey=grey, shared=True)
    else:
        draw_rows(figure, drawing, log=False, grey=grey)


def _log_values(figure: Figure, drawing: Drawing, grey: bool) -> None:
    if drawing.x_label:
        shared = bool(drawing.y_label)  # panels of different phases have scales of their own
        draw_lines(figure, drawing, log=True, grey=grey, shared=shared)
    else:
        draw_rows(figure, drawing, log=True, grey=grey)


def _scatter(figure: Figure, drawing: Drawing, grey: bool) -> None:
    draw_scatter(figure, drawing, log_x=True, grey=grey)


def _variance(figure: Figure, drawing: Drawing, grey: bool) -> None:
    if is_numeric_dtype(drawing.points["x"]):
        draw_decays(figure, drawing, grey=grey)
    else:
        _log_values(figure, drawing, grey)


KINDS: dict[str, Kind] = {
    "error": Kind(accuracy.error, _error),
    "error-bars": Kind(accuracy.error_bars, lambda f, d, grey: draw_bars(f, d, grey=grey)),
    "learning": Kind(course.learning, lambda f, d, grey: draw_bands(f, d, grey=grey)),
    "time": Kind(course.time, _log_values),
    "accuracy-time": Kind(accuracy.accuracy_time, _scatter),
    "accuracy-parameters": Kind(accuracy.accuracy_parameters, _scatter),
    "speed": Kind(speed.speed, lambda f, d, grey: draw_speed(f, d, grey=grey)),
    "gradient-variance": Kind(variance.gradient_variance, _variance),
    "gradient-depth": Kind(variance.gradient_depth, _variance),
    "gradient-course": Kind(
        variance.gradient_course, lambda f, d, grey: draw_decays(f, d, grey=grey, shared=False)
    ),
    "expressibility": Kind(
        circuits.expressibility, lambda f, d, grey: draw_numbered(f, d, grey=grey)
    ),
    "confusion": Kind(confusion.confusion, lambda f, d, grey: draw_matrices(f, d, grey=grey)),
}


def find_kinds(name: str) -> list[str]:
    """The kinds that a name means: itself, or every one for ``all``.

    Raises
    ------
    UnknownNameError
        No such kind; suggests the nearest.
    """
    if name == "all":
        return list(KINDS)
    if name in KINDS:
        return [name]
    near = get_close_matches(name, [*KINDS, "all"], n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join([*KINDS, 'all'])}"
    raise UnknownNameError(f"no kind of plot {name!r}; {hint}")


def plot(source: Source, kind: str, *, grey: bool = False) -> tuple[Figure, Drawing]:
    """One picture of a run, and the figures in it.

    Raises
    ------
    PlotError
        The run lacks what the kind shows; no picture is made.
    """
    drawing = KINDS[kind].figures(source)
    with house_style():
        figure = Figure(layout="constrained")
        KINDS[kind].draw(figure, drawing, grey)
    return figure, drawing


def write(figure: Figure, path: Path, title: str) -> None:
    """Write a picture in the format that its name ends in; equal pictures are equal files.

    Raises
    ------
    PlotError
        The name ends in no format that is written, or the file cannot be written.
    """
    fmt = path.suffix.removeprefix(".").lower()
    if fmt not in FORMATS:
        raise PlotError(f"{path}: a picture's name ends in {', '.join('.' + f for f in FORMATS)}")
    dates = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with house_style():
            figure.savefig(path, format=fmt, metadata={"Title": title, **dates[fmt]})
    except OSError as error:
        raise PlotError(f"{path} cannot be written: {error.strerror or error}") from error
