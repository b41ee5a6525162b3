"""What circuits can express and entangle."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from qbench.exceptions import PlotError
from qbench.report.decays import QUBITS
from qbench.report.frames import TASK_OF_DIAGNOSIS, from_one_backend
from qbench.report.plots.source import Drawing, Source
from qbench.store import OK

_KL = "metrics.expressibility"
_Q = "metrics.entangling_capability"
_MOST_PANELS = 6
_MOST_MARKS = 40


def expressibility(source: Source) -> Drawing:
    """Entangling capability against expressibility, a mark a circuit, a panel a size or depth.

    Raises
    ------
    PlotError
        Nothing was diagnosed, or more circuits than can be read.
    """
    rows = source.frame[source.frame["task"] == TASK_OF_DIAGNOSIS]
    points: list[dict[str, Any]] = []
    lines: list[dict[str, Any]] = []
    names = {method: _varying(source, group) for method, group in rows.groupby("method")}
    for found, group in source.groups(rows, "method"):
        chosen = from_one_backend(group)
        ok = chosen[(chosen["status"] == OK)]
        if ok.empty or pd.isna(ok.iloc[0].get(_KL)):
            continue
        row = ok.iloc[0]
        panel = ", ".join(f"{a} = {found[a]}" for a in source.axes if _is_panel(source, a))
        axes = [f"{a} = {found[a]}" for a in names[found["method"]]]
        points.append({"panel": panel, "series": ", ".join([found["method"], *axes])} | _mark(row))
        bias = float(row.get("metrics.expressibility_bias", np.nan))
        if bias > 0:
            lines.append({"panel": panel, "series": "", "kind": "bias", "x": bias, "y": np.nan})
    if not points:
        raise PlotError(
            f"run {source.run_id} diagnosed no circuit, so there is no expressibility to plot; "
            "measure it: qbench diagnose SUITE"
        )
    frame = pd.DataFrame(points)
    if frame["series"].nunique() > _MOST_MARKS:
        raise PlotError(
            f"expressibility would have {frame['series'].nunique()} marks, more than can be told "
            f"apart; run {source.run_id} has many circuits: choose with --filter circuit=PATTERN"
        )
    source.refuse_many(frame["panel"].nunique(), "expressibility", _MOST_PANELS)
    return Drawing(
        frame,
        "expressibility (KL to Haar states, nats)",
        "entangling capability",
        ("further left is more expressive",),
        pd.DataFrame(lines).drop_duplicates(),
    )


def _varying(source: Source, rows: pd.DataFrame) -> list[str]:
    """The axes that tell circuits of one name apart, but for those that are panels."""
    varying = [a for a in source.axes if rows[f"labels.{a}"].nunique() > 1]
    return [a for a in varying if not _is_panel(source, a)]


def _is_panel(source: Source, axis: str) -> bool:
    """Axes of size and of depth: by these, pictures stand side by side."""
    if "layer" in axis or "depth" in axis:
        return True
    counted = source.frame[source.frame[QUBITS].notna()]
    by_label = counted.groupby(f"labels.{axis}")[QUBITS].nunique()
    return bool(1 < counted[QUBITS].nunique() == len(by_label) and (by_label == 1).all())


def _mark(row: pd.Series[Any]) -> dict[str, float]:
    ends = {f"y{end}": float(row.get(f"{_Q}{end}", np.nan)) for end in ("", "_low", "_high")}
    return {"x": float(row[_KL])} | ends
