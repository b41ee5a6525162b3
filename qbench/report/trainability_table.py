"""The table of trainability: how fast the gradient's variance falls; a row a circuit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from qbench.report.cells import (
    AGREEMENT,
    agreement_cell,
    figure,
    interval_cell,
    interval_column,
    problems,
    significant_cell,
)
from qbench.report.decays import QUBITS, Curve, Curves, FitRule, curves_of, flags, noted
from qbench.report.frames import LABEL, TASK_OF_DRAWS, reasons
from qbench.report.table import Column, Table, significant
from qbench.report.trainability_notes import trainability_notes
from qbench.stats import Interval

_CONSTANTS = ("qubits", "cost", "component", "init", "samples", "from_backend")
WORDS = ("cost", "component", "init", "theory_name")
_FITS = (
    "aicc_difference",
    "exponential_chi_square",
    "exponential_p",
    "power_chi_square",
    "power_p",
)


def trainability_table(
    frame: pd.DataFrame, rule: FitRule | None = None, *, in_full: bool = False
) -> Table:
    """One row a circuit at each point of the axes that its fit does not run along.

    The figures come from one backend, the first whose trials are complete; the
    others appear as their largest difference from the reference.

    Parameters
    ----------
    frame : DataFrame
        ``Store.frame(run, each_path=True)``.
    rule : FitRule, optional
        The run's; by default the variance is fitted against the number of qubits.
    in_full : bool
        Keep columns that say the same in every row, which a note would say once.
    """
    curves = curves_of(frame, rule or FitRule())
    table = Table("Trainability", _columns(curves, _last_of_all(curves)))
    table.rows += [dict(curve.place) | _row(curve) for curve in curves]
    table.notes += trainability_notes(table, curves)
    table.notes += reasons(frame[frame["task"] == TASK_OF_DRAWS], "method")
    return table if in_full else table.with_constants_as_note(constants_of(curves))


def constants_of(curves: Curves) -> list[str]:
    """Columns that a note may say once."""
    return [*_CONSTANTS, *(["method"] if curves.axes else [])]


def place_columns(curves: Curves) -> list[Column]:
    """What tells the rows apart: the axes, and the circuit or model."""
    kinds = {kind for curve in curves for kind in curve.rows["method_kind"]}
    return [
        *(Column(LABEL + axis, axis, numeric=False) for axis in curves.axes),
        Column("method", "model" if kinds == {"model"} else "circuit", numeric=False),
    ]


def _columns(curves: Curves, last: float | None) -> list[Column]:
    at_last = f"variance at {curves.x} {last:g}" if last is not None else "variance at the last"
    qubits = [] if curves.x == "qubits" else [Column("qubits", "qubits", rank=4)]
    return [
        *place_columns(curves),
        Column("cost", "cost", numeric=False, rank=4),
        Column("x_range", curves.x, parts=("x_first", "x_last", "points_ok", "points"), rank=1),
        *qubits,
        Column("component", "component", numeric=False, rank=5),
        Column("init", "init", numeric=False, rank=5),
        Column("samples", "samples", parts=("samples_least", "samples_most"), rank=6),
        Column("kurtosis_text", "kurtosis", parts=("kurtosis_least", "kurtosis_most"), rank=5),
        interval_column("slope", f"slope of ln Var per {curves.unit} [95%]", wrap=24),
        interval_column("exponent", "exponent of a power law [95%]", rank=7, wrap=22),
        Column("aicc_text", "AICc exponential - power", parts=_FITS, rank=3, wrap=11),
        interval_column("variance", f"{at_last} [95%]", rank=2, wrap=30),
        Column("theory_text", "theory there", parts=("theory", "theory_ratio"), rank=3, wrap=18),
        Column("zero_text", "exactly zero", parts=("zero_share",), rank=6, wrap=7),
        Column(
            "doubtful_text",
            "undersampled, below floor",
            parts=("undersampled", "below_floor"),
            rank=6,
            wrap=13,
        ),
        Column("from_backend", "figures from", numeric=False, rank=8),
        replace(AGREEMENT, rank=4),
        Column("problems", "not ok", numeric=False),
        Column("verdict", "verdict", numeric=False, wrap=28),
    ]


def _last_of_all(curves: Curves) -> float | None:
    """The last x of every row, where it is the same one."""
    lasts = {float(curve.points["x"].iloc[-1]) for curve in curves if len(curve.points)}
    return lasts.pop() if len(lasts) == 1 else None


def _row(curve: Curve) -> dict[str, Any]:
    points = curve.points
    row: dict[str, Any] = {"problems": problems(curve.rows)}
    row |= agreement_cell(curve.rows)
    row["points"] = int((curve.rows["variant"] == curve.rows["variant"].iloc[0]).sum())
    row["points_ok"] = len(points)
    if points.empty:
        return row
    row["from_backend"] = points["variant"].iloc[0]
    row |= {word: _said(points, f"gradient_variance.{word}") for word in WORDS}
    row |= {"x_first": float(points["x"].min()), "x_last": float(points["x"].max())}
    row["x_range"] = _range(points["x"], "..")
    row["qubits"] = _range(points[QUBITS], "..") if QUBITS in points else None
    row |= _spread(points, "n_samples", "samples", "samples")
    row |= _spread(points, "kurtosis", "kurtosis", "kurtosis_text")
    row |= zero_cell(points) | _doubtful(points)
    row |= _at_the_last(points) | _fitted(curve)
    return row


def _fitted(curve: Curve) -> dict[str, Any]:
    decay = curve.decay
    if decay is None:
        return {}
    row = interval_cell("slope", decay.slope) | interval_cell("exponent", decay.exponent)
    row["aicc_difference"] = decay.aicc_difference
    row["aicc_text"] = significant(decay.aicc_difference)
    row["verdict"] = decay.verdict
    for law in ("exponential", "power"):
        row[f"{law}_chi_square"] = getattr(decay, f"{law}_chi_square")
        row[f"{law}_p"] = getattr(decay, f"{law}_p")
    return row


def _at_the_last(points: pd.DataFrame) -> dict[str, Any]:
    """The variance at the largest x; the ends of several where a fit pools axes."""
    last = points[points["x"] == points["x"].max()]
    if len(last) > 1:
        return {"variance_text": _range(last["gradient_variance.mean"], " to ")}
    return variance_cells(last.iloc[0]) | theory_cells(last.iloc[0])


def variance_cells(point: pd.Series[Any]) -> dict[str, Any]:
    """The variance with its interval, starred where too few draws were taken."""
    ends = (figure(point, f"gradient_variance.{end}") for end in ("mean", "low", "high"))
    mean, low, high = (float("nan") if end is None else end for end in ends)
    cell = significant_cell("variance", Interval(mean, low, high, 1))
    if cell and noted(point, "undersampled"):
        cell["variance_text"] += " *"
    return cell


def theory_cells(point: pd.Series[Any]) -> dict[str, Any]:
    """The closed form or limit there is, and the measured variance over it."""
    theory = figure(point, "gradient_variance.theory")
    mean = figure(point, "gradient_variance.mean")
    if theory is None or mean is None:
        return {}
    row: dict[str, Any] = {"theory": theory, "theory_text": significant(theory)}
    if theory > 0:
        row["theory_ratio"] = mean / theory
        row["theory_text"] += f" (x {mean / theory:.3f})"
    limit = figure(point, "gradient_variance.two_design")
    if limit is not None and limit != theory:
        row["two_design"] = limit
        row["theory_text"] += f"; 2-design {significant(limit)}"
    return row


def _spread(points: pd.DataFrame, name: str, key: str, text: str) -> dict[str, Any]:
    found = points.get(f"gradient_variance.{name}", pd.Series(dtype=float)).dropna().astype(float)
    if found.empty:
        return {}
    ends = {f"{key}_least": float(found.min()), f"{key}_most": float(found.max())}
    return ends | {text: _range(found, "..")}


def _range(values: pd.Series[Any], between: str) -> str:
    ends = (float(values.min()), float(values.max()))
    return between.join(dict.fromkeys(significant(end) for end in ends))


def zero_cell(points: pd.DataFrame) -> dict[str, Any]:
    """The largest share: a circuit's later weights may be the dead ones at every size."""
    share = points.get("gradient_variance.zero_share", pd.Series(dtype=float)).max()
    return {} if pd.isna(share) else {"zero_share": float(share), "zero_text": f"{share:.0%}"}


def _doubtful(points: pd.DataFrame) -> dict[str, Any]:
    few, low = (int(flags(points, name).sum()) for name in ("undersampled", "below_floor"))
    text = f"{few}, {low} of {len(points)}" if few or low else ""
    return {"undersampled": few, "below_floor": low, "doubtful_text": text}


def _said(points: pd.DataFrame, column: str) -> str | None:
    if column not in points:
        return None
    return ", ".join(dict.fromkeys(map(str, points[column].dropna()))) or None
