"""The table of frameworks where circuits alone are measured: time for a gradient of one draw."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from qbench.report.cells import figure, interval_column, significant_cell, whole
from qbench.report.decays import QUBITS
from qbench.report.frames import (
    EXPERT_NOTE,
    LABEL,
    alike,
    axes_of,
    device_of,
    reasons,
    sampled,
)
from qbench.report.frameworks_table import versioned
from qbench.report.same_work import SHOTS, WORK, Work, work_of
from qbench.report.table import Column, Table, significant
from qbench.stats import ratio_interval
from qbench.store import OK
from qbench.worker.shift import SHIFT_RULE

_PER_DRAW = "ms_per_draw"
_TELL = ("device", "diff_method", "tier", "precision", "optimise")


def draws_table(frame: pd.DataFrame) -> Table:
    """One row a variant, its precision and shots: milliseconds a draw, and a ratio.

    The ratio is to the fastest of equal precision and shots, over equal points.

    Parameters
    ----------
    frame : DataFrame
        ``Store.frame(run, each_path=True)`` of circuits that were drawn; those of
        one task, so that every row did the same work.
    """
    samples = frame.get("gradient_variance.n_samples", pd.Series(index=frame.index, dtype=float))
    seconds = frame.get("timings.gradients_s", pd.Series(index=frame.index, dtype=float))
    rows = frame.assign(**{_PER_DRAW: 1e3 * seconds.astype(float) / samples.astype(float)})
    ok = rows[(rows["status"] == OK) & rows[_PER_DRAW].notna()]
    largest = None if ok.empty else int(ok[QUBITS].max())
    table = Table("Frameworks (gradients of draws)", _columns(largest))
    fastest = _fastest(ok)
    for variant in dict.fromkeys(rows["variant"]):
        for same in alike(rows[rows["variant"] == variant], WORK):
            table.rows.append(_row(same, fastest, largest))
    table.notes += _notes(rows)
    return table.with_constants_as_note((*_TELL, "threads"))


def _columns(largest: int | None) -> list[Column]:
    return [
        Column("backend", "backend", numeric=False),
        Column("device", "device", numeric=False, rank=5),
        Column("diff_method", "gradient", numeric=False),
        Column("tier", "tier", numeric=False),
        Column("precision", "precision", numeric=False),
        Column("optimise", "optimise", numeric=False, rank=6),
        SHOTS,
        Column("threads", "threads", rank=7),
        Column("compile_text", "compile s", parts=("compile_s",), rank=2),
        Column("all_text", "ms a draw", parts=("ms_a_draw",)),
        Column("largest_text", f"at {largest} qubits", parts=("ms_a_draw_at_largest",), rank=1),
        interval_column("ratio", "x fastest [95%]"),
        Column("total_text", "total s", parts=("total_s",), rank=3),
        Column("difference_text", "max difference", parts=("difference",), rank=1),
        Column("counts", "trials", numeric=False, rank=3),
        Column("load_text", "load", parts=("load",), rank=8),
    ]


def _row(
    rows: pd.DataFrame, fastest: dict[Work, pd.DataFrame], largest: int | None
) -> dict[str, Any]:
    ok = rows[rows["status"] == OK]
    first = (rows if ok.empty else ok).iloc[0]
    row: dict[str, Any] = {key: first[key] for key in _TELL}
    row["backend"], row["device"] = versioned(first), device_of(first)
    row["diff_method"] = ", ".join(_rules(rows)) or first["diff_method"]
    row |= {key: whole(first, key) for key in ("shots", "threads")}
    row["counts"] = ", ".join(f"{n} {s}" for s, n in rows["status"].value_counts().items())
    if ok.empty:
        return row
    at_largest = ok[ok[QUBITS] == largest]
    figures: dict[str, float | None] = {
        "ms_a_draw": float(ok[_PER_DRAW].median()),
        "ms_a_draw_at_largest": float(at_largest[_PER_DRAW].median()),
        "compile_s": _largest(ok, "timings.compile_s"),
        "total_s": float(ok["timings.gradients_s"].astype(float).sum()),
        "load": figure(ok.median(numeric_only=True), "provenance.load"),
    }
    texts = {
        "all_text": significant(figures["ms_a_draw"]),
        "largest_text": significant(figures["ms_a_draw_at_largest"]),
        "compile_text": significant(figures["compile_s"], 2),
        "total_text": significant(figures["total_s"]),
        "load_text": significant(figures["load"], 2),
    }
    row |= figures | texts | _difference(ok)
    return row | _ratio(ok, fastest.get(work_of(first)))


def _rules(rows: pd.DataFrame) -> list[str]:
    """The gradient rules that were used, which one component alone may change."""
    if "gradient_variance.rule" not in rows:
        return []
    return [str(rule) for rule in rows["gradient_variance.rule"].dropna().unique()]


def _difference(ok: pd.DataFrame) -> dict[str, Any]:
    columns = [c for c in ("agreement.outputs", "agreement.gradients") if c in ok]
    worst = ok[columns].astype(float).max().max() if columns else float("nan")
    if pd.isna(worst):
        return {}
    return {"difference": float(worst), "difference_text": f"{worst:.0e}"}


def _largest(ok: pd.DataFrame, column: str) -> float | None:
    return float(ok[column].astype(float).max()) if column in ok else None


def _fastest(ok: pd.DataFrame) -> dict[Work, pd.DataFrame]:
    """Of each precision and shots the rows of the quickest variant, of those with most points."""
    found: dict[Work, pd.DataFrame] = {}
    for same in alike(ok, WORK):
        groups = [g for _, g in same.groupby("variant", sort=False)]
        most = max(len(g) for g in groups)
        complete = [g for g in groups if len(g) == most]
        found[work_of(same.iloc[0])] = min(complete, key=lambda g: float(g[_PER_DRAW].sum()))
    return found


def _ratio(ok: pd.DataFrame, fastest: pd.DataFrame | None) -> dict[str, Any]:
    if fastest is None:
        return {}
    if fastest["variant"].iloc[0] == ok["variant"].iloc[0]:
        return {"ratio": 1.0, "ratio_text": "1"}
    keys = ["method", "seed", *(c for c in ok.columns if c.startswith(LABEL))]
    both = (
        ok[[*keys, _PER_DRAW]]
        .merge(fastest[[*keys, _PER_DRAW]], on=keys)
        .dropna(subset=[f"{_PER_DRAW}_x", f"{_PER_DRAW}_y"])
    )
    return significant_cell("ratio", ratio_interval(both[f"{_PER_DRAW}_x"], both[f"{_PER_DRAW}_y"]))


def _notes(rows: pd.DataFrame) -> Iterator[str]:
    if rows.empty:
        yield "no gradients of draws were measured in this run"
        return
    yield (
        "ms a draw: one gradient of the components asked for, batched over the draws as far as "
        "the framework can, warm; median over circuits and axes"
    )
    yield "x fastest: geometric mean over the points that both measured, of equal precision only"
    if rows["shots"].nunique(dropna=False) > 1:
        yield "ratios compare equal shots only"
    if SHIFT_RULE in _rules(rows):
        yield f"{SHIFT_RULE}: one component alone is taken by two forward runs where that is exact"
    if (rows["tier"] == "expert").any():
        yield EXPERT_NOTE
    yield from sampled(rows)
    jobs = set(rows.get("provenance.jobs", pd.Series(dtype=float)).dropna())
    if jobs - {1}:
        yield "timed with several jobs at once: the times disturb each other"
    if axes_of(rows) and rows["status"].ne(OK).any():
        yield "medians of variants that did not finish every point are of fewer points"
    yield from reasons(rows, "variant")
