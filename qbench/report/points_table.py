"""Every point behind the table of trainability, one row each."""

from __future__ import annotations

from typing import Any

import pandas as pd

from qbench.report.cells import figure, interval_column, whole
from qbench.report.decays import QUBITS, Curve, Curves, FitRule, curves_of, noted
from qbench.report.frames import TASK_OF_DRAWS, reasons
from qbench.report.table import Column, Table, significant
from qbench.report.trainability_notes import reading_notes
from qbench.report.trainability_table import (
    WORDS,
    constants_of,
    place_columns,
    theory_cells,
    variance_cells,
    zero_cell,
)


def points_table(
    frame: pd.DataFrame, rule: FitRule | None = None, *, in_full: bool = False
) -> Table:
    """Every point behind the table of trainability, one row each; arguments as there."""
    curves = curves_of(frame, rule or FitRule())
    table = Table("Gradient variance by point", _point_columns(curves))
    for curve in curves:
        for _, point in curve.points.iterrows():
            table.rows.append(dict(curve.place) | _point(point, curve))
    table.notes += reading_notes(table)
    if not table.rows:
        table.notes.append("no gradient variance was measured in this run")
    table.notes += reasons(frame[frame["task"] == TASK_OF_DRAWS], "method")
    return table if in_full else table.with_constants_as_note(constants_of(curves))


def _point_columns(curves: Curves) -> list[Column]:
    more = () if curves.x == "qubits" else (Column("qubits", "qubits", rank=2),)
    return [
        *place_columns(curves),
        Column("x", curves.x, parts=("x",)),
        *more,
        Column("depth", "depth", rank=5),
        Column("cost", "cost", numeric=False, rank=4),
        Column("component", "component", numeric=False, rank=5),
        Column("init", "init", numeric=False, rank=5),
        interval_column("variance", "variance [95%]"),
        Column("largest_text", "largest component", parts=("largest",), rank=5, wrap=10),
        Column(
            "theory_text",
            "theory",
            parts=("theory", "theory_ratio", "theory_name", "theory_kurtosis"),
            rank=1,
        ),
        Column("kurtosis_text", "kurtosis", parts=("kurtosis",), rank=2),
        Column("samples", "samples", rank=3),
        Column("zero_text", "exactly zero", parts=("zero_share",), rank=5, wrap=7),
        Column(
            "doubt",
            "in doubt",
            numeric=False,
            parts=("undersampled", "below_floor", "floor"),
            rank=1,
        ),
        Column("seconds_text", "s", parts=("seconds",), rank=6),
        Column("from_backend", "figures from", numeric=False, rank=7),
    ]


def _point(point: pd.Series[Any], curve: Curve) -> dict[str, Any]:
    of = {
        key: figure(point, f"gradient_variance.{name}")
        for key, name in (
            ("kurtosis", "kurtosis"),
            ("largest", "max"),
            ("theory_kurtosis", "theory_kurtosis"),
            ("floor", "floor"),
        )
    }
    doubts = {n: noted(point, n) for n in ("undersampled", "below_floor")}
    seconds = figure(point, "timings.gradients_s")
    row: dict[str, Any] = {word: point.get(f"gradient_variance.{word}") for word in WORDS}
    row |= of | variance_cells(point) | theory_cells(point) | zero_cell(point.to_frame().T)
    x = float(point["x"])
    return (
        row
        | doubts
        | {
            "x": int(x) if x.is_integer() else x,
            "qubits": whole(point, QUBITS),
            "depth": whole(point, "counts.depth"),
            "samples": whole(point, "gradient_variance.n_samples"),
            "largest_text": significant(of["largest"]),
            "kurtosis_text": significant(of["kurtosis"]),
            "doubt": ", ".join(n.replace("_", " ") for n, doubted in doubts.items() if doubted),
            "seconds": seconds,
            "seconds_text": significant(seconds),
            "from_backend": point["variant"],
        }
    )
