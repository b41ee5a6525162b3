"""How the variance of gradients falls with size, with depth, and while a model trains."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from qbench.exceptions import PlotError
from qbench.report.decays import QUBITS, VARIANCE, Curve, Curves, curves_of, noted, says_x
from qbench.report.frames import LABEL, TASK_OF_DRAWS, from_one_backend
from qbench.report.plots.source import Drawing, Source, is_numeric, mean_of
from qbench.spec.matrix import EXPERIMENT
from qbench.stats import gradient_variance as variance_over
from qbench.store import OK

MOST_PANELS = 9
_MOST_SERIES = 8
_MOST_SLOPES = 3
_DEPTH = "counts.depth"
_COURSE = "gradient_course"


def gradient_variance(source: Source) -> Drawing:
    """Variance over random weights, with 95% intervals, fitted lines and theory.

    Against the number of qubits or the axis that the suite fits along, else
    against the main axis, else a mark a circuit and backend.
    """
    rows = _drawn(source, "gradient-variance")
    rule = replace(source.rule, x=source.by) if source.by else source.rule
    if rule.x is None or is_numeric(rows[LABEL + rule.x].unique()):
        curves = curves_of(rows, rule)
        if any(curve.points["x"].nunique() > 1 for curve in curves):
            return _falling(source, curves, "gradient-variance")
    return _apart(source, rows)


def gradient_depth(source: Source) -> Drawing:
    """Variance against depth, a line a number of qubits; fits are not drawn.

    Depth is the axis that the user chose, else one of numbers called after depth
    or layers, else the circuits' own depth where an axis so called changes it.
    """
    rows = _drawn(source, "gradient-depth")
    axis = source.by or _axis_of_depth(source, rows)
    if axis is None:
        raise PlotError(
            f"run {source.run_id} measured one depth alone: no axis changes it; "
            "choose another axis with --by, or draw gradient-variance"
        )
    rows = rows[rows[LABEL + axis] != ""]  # experiments without this axis have one depth
    if not is_numeric(rows[LABEL + axis].unique()):
        rows = rows.assign(**{LABEL + axis: rows[_DEPTH].map("{:g}".format)})
        axis_name = "depth"
    else:
        axis_name = axis
    curves = curves_of(rows[rows["status"] == OK], replace(source.rule, x=axis, per=None))
    return _falling(source, replace(curves, x=axis_name), "gradient-depth", joined=True)


def gradient_course(source: Source) -> Drawing:
    """Variance over seeds of the loss's gradient, and its mean norm, by epoch of the training."""
    rows = source.frame[source.frame["task"] == "train"]
    points: list[dict[str, Any]] = []
    for found, group in source.groups(rows, "method"):
        chosen = from_one_backend(group)
        ok = chosen[chosen["status"] == OK]
        courses = [c for c in (_course(source, int(a)) for a in ok["attempt_id"]) if c is not None]
        place = source.panel(found, None)
        for epoch in range(max((len(c) for c in courses), default=0)):
            there = np.array([c[epoch] for c in courses if len(c) > epoch])
            points += _at_epoch(there, found["method"], place, epoch)
    if not points:
        raise PlotError(
            f"run {source.run_id} recorded no gradients during training; add to the suite: "
            "record: {gradient_variance: {course: true}}"
        )
    frame = pd.DataFrame(points)
    source.refuse_many(frame["panel"].nunique(), "gradient-course", MOST_PANELS)
    note = "of one fixed batch's loss; variance over the seeds, mean over the quantum weights"
    return Drawing(frame, "epoch", "", (note,))


def _at_epoch(gradients: Any, method: str, place: str, epoch: int) -> list[dict[str, Any]]:
    """The variance over seeds (of two at least) and the mean norm of gradients (seeds, weights)."""
    norms = pd.Series(np.linalg.norm(gradients, axis=1))
    found = [("gradient norm", mean_of(norms, "y"))]
    if len(gradients) > 1:
        spread = variance_over(gradients).mean
        ends = {"y": spread.estimate, "y_low": spread.low, "y_high": spread.high}
        found.insert(0, ("variance over seeds", ends))
    return [
        {
            "panel": ", ".join(text for text in (title, place) if text),
            "series": method,
            "x": epoch,
        }
        | ends
        for title, ends in found
        if ends["y"] > 0
    ]


