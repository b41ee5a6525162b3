"""Times of circuits against their size, with the floor that memory bandwidth sets."""

from __future__ import annotations

from typing import Any

import pandas as pd

from qbench.exceptions import PlotError
from qbench.report.plots.source import Drawing, Source, is_numeric
from qbench.report.timings import BATCH, CALL, MEASURE, TASK_OF_SPEED, names_of

QUBITS = "counts.n_qubits"
FLOOR = "metrics.floor_s"

MOST_PANELS = 12


def speed(source: Source) -> Drawing:
    """A warm call's median with its 95% interval, by variant, against the number of qubits.

    Where all circuits are of one size it is against the batch size, and against any axis of
    numbers that the user asks for. A panel for each circuit, measure, batch size and value of
    the axes that don't set the size.
    """
    rows = source.ok(TASK_OF_SPEED)
    if rows.empty:
        raise PlotError(f"run {source.run_id} has no finished timing: it needs `task: speed`")
    x = QUBITS if rows[QUBITS].nunique() > 1 else BATCH
    if source.by is not None:
        x = f"labels.{source.by}"
        if not is_numeric(rows[x].unique()):
            raise PlotError(f"run {source.run_id}: {source.by} has no numbers to lay times out by")
    rows = rows.assign(x=rows[x].astype(float))
    others, names = _others(source, rows, x), names_of(rows, in_picture=True)
    others += ["method"] if rows["method"].nunique() > 1 else []
    points: list[dict[str, Any]] = []
    lines: list[dict[str, Any]] = []
    for found, group in source.groups(rows, "method", "variant", "precision"):
        panel = _panel(found, others)
        for _, row in group.iterrows():
            figures = {"x": row["x"], **_milliseconds(row)}
            points.append({"panel": panel, "series": names[found["variant"]], **figures})
            floor = {"x": row["x"], "y": 1e3 * float(row[FLOOR])}
            name = f"memory floor, {found['precision']}"
            lines.append({"panel": panel, "series": name, "kind": "floor", **floor})
    drawn = pd.DataFrame(points).drop_duplicates(["panel", "series", "x"])
    source.refuse_many(drawn["panel"].nunique(), "speed", MOST_PANELS)
    floors = pd.DataFrame(lines).groupby(["panel", "series", "kind", "x"], sort=False)["y"].median()
    label = {QUBITS: "qubits", BATCH: "batch size"}.get(x, x.removeprefix("labels."))
    note = "medians over rounds with 95% intervals; floor: a pass over the states for each gate"
    return Drawing(drawn, label, "ms a call", (note,), floors.reset_index())


def _others(source: Source, rows: pd.DataFrame, x: str) -> list[str]:
    """The axes that panels are named by: neither what x is, nor what sets it."""
    named = []
    for axis in [*source.axes, "measure", "batch_size"]:
        label = f"labels.{axis}"
        if label == x or axis in named or rows[label].nunique() == 1:
            continue
        sets_x = rows.groupby(label)["x"].nunique().max() == 1 and label not in (MEASURE, BATCH)
        if not sets_x:
            named.append(axis)
    return named


def _panel(found: dict[str, str], others: list[str]) -> str:
    """A measure and a circuit by their names, other axes with theirs."""
    named = [found[key] for key in ("measure", "method") if key in others]
    axes = [axis for axis in others if axis not in ("measure", "method")]
    return ", ".join([*named, *(f"{axis.replace('_', ' ')} {found[axis]}" for axis in axes)])


def _milliseconds(row: pd.Series[Any]) -> dict[str, float]:
    ends = {"y": "", "y_low": "_low", "y_high": "_high"}
    return {key: 1e3 * float(row[f"{CALL}{end}"]) for key, end in ends.items()}
