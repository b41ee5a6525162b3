"""What models achieve: their error, and accuracy against time or parameters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from qbench.exceptions import PlotError
from qbench.report.frames import TASKS_OF_TRAINING, from_one_backend
from qbench.report.plots.source import Drawing, Source, mean_of, median_of
from qbench.report.published import PublishedValues
from qbench.stats import HIGHER_IS_BETTER, Interval
from qbench.store import OK


def error(source: Source) -> Drawing:
    """Error of each method, mean and 95% interval over seeds, along an axis if there is one.

    As in the table of models, the figures of a method come from one backend.
    A metric of which more is better is shown as 1 - metric.
    """
    metric, axis = source.measured("error"), source.main_axis()
    points = []
    for found, ok in _by_method(source):
        point = {"panel": source.panel(found, axis), "series": found["method"]}
        values = _as_error(ok[f"metrics.{metric}"], metric)
        points.append(point | {"x": found.get(axis or "", "")} | mean_of(values, "y"))
    return _drawing(source, points, axis or "", _error_label(metric), "error")


def error_bars(source: Source) -> Drawing:
    """Error by method: a group of bars each, in it a bar for each value of an axis.

    Further axes become panels, but for those that tell no more than the method does (an
    experiment of its own). Published values stand on the bars that they are told beside.
    """
    metric, axis = source.measured("error"), source.main_axis()
    theirs = PublishedValues(source.published, f"metrics.{metric}", source.frame)
    several = source.frame.groupby("method")[[f"labels.{a}" for a in source.axes]].nunique().max()
    apart = [a for a in source.axes if a != axis and several[f"labels.{a}"] > 1]
    points: list[dict[str, Any]] = []
    marks: list[dict[str, Any]] = []
    for found, ok in _by_method(source):
        point: dict[str, Any] = {
            "panel": ", ".join(f"{a} = {found[a]}" for a in apart),
            "series": f"{axis} = {found[axis]}" if axis else "",
            "x": found["method"],
        }
        values = _as_error(ok[f"metrics.{metric}"], metric)
        points.append(point | mean_of(values, "y"))
        if not np.isfinite(points[-1]["y"]):
            continue
        told = (_published(interval, metric) for interval in theirs.intervals(ok))
        marks += [point | {"kind": "published"} | mark for mark in told]
    drawing = _drawing(source, points, "", _error_label(metric), "error by method")
    return replace(drawing, lines=pd.DataFrame(marks))


def _published(value: Interval, metric: str) -> dict[str, float]:
    """A published value as an error: the ends of its interval change places."""
    y, low, high = (_as_error(end, metric) for end in (value.estimate, value.low, value.high))
    low, high = (high, low) if HIGHER_IS_BETTER[metric] else (low, high)
    return {"y": y, "y_low": low, "y_high": high}


def _as_error(value: Any, metric: str) -> Any:
    """A metric of which more is better as 1 - metric."""
    return 1 - value if HIGHER_IS_BETTER[metric] else value


def _error_label(metric: str) -> str:
    if metric == "accuracy":
        return "test error"
    return f"1 - {metric}" if HIGHER_IS_BETTER[metric] else metric


def accuracy_time(source: Source) -> Drawing:
    """A metric against the seconds that training took, a mark a method and backend."""
    metric, axis = source.measured("accuracy"), source.main_axis()
    rows = source.ok(*TASKS_OF_TRAINING)
    several = _variants_of(rows)
    points: list[dict[str, Any]] = []
    for found, group in source.groups(rows, "method", "variant"):
        seconds = _training_seconds(group).dropna()
        values = group[f"metrics.{metric}"]
        if not len(seconds) or values.isna().all():
            continue
        series = found["method"]
        if several[series] > 1:
            series += f" · {found['variant']}"
        point: dict[str, Any] = {"panel": source.panel(found, axis), "series": series}
        points.append(point | mean_of(values, "y") | median_of(seconds, "x"))
    return _drawing(source, points, "training time (s)", metric, "accuracy against time")


def accuracy_parameters(source: Source) -> Drawing:
    """A metric against the number of trained parameters, a mark a method."""
    metric, axis = source.measured("accuracy"), source.main_axis()
    points, uncounted = [], []
    for found, ok in _by_method(source):
        if "counts.parameters_classical" not in ok:
            continue
        counts = [ok.get(f"counts.parameters_{kind}") for kind in ("quantum", "classical")]
        total = sum(c.fillna(0).iloc[0] for c in counts if c is not None)
        if ok["counts.parameters_classical"].isna().all() or total == 0:
            uncounted.append(found["method"])
            continue
        point = {"panel": source.panel(found, axis), "series": found["method"], "x": float(total)}
        points.append(point | mean_of(ok[f"metrics.{metric}"], "y"))
    drawing = _drawing(source, points, "parameters", metric, "accuracy against parameters")
    if uncounted:
        names = ", ".join(dict.fromkeys(uncounted))
        note = f"left out, without a number of parameters: {names}"
        drawing = Drawing(drawing.points, drawing.x_label, drawing.y_label, (*drawing.notes, note))
    return drawing


def _by_method(source: Source) -> Iterator[tuple[dict[str, str], pd.DataFrame]]:
    rows = source.frame[source.frame["task"].isin(TASKS_OF_TRAINING)]
    for found, group in source.groups(rows, "method"):
        chosen = from_one_backend(group)
        ok = chosen[chosen["status"] == OK]
        if len(ok):
            yield found, ok


def _training_seconds(rows: pd.DataFrame) -> pd.Series[float]:
    """Of a training its steps and validations; of an estimator its fit."""
    columns = [rows[c] for c in ("timings.train_s", "timings.fit_s") if c in rows]
    if not columns:
        return pd.Series(dtype=float)
    return columns[0].astype(float).fillna(columns[-1].astype(float))


def _variants_of(rows: pd.DataFrame) -> dict[str, int]:
    counts = rows.groupby("method")["variant"].nunique()
    return {str(method): int(n) for method, n in counts.items()}


def _drawing(
    source: Source, points: list[dict[str, Any]], x_label: str, y_label: str, what: str
) -> Drawing:
    frame = pd.DataFrame(points)
    if not frame.empty:
        frame = frame[frame["y"].notna()]
    if frame.empty:
        raise PlotError(
            f"run {source.run_id} has no finished trial with what {what} needs; "
            "see what ended how: qbench compare"
        )
    joined = "training" in x_label or x_label == "parameters"
    axis = source.main_axis()
    notes = (f"lines join the values of {axis} in their order",) if joined and axis else ()
    return Drawing(frame.reset_index(drop=True), x_label, y_label, notes)
