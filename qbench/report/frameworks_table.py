"""The table of frameworks: time and memory; a row a variant, no accuracy."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from qbench.report.cells import interval_column, significant_cell, whole
from qbench.report.contribution import CONTROL
from qbench.report.frames import (
    EXPERT_NOTE,
    LABEL,
    axes_of,
    device_of,
    group_by_axes,
    mistaken_rule,
    mixed_precision,
    paired,
    reasons,
    sampled,
)
from qbench.report.same_work import Work, work_of
from qbench.report.table import Column, Table, significant
from qbench.stats import ratio_interval
from qbench.store import OK


def frameworks_table(frame: pd.DataFrame) -> Table:
    """One row a variant for each quantum model at each point of the grid.

    Ratios are within this run, paired by seed, and never across precisions or shots. Controls run
    on one backend, for their accuracy: they have no row.

    Parameters
    ----------
    frame : DataFrame
        ``Store.frame(run, each_path=True)``.
    """
    quantum = frame["diff_method"].notna() & (frame["backend"] != "baselines")
    rows = frame[(frame["task"] == "train") & (quantum | (frame["status"] == "unsupported"))]
    rows = rows[rows["method_kind"] != CONTROL]
    axes = axes_of(rows)
    several = rows["method"].nunique() > 1
    table = Table("Frameworks", _columns(axes, several))
    for labels, group in group_by_axes(rows, axes):
        for method in dict.fromkeys(group["method"]):
            table.rows += [labels | row for row in _rows(group[group["method"] == method])]
    table.notes += list(_notes(rows, table))
    return table.with_constants_as_note(("device", "tier", "precision", "optimise", "threads"))


def _columns(axes: Sequence[str], several_models: bool) -> list[Column]:
    columns = [Column(LABEL + axis, axis, numeric=False) for axis in axes]
    if several_models:
        columns.append(Column("model", "model", numeric=False))
    return [
        *columns,
        Column("backend", "backend", numeric=False),
        Column("device", "device", numeric=False, rank=5),
        Column("diff_method", "gradient", numeric=False),
        Column("tier", "tier", numeric=False),
        Column("precision", "precision", numeric=False),
        Column("optimise", "optimise", numeric=False, rank=6),
        Column("shots", "shots"),
        Column("threads", "threads", rank=7),
        Column("import_text", "import s", parts=("import_s",), rank=3),
        Column("compile_text", "compile s", parts=("compile_s",), rank=1),
        Column("step_text", "step ms [quartiles]", parts=("step_ms", "step_ms_q1", "step_ms_q3")),
        interval_column("ratio", "x fastest [95%]"),
        Column("epoch_text", "epoch s", parts=("epoch_s",), rank=4),
        Column(
            "target_text", "target s", parts=("target_s", "target_reached", "target_of"), rank=6
        ),
        Column("memory_text", "peak MB", parts=("memory_bytes",), rank=2),
        Column("cpu_text", "CPU s", parts=("cpu_s",), rank=6),
        Column("executions_text", "circuits/step", parts=("circuit_executions_per_step",), rank=7),
        Column("difference_text", "max difference", parts=("difference",), rank=1),
        Column("counts", "trials", numeric=False, rank=3),
        Column("load_text", "load", parts=("load",), rank=8),
    ]


def _rows(frame: pd.DataFrame) -> Iterator[dict[str, Any]]:
    fastest = _fastest_by_work(frame)
    for variant in dict.fromkeys(frame["variant"]):
        group = frame[frame["variant"] == variant]
        ok = group[group["status"] == OK]
        first = group.iloc[0]
        row: dict[str, Any] = {
            "model": first["method"],
            "backend": versioned(first),
            "device": device_of(first),
            "counts": ", ".join(f"{n} {s}" for s, n in group["status"].value_counts().items()),
        }
        for key in ("diff_method", "tier", "precision", "optimise"):
            row[key] = first[key]
        row |= {key: whole(first, key) for key in ("shots", "threads")}
        if len(ok):
            row |= _times(ok) | _ratio(ok, fastest.get(work_of(first)))
            row |= _rest(ok)
        yield row


def versioned(row: Any) -> str:
    """``pennylane@0.45.1``, behind the label that the suite gave it, if any.

    The reference is qbench's own and has no other version.
    """
    backend, variant = str(row["backend"]), str(row["variant"])
    name = backend if backend == "reference" else f"{backend}@{row['backend_version']}"
    labelled = re.split(r"[@\[]", variant)[0] != backend
    return f"{variant} ({name})" if labelled else name


def _times(ok: pd.DataFrame) -> dict[str, Any]:
    """Medians over trials; compilation is the largest, since a warm worker compiles once."""
    figures: dict[str, Any] = {
        "import_s": _median(ok, "timings.import_s"),
        "compile_s": float(ok["timings.compile_s"].max()),
        "step_ms": _median(ok, "timings.step_ms"),
        "step_ms_q1": _median(ok, "timings.step_ms_q1"),
        "step_ms_q3": _median(ok, "timings.step_ms_q3"),
        "epoch_s": _median(ok, "timings.epoch_s"),
        "cpu_s": _median(ok, "timings.cpu_s"),
    }
    low, high = significant(figures["step_ms_q1"]), significant(figures["step_ms_q3"])
    return figures | {
        "import_text": significant(figures["import_s"], 2),
        "compile_text": significant(figures["compile_s"], 2),
        "step_text": f"{significant(figures['step_ms'])} [{low}, {high}]",
        "epoch_text": significant(figures["epoch_s"]),
        "cpu_text": significant(figures["cpu_s"]),
    }


def _rest(ok: pd.DataFrame) -> dict[str, Any]:
    found: dict[str, Any] = {}
    memory = (ok["memory.peak_bytes"] - ok["memory.base_bytes"]).max()
    found |= {"memory_bytes": float(memory), "memory_text": significant(memory / 1e6)}
    if "agreement.outputs" in ok and ok["agreement.outputs"].notna().any():
        worst = float(ok[["agreement.outputs", "agreement.gradients"]].max().max())
        found |= {"difference": worst, "difference_text": f"{worst:.0e}"}
    key = "provenance.circuit_executions_per_step"
    if key in ok and ok[key].notna().any():
        executions = _median(ok, key)
        found |= {key.partition(".")[2]: executions, "executions_text": significant(executions, 4)}
    load = _median(ok, "provenance.load")
    found |= {"load": load, "load_text": significant(load, 2)}
    if "metrics.target_s" in ok:
        reached = ok["metrics.target_s"].dropna()
        found |= {
            "target_s": float(reached.median()) if len(reached) else None,
            "target_reached": len(reached),
            "target_of": len(ok),
            "target_text": f"{significant(float(reached.median()) if len(reached) else None)} "
            f"({len(reached)}/{len(ok)})".strip(),
        }
    return found


def _fastest_by_work(frame: pd.DataFrame) -> dict[Work, pd.DataFrame]:
    fastest: dict[Work, pd.DataFrame] = {}
    ok = frame[frame["status"] == OK]
    for _, group in ok.groupby("variant", sort=False):
        work = work_of(group.iloc[0])
        best = fastest.get(work)
        if best is None or group["timings.step_ms"].median() < best["timings.step_ms"].median():
            fastest[work] = group
    return fastest


def _ratio(ok: pd.DataFrame, fastest: pd.DataFrame | None) -> dict[str, Any]:
    if fastest is None:
        return {}
    if fastest["variant"].iloc[0] == ok["variant"].iloc[0]:
        return {"ratio": 1.0, "ratio_text": "1"}
    step = "timings.step_ms"
    both = paired(ok, fastest, [step])
    return significant_cell("ratio", ratio_interval(both[step], both[f"{step}_other"]))


def _median(frame: pd.DataFrame, key: str) -> float:
    return float(frame[key].astype(float).median()) if key in frame else float("nan")


def _notes(rows: pd.DataFrame, table: Table) -> Iterator[str]:
    yield (
        "step: a warm optimisation step on one batch, median of the trials' medians [quartiles]; "
        "compile: before and in the first step, once a worker; peak: above the worker's memory "
        "before the trial"
    )
    if rows["precision"].nunique() > 1:
        yield "ratios compare equal precisions only"
    if rows["shots"].nunique(dropna=False) > 1:
        yield "ratios compare equal shots only"
    if (rows["tier"] == "expert").any():
        yield EXPERT_NOTE
    yield from mistaken_rule(rows)
    yield from sampled(rows)
    yield from mixed_precision(rows)
    jobs = set(rows.get("provenance.jobs", pd.Series(dtype=float)).dropna())
    if jobs - {1}:
        yield "timed with several jobs at once: the times disturb each other"
    if rows.get("provenance.fresh", pd.Series(dtype=object)).dropna().eq(False).any():
        yield "warm workers: for import and memory figures to publish, run with --fresh"
    machines = rows.get("provenance.machine", pd.Series(dtype=object)).dropna().nunique()
    if machines > 1:
        yield f"timed on {machines} different machines: the ratios mean little"
    yield from reasons(rows, "variant")
    if not table.rows:
        yield "no quantum model was trained in this run"
