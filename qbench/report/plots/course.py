"""How trainings went: learning curves, and times by phase."""

from __future__ import annotations

from typing import Any

import pandas as pd

from qbench.exceptions import PlotError
from qbench.report.frames import from_one_backend
from qbench.report.plots.source import Drawing, Source, median_of
from qbench.store import OK

LOSSES = {"train_loss": "train", "validation_loss": "validation"}

PHASES = {
    "import": ("timings.import_s", 1.0, "import (s)"),
    "compile": ("timings.compile_s", 1.0, "compile (s)"),
    "step": ("timings.step_ms", 1.0, "step (ms)"),
    "evaluation": ("timings.evaluation_s", 1e3, "evaluation (ms)"),
}
"""Phase -> its column, the factor to the unit shown, its title."""


def learning(source: Source) -> Drawing:
    """Loss by epoch: the median over seeds, with the band of the quartiles.

    Exact backends have the same curves, so those of one backend are shown.
    """
    axis = source.main_axis()
    rows = source.frame[source.frame["task"] == "train"]
    points = []
    for found, group in source.groups(rows, "method"):
        chosen = from_one_backend(group)
        ids = chosen.loc[chosen["status"] == OK, "trial_id"]
        epochs = source.epochs[source.epochs["trial_id"].isin(ids)]
        panel = ", ".join(t for t in (found["method"], source.panel(found, axis)) if t)
        series = f"{axis} = {found[axis]}" if axis else ""
        for loss, part in LOSSES.items():
            for epoch, values in epochs.groupby("epoch")[loss]:
                if values.notna().any():
                    about = {"panel": panel, "series": series, "part": part, "x": int(str(epoch))}
                    points.append(about | median_of(values, "y"))
    if not points:
        raise PlotError(f"run {source.run_id} holds no epochs: no model was trained to its end")
    return Drawing(pd.DataFrame(points), "epoch", "loss", ("median over seeds, band: quartiles",))


def time(source: Source) -> Drawing:
    """Seconds of each phase by variant: medians over trials with their quartiles.

    Compilation is the largest of a variant's, since a warm worker compiles once.
    Models that train without a quantum circuit are left out, as in the table of frameworks.
    """
    rows = source.ok("train")
    rows = rows[rows["backend"] != "baselines"]
    if rows.empty:
        raise PlotError(f"run {source.run_id} has no finished training of a quantum model to time")
    axis, several = source.main_axis(), rows["method"].nunique() > 1
    points: list[dict[str, Any]] = []
    for found, group in source.groups(rows, "method", "variant"):
        series = f"{found['method']} · {found['variant']}" if several else found["variant"]
        for column, factor, title in PHASES.values():
            if column not in group or group[column].isna().all():
                continue
            panel = ", ".join(t for t in (title, source.panel(found, axis)) if t)
            value = median_of(group[column] * factor, "y")
            if column.endswith("import_s"):  # of a worker, not of a point of the grid
                panel = title
                here = (title, series, found.get(axis or "", ""))
                if any((p["panel"], p["series"], p["x"]) == here for p in points):
                    continue
            if column.endswith("compile_s"):
                value = dict.fromkeys(value, float(group[column].max()))
            about = {"panel": panel, "series": series, "x": found.get(axis or "", "")}
            points.append(about | value)
    # panels of one phase stand together
    order = [title for _, _, title in PHASES.values()]
    points.sort(key=lambda p: order.index(p["panel"].partition(",")[0]))
    note = "medians with quartiles; compilation: the first in a worker"
    return Drawing(pd.DataFrame(points), axis or "", "", (note,))
