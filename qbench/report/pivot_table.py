"""One metric over any two sets of axes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from qbench.exceptions import UnknownNameError
from qbench.report.cells import interval_cell, interval_column, significant_cell
from qbench.report.frames import (
    LABEL,
    TASK_OF_DRAWS,
    at,
    axes_of,
    column_of,
    from_one_backend,
    metric_column,
    reasons,
)
from qbench.report.table import Column, Table
from qbench.stats import mean_interval
from qbench.store import OK


def pivot_table(
    frame: pd.DataFrame,
    rows: Sequence[str],
    columns: Sequence[str] = (),
    metric: str | None = None,
) -> Table:
    """The mean of a metric over the seeds, with its interval, at each pair of a row and a column.

    Nothing but seeds is averaged: models and axes that vary and were placed in
    neither become rows. So do variants where the metric is a time; an accuracy
    comes from one variant, as in the table of models.

    Parameters
    ----------
    frame : DataFrame
        ``Store.frame(run, each_path=True)``.
    rows, columns : sequences of str
        The suite's axes, or ``model``, ``backend``, ``variant``, ``seed``, ...
    metric : str, optional
        One that is recorded, or a time such as ``step_ms``; by default the leading one.

    Raises
    ------
    UnknownNameError
        An unknown axis or metric, or an axis placed twice; suggests the nearest.
    """
    found = metric_column(frame, metric, times=True)
    if found is None:
        raise UnknownNameError("the run recorded no metric")
    trained = frame[(frame["task"] != TASK_OF_DRAWS) & _measured(frame, found)]
    down = {column_of(key, frame, "--rows"): key for key in rows}
    across = {column_of(key, frame, "--columns"): key for key in columns}
    twice = set(down) & set(across)
    if twice:
        raise UnknownNameError(f"'{down[twice.pop()]}' is in --rows and in --columns")
    added = _unplaced(trained, {*down, *across}, is_time=found.startswith("timings."))
    table = _filled(trained, down | added, across, found)
    table.notes += _notes(trained, added, [*down, *across])
    return table


def _measured(frame: pd.DataFrame, column: str) -> pd.Series[bool]:
    """Rows of methods that the metric is about: a fit has no step."""
    methods = frame.loc[frame[column].notna(), "method"].unique()
    return frame["method"].isin(methods)


def _unplaced(frame: pd.DataFrame, placed: set[str], *, is_time: bool) -> dict[str, str]:
    wanted = {LABEL + axis: axis for axis in axes_of(frame)} | {"method": "model"}
    if is_time:
        wanted["variant"] = "variant"
    return {c: key for c, key in wanted.items() if c not in placed and frame[c].nunique() > 1}


def _filled(
    frame: pd.DataFrame, down: Mapping[str, str], across: Mapping[str, str], metric: str
) -> Table:
    name = metric.partition(".")[2]
    heads = _points(frame, across)
    names = [
        ", ".join(f"{across[c]}={v}" for c, v in head.items() if not pd.isna(v)) or name
        for head in heads
    ]
    numeric = [interval_column(n, n) for n in names]
    title = f"{name} by {', '.join(down.values())}" if down else name
    table = Table(title, [*(Column(c, key, numeric=False) for c, key in down.items()), *numeric])
    for point in _points(frame, down):
        row: dict[str, Any] = dict(point)
        there = at(frame, point)
        for head, key in zip(heads, names, strict=True):
            row |= _cell(key, at(there, head), metric)
        table.rows.append(row)
    return table


def _points(frame: pd.DataFrame, columns: Mapping[str, str]) -> list[dict[str, Any]]:
    if not columns:
        return [{}]
    points = frame[list(columns)].drop_duplicates()
    return [dict(zip(columns, values, strict=True)) for values in points.itertuples(index=False)]


def _cell(key: str, rows: pd.DataFrame, metric: str) -> dict[str, Any]:
    if rows.empty:
        return {}
    chosen = from_one_backend(rows)
    ok = chosen[chosen["status"] == OK]
    interval = mean_interval(ok[metric].to_numpy(dtype=float))
    if metric.startswith("timings."):
        return significant_cell(key, interval)
    return interval_cell(key, interval)


def _notes(frame: pd.DataFrame, added: Mapping[str, str], placed: Sequence[str]) -> Iterator[str]:
    seeds = frame["seed"].nunique()
    if seeds > 1:
        yield f"mean over {seeds} seeds with its 95% t interval"
    else:
        yield "one seed: no interval, and no difference that could be told from chance"
    if added:
        yield f"only seeds are averaged, so these are rows too: {', '.join(added.values())}"
    cells = frame.groupby([*placed, *added], dropna=False)["variant"]
    if (cells.nunique() > 1).any():
        yield "where several backends could be shown: the first whose trials are complete"
    yield from reasons(frame, "variant")