def _course(source: Source, attempt: int) -> Any:
    """Gradients of one training, shape (epochs + 1, weights); None where none were recorded."""
    if _COURSE not in source.store.artifact_names(attempt):
        return None
    arrays = source.store.artifact(attempt, _COURSE)
    return np.concatenate([a.reshape(len(a), -1) for a in arrays.values()], axis=1)


def _drawn(source: Source, kind: str) -> pd.DataFrame:
    rows = source.frame[source.frame["task"] == TASK_OF_DRAWS]
    ok = rows[rows["status"] == OK]
    if ok.empty:
        raise PlotError(
            f"run {source.run_id} measured no gradient variance, so there is no {kind}; add to "
            "the suite: record: {gradient_variance: {parameters: quantum, n_samples: 200}}, "
            "or measure circuits alone with task: gradient_variance"
        )
    if not (ok[VARIANCE] > 0).any():
        raise PlotError(f"run {source.run_id}: every gradient variance is zero or undefined")
    return rows


def _falling(source: Source, curves: Curves, kind: str, *, joined: bool = False) -> Drawing:
    """Curves as series in panels: marks, fits (unless ``joined``) and theory."""
    inside = _inside(curves, joined)
    points: list[dict[str, Any]] = []
    lines: list[dict[str, Any]] = []
    notes: list[str] = []
    slopes: dict[tuple[str, str], str] = {}
    for curve in curves:
        about = _about(curve, curves, inside)
        points += [about | _mark(row) for _, row in curve.points.iterrows() if row[VARIANCE] > 0]
        lines += [about | line for line in _theory(curve)]
        decay = curve.decay
        if decay is None or joined:
            continue
        lines += [about | line for line in _fit(curve)]
        if np.isfinite(decay.slope.estimate):
            slopes[about["panel"], about["series"]] = f"{round(decay.slope.estimate, 2) + 0.0:.2f}"
        notes.append(f"{curve.name()}: {decay.verdict}")
    frame = pd.DataFrame(points)
    panels = list(dict.fromkeys(frame["panel"]))
    source.refuse_many(len(panels), kind, MOST_PANELS)
    said: dict[str, str] = {}
    if len(panels) == 1:
        said = {name: f"{slope} per {curves.unit}" for (_, name), slope in slopes.items()}
    elif slopes:
        notes.append("slopes of ln Var in the order of the legend")
        titles = _with_slopes(panels, list(dict.fromkeys(frame["series"])), slopes, curves.unit)
        for rows in (points, lines):
            for row in rows:
                row["panel"] = titles[row["panel"]]
    return Drawing(
        pd.DataFrame(points),
        curves.x,
        "gradient variance",
        tuple(notes),
        pd.DataFrame(lines),
        said,
    )


def _with_slopes(
    panels: Sequence[str],
    series: Sequence[str],
    slopes: Mapping[tuple[str, str], str],
    unit: str,
) -> dict[str, str]:
    """Titles of panels with the slopes in them, where there is room for those of all series."""
    found: dict[str, str] = {}
    for panel in panels:
        here = [slopes[panel, name] for name in series if (panel, name) in slopes]
        found[panel] = panel
        if 0 < len(here) <= _MOST_SLOPES:
            found[panel] += f"\n{' | '.join(here)} per {unit}"
    return found


def _inside(curves: Curves, joined: bool) -> list[str]:
    """What tells series of one panel apart: circuits and costs, while few enough to read.

    Against depth it is the number of qubits. Without any of these it is the axis of fewest values.
    """
    places = pd.DataFrame([curve.place for curve in curves])
    keys = ["method", *(LABEL + axis for axis in curves.axes)]
    keys = [key for key in keys if places[key].nunique() > 1]
    sized = [key for key in keys if key != "method" and _is_size(curves, key)]
    if joined and sized:
        return sized[:1]
    inside: list[str] = []
    for key in keys:
        if key == "method" or _is_cost(curves, key):
            together = places[[*inside, key]].drop_duplicates()
            inside += [key] if len(together) <= _MOST_SERIES else []
    return inside or sorted(keys, key=lambda key: places[key].nunique())[:1]


