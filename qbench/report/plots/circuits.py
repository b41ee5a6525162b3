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
    """Entangling capability against expressibility, a mark a circuit, a panel a size.

    Raises
    ------
    PlotError
        Nothing was diagnosed, or more circuits than can be read.
    """
    rows = source.frame[source.frame["task"] == TASK_OF_DIAGNOSIS]
    points: list[dict[str, Any]] = []
    lines: list[dict[str, Any]] = []
    several = QUBITS in rows and rows[QUBITS].nunique() > 1
    for found, group in source.groups(rows, "method"):
        chosen = from_one_backend(group)
        ok = chosen[(chosen["status"] == OK)]
        if ok.empty or pd.isna(ok.iloc[0].get(_KL)):
            continue
        row = ok.iloc[0]
        panel = f"{int(row[QUBITS])} qubits" if several else ""
        points.append({"panel": panel, "series": _name(source, found)} | _mark(row))
        bias = float(row.get("metrics.expressibility_bias", np.nan))
        if bias > 0:
            lines.append({"panel": panel, "series": "", "kind": "bias", "x": bias, "y": np.nan})
    if not points:
        raise PlotError(
            f"run {source.run_id} diagnosed no circuit, so there is no expressibility to plot; "
            "measure it: qbench diagnose SUITE"
        )
    if len(points) > _MOST_MARKS:
        raise PlotError(
            f"expressibility would have {len(points)} marks, more than can be told apart; "
            "choose some of them: --filter circuit=PATTERN"
        )
    frame = pd.DataFrame(points)
    source.refuse_many(frame["panel"].nunique(), "expressibility", _MOST_PANELS)
    return Drawing(
        frame,
        "expressibility (KL to Haar, nats)",
        "entangling capability",
        ("further left is more expressive",),
        pd.DataFrame(lines).drop_duplicates(),
    )


def _name(source: Source, found: dict[str, str]) -> str:
    """The circuit and the axes that do not only say its size."""
    axes = [a for a in source.axes if not _says_qubits(source, a)]
    return ", ".join([found["method"], *(f"{a} = {found[a]}" for a in axes if found[a])])


def _says_qubits(source: Source, axis: str) -> bool:
    counted = source.frame[source.frame[QUBITS].notna()]
    by_label = counted.groupby(f"labels.{axis}")[QUBITS].nunique()
    return bool(counted[QUBITS].nunique() == len(by_label) and (by_label == 1).all())


def _mark(row: pd.Series[Any]) -> dict[str, float]:
    ends = {f"y{end}": float(row.get(f"{_Q}{end}", np.nan)) for end in ("", "_low", "_high")}
    return {"x": float(row[_KL])} | ends
