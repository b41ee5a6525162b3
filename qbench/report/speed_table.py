"""The table of speed: every variant of a cell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from qbench.report.cells import figure, interval_column, significant_cell, whole
from qbench.report.frames import EXPERT_NOTE, device_of, reasons, sampled
from qbench.report.frameworks_table import versioned
from qbench.report.table import Column, Table, significant
from qbench.report.timings import (
    MEASURE,
    Samples,
    SpeedCell,
    call_interval,
    cell_columns,
    cells,
    head_of,
    peers_of,
    time_ratio,
    timed,
    took_turns,
)
from qbench.stats import WIDE_SPREAD
from qbench.store import OK, SKIPPED

_BUSY_CPU = 0.9
_COPIED = "metrics.copy_bytes_per_s"
_CONSTANTS = (
    "circuit",
    "measure",
    "batch_size",
    "device",
    "tier",
    "precision",
    "threads",
    "optimise",
)


def speed_table(frame: pd.DataFrame, samples: Samples, *, in_full: bool = False) -> Table:
    """One row a variant of each cell.

    Parameters
    ----------
    frame : DataFrame
        ``Store.frame(run, each_path=True)``.
    in_full : bool
        Keep columns that say the same in every row, which a note would say once.
    """
    rows = timed(frame)
    table = Table("Speed", [*cell_columns(rows), *_VARIANT_COLUMNS])
    for cell in cells(rows):
        head = head_of(cell)
        table.rows += [head | row for row in _rows(cell, samples)]
    table.notes += list(_notes(rows, table))
    return table if in_full else table.with_constants_as_note(_CONSTANTS)


_VARIANT_COLUMNS = (
    Column("backend", "backend", numeric=False),
    Column("device", "device", numeric=False, rank=5),
    Column("diff_method", "gradient", numeric=False),
    Column("tier", "tier", numeric=False),
    Column("precision", "precision", numeric=False),
    Column("shots", "shots"),
    Column("threads", "threads", rank=7),
    Column("optimise", "optimise", numeric=False, rank=6),
    Column("cold_text", "cold s", parts=("cold_s", "compile_s", "first_call_s"), rank=1),
    interval_column("ms", "ms [95%]"),
    interval_column("ratio", "x fastest [95%]"),
    interval_column("gain", "x over tutorial [95%]", rank=2),
    Column("spread_text", "spread", parts=("spread",), rank=4),
    Column("outliers", "outliers", rank=6),
    Column("cpu_text", "CPU", parts=("cpu_per_wall",), rank=5),
    Column("memory_text", "peak MB", parts=("memory_bytes",), rank=7),
    Column("difference_text", "max difference", parts=("difference",), rank=3),
    Column("load_text", "load", parts=("load",), rank=8),
    Column("status", "status", numeric=False, parts=("status", "reason"), rank=1),
)


def _rows(cell: SpeedCell, samples: Samples) -> Iterator[dict[str, Any]]:
    for _, found in cell.rows.iterrows():
        row: dict[str, Any] = {"backend": versioned(found), "status": found["status"]}
        row["reason"] = found["reason"] or None
        row["device"] = device_of(found)
        for key in ("diff_method", "tier", "precision", "optimise"):
            row[key] = found.get(key)
        row |= {key: whole(found, key) for key in ("shots", "threads")}
        yield row | _cold(found) | (_warm(cell, found, samples) if found["status"] == OK else {})


def _cold(found: pd.Series[Any]) -> dict[str, Any]:
    parts = {
        key: figure(found, f"timings.{key}") for key in ("cold_s", "compile_s", "first_call_s")
    }
    return parts | {"cold_text": significant(parts["cold_s"], 2)}


def _warm(cell: SpeedCell, found: pd.Series[Any], samples: Samples) -> dict[str, Any]:
    row = significant_cell("ms", call_interval(found, 1e3))
    peers = peers_of(found, cell.ok)
    row |= ratio_cell("ratio", found, peers.iloc[0], samples)
    tutorial = peers[(peers["tier"] == "tutorial") & (peers["backend"] == found["backend"])]
    if len(tutorial) and found["tier"] != "tutorial":
        row |= ratio_cell("gain", tutorial.iloc[0], found, samples)
    spread, cpu = figure(found, "timings.spread"), figure(found, "timings.cpu_per_wall")
    row |= {"spread": spread, "spread_text": "" if spread is None else f"{spread:.0%}"}
    row |= {"cpu_per_wall": cpu, "cpu_text": significant(cpu, 2)}
    row |= {"outliers": whole(found, "timings.outliers")}
    base, peak = figure(found, "memory.base_bytes"), figure(found, "memory.peak_bytes")
    if base is not None and peak is not None:
        row |= {"memory_bytes": peak - base, "memory_text": significant((peak - base) / 1e6, 2)}
    worst = [figure(found, f"agreement.{each}") for each in ("outputs", "gradients")]
    known = [each for each in worst if each is not None]
    if known:
        row |= {"difference": max(known), "difference_text": f"{max(known):.0e}"}
    load = figure(found, "provenance.load")
    return row | {"load": load, "load_text": significant(load, 2)}


def ratio_cell(key: str, first: Any, second: Any, samples: Samples) -> dict[str, Any]:
    """The cell of ``first / second``; marked where the two took no turns."""
    cell = significant_cell(key, time_ratio(first, second, samples))
    if cell and not took_turns(first, second):
        cell[f"{key}_text"] = f"~{cell[f'{key}_text']}"
    return cell


def _notes(rows: pd.DataFrame, table: Table) -> Iterator[str]:
    if not table.rows:
        yield "nothing was timed in this run"
        return
    ok = rows[rows["status"] == OK]
    yield (
        f"ms: a warm call, {_middle(ok)}; cold: compiling and the first call; x fastest: "
        "within the round, of equal precision; CPU: processor time over wall-clock time"
    )
    if any(str(row.get("ratio_text", "")).startswith("~") for row in table.rows):
        yield "~: not timed in the same group, so drift of the machine is in the ratio"
    if ok["precision"].nunique() > 1:
        yield "ratios compare equal precisions only"
    if ok["shots"].nunique(dropna=False) > 1:
        yield "ratios compare equal shots only"
    yield from sampled(ok)
    if (ok["tier"] == "expert").any():
        yield EXPERT_NOTE
    yield from _memory(ok)
    yield from advice(ok)
    yield from _skipped(rows[rows["status"] == SKIPPED])
    yield from reasons(rows[rows["status"] != SKIPPED], "variant")


def _middle(ok: pd.DataFrame) -> str:
    """What a time is, of how many processes."""
    counts = ok["timings.processes"].dropna() if "timings.processes" in ok else ()
    several = [f"{count:.0f}" for count in sorted(set(counts)) if count > 1]
    if not several:
        return "median over rounds"
    said = " or ".join(several)
    return f"median over a process's rounds, geometric mean over {said} processes"


def _memory(ok: pd.DataFrame) -> Iterator[str]:
    """How fast the machine copies memory, for those who want to reckon with it."""
    if _COPIED in ok and ok[_COPIED].notna().any():
        ends = (ok[_COPIED].min() / 1e9, ok[_COPIED].max() / 1e9)
        said = " to ".join(dict.fromkeys(significant(end, 2) for end in ends))
        yield (
            f"memory: one thread copied {said} GB/s (read and written) in this run, states of the "
            "small circuits within a cache"
        )


def _skipped(rows: pd.DataFrame) -> Iterator[str]:
    """A line a variant and measure: how many cells, and why the first of them."""
    for (variant, measure), group in rows.groupby(["variant", MEASURE], sort=False):
        first = str(group["reason"].iloc[0])
        more = f" (and {len(group) - 1} more, each with its reason in --format csv)"
        yield f"{variant}, {measure}: {len(group)} skipped: {first}{more * (len(group) > 1)}"


def advice(ok: pd.DataFrame) -> Iterator[str]:
    """What spoils the times, and what to do about it."""
    if ok.empty:
        return
    wide = ok[ok["timings.spread"] > WIDE_SPREAD]
    if len(wide):
        yield (
            f"{len(wide)} of {len(ok)} rows spread by more than {WIDE_SPREAD:.0%} (quartiles over "
            "median): close other programs, fix the processor's clock, or raise speed.min_time "
            "and speed.rounds"
        )
    starved = ok[ok["timings.cpu_per_wall"] < _BUSY_CPU]
    if len(starved):
        yield (
            f"{len(starved)} of {len(ok)} rows waited for a processor: other processes were "
            "running, and the times are not the frameworks' alone"
        )
    outliers = int(ok["timings.outliers"].sum())
    if outliers:
        yield f"{outliers} samples are outliers; none was dropped"
    jobs = set(ok["provenance.jobs"].dropna())
    if jobs - {1}:
        yield "timed with several jobs at once: the times disturb each other"
    if ok["provenance.machine"].nunique() > 1:
        yield "timed on different machines: the ratios mean little"