def _is_cost(curves: Curves, key: str) -> bool:
    """Whether an axis changes the cost where all else is equal."""
    column = "gradient_variance.cost"
    rows = pd.concat([curve.points for curve in curves])
    if key == "method" or column not in rows:
        return False
    others = [LABEL + axis for axis in curves.axes if LABEL + axis != key]
    costs = rows.groupby(["method", "x", *others], dropna=False)[column].nunique()
    return bool((costs > 1).any())


def _is_size(curves: Curves, key: str) -> bool:
    """Whether an axis changes the number of qubits, each value standing for one."""
    rows = pd.concat([curve.points for curve in curves])
    return rows[QUBITS].nunique() > 1 and says_x(
        rows.assign(x=rows[QUBITS]), key.removeprefix(LABEL)
    )


def _about(curve: Curve, curves: Curves, inside: Sequence[str]) -> dict[str, str]:
    """Panel and series of a curve: bare names for circuits, ``axis = value`` for axes."""
    place = {"method": curve.place["method"]} | dict(curve.place)
    varying = {key for key in place if len({str(other.place[key]) for other in curves}) > 1} | set(
        inside
    )

    costs = (key for key in inside if _is_cost(curves, key) and not _is_size(curves, key))
    bare = {"method", LABEL + EXPERIMENT, *costs}

    def said(keys: Iterable[str]) -> str:
        named = [
            str(place[key]) if key in bare else f"{key.removeprefix(LABEL)} = {place[key]}"
            for key in keys
            if place[key] != ""
        ]
        return ", ".join(named)

    series = said(k for k in place if k in inside) or str(place["method"])
    return {"panel": said(k for k in place if k in varying and k not in inside), "series": series}


def _mark(row: pd.Series[Any]) -> dict[str, Any]:
    ends = {
        f"y{end}": float(row[f"gradient_variance.{key}"])
        for end, key in (("", "mean"), ("_low", "low"), ("_high", "high"))
    }
    doubtful = noted(row, "undersampled") or noted(row, "below_floor")
    return {"x": float(row["x"]), "hollow": doubtful} | ends


def _theory(curve: Curve) -> list[dict[str, Any]]:
    column = "gradient_variance.theory"
    if column not in curve.points:
        return []
    known = curve.points[curve.points[column] > 0]
    return [
        {"kind": "theory", "x": float(x), "y": float(y)}
        for x, y in zip(known["x"], known[column], strict=True)
    ]


def _fit(curve: Curve) -> list[dict[str, Any]]:
    """The ends of the exponential law over the x that it was fitted to."""
    decay = curve.decay
    if decay is None or decay.exponential is None:
        return []
    first, last = decay.fitted_range
    return [
        {"kind": "fit", "x": x, "y": float(np.exp(decay.intercept + decay.slope.estimate * x))}
        for x in (first, last)
    ]


def _axis_of_depth(source: Source, rows: pd.DataFrame) -> str | None:
    named = [a for a in source.axes if "depth" in a or "layer" in a]
    numeric = [a for a in named if is_numeric([v for v in rows[LABEL + a].unique() if v])]
    if numeric or named:
        return (numeric or named)[0]
    for axis in source.axes:
        column = LABEL + axis
        others = [LABEL + a for a in source.axes if a != axis]
        changes = _DEPTH in rows and rows.groupby(["method", *others])[_DEPTH].nunique().gt(1).any()
        if is_numeric(rows[column].unique()) and changes and not _counts_qubits(rows, axis):
            return axis
    return None


def _counts_qubits(rows: pd.DataFrame, axis: str) -> bool:
    return rows[QUBITS].nunique() > 1 and says_x(rows.assign(x=rows[QUBITS].astype(float)), axis)


def _apart(source: Source, rows: pd.DataFrame) -> Drawing:
    """Without numbers to lay out along: by the main axis, else a row a circuit and backend."""
    axis = source.main_axis()
    points: list[dict[str, Any]] = []
    for found, group in source.groups(rows[rows["status"] == OK], "method"):
        chosen = from_one_backend(group) if axis else group
        for _, row in chosen.iterrows():
            series = found["method"]
            if not axis and chosen["variant"].nunique() > 1:
                series += f" · {row['variant']}"
            place: Mapping[str, Any] = {"panel": source.panel(found, axis), "series": series}
            marked = _mark(row.to_frame().T.assign(x=np.nan).iloc[0])
            points.append({**place, **marked, "x": found.get(axis or "", "")})
    return Drawing(pd.DataFrame(points), axis or "", "gradient variance")
