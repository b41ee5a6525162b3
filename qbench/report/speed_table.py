"""The tables of speed: every variant of a cell, and who wins where."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from qbench.report.cells import figure, interval_column, significant_cell, whole
from qbench.report.frames import LABEL, reasons
from qbench.report.frameworks_table import versioned
from qbench.report.table import Column, Table, significant
from qbench.report.timings import (
    CALL,
    Samples,
    SpeedCell,
    call_interval,
    cells,
    speed_axes,
    time_ratio,
    timed,
    took_turns,
)
from qbench.stats import WIDE_SPREAD
from qbench.store import OK

_BUSY_CPU = 0.9
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
    table = Table("Speed", [*_cell_columns(rows), *_VARIANT_COLUMNS])
    for cell in cells(rows):
        head = _head(cell)
        table.rows += [head | row for row in _rows(cell, samples)]
    table.notes += list(_notes(rows, table))
    return table if in_full else table.with_constants_as_note(_CONSTANTS)


def winners_table(frame: pd.DataFrame, samples: Samples, *, in_full: bool = False) -> Table:
    """One row a cell and precision: the fastest, and by how much the next framework is behind.

    The next is the best variant of another framework; where there is none, another variant.
    """
    rows = timed(frame)
    table = Table("Fastest", [*_cell_columns(rows), *_WINNER_COLUMNS])
    for cell in cells(rows):
        for _, ok in cell.ok.groupby("precision", sort=False):
            table.rows.append(_head(cell) | _winner(cell, ok, samples))
    table.notes += list(_control_notes(rows))
    return table if in_full else table.with_constants_as_note(_CONSTANTS)


def _cell_columns(rows: pd.DataFrame) -> list[Column]:
    return [
        *(Column(LABEL + axis, axis, numeric=False) for axis in speed_axes(rows)),
        Column("circuit", "circuit", numeric=False),
        Column("measure", "measure", numeric=False),
        Column("batch_size", "batch"),
    ]


_VARIANT_COLUMNS = (
    Column("backend", "backend", numeric=False),
    Column("device", "device", numeric=False, rank=5),
    Column("diff_method", "gradient", numeric=False),
    Column("tier", "tier", numeric=False),
    Column("precision", "precision", numeric=False),
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
    Column("status", "status", numeric=False, rank=1),
)

_WINNER_COLUMNS = (
    Column("precision", "precision", numeric=False),
    Column("fastest", "fastest", numeric=False),
    Column("tier", "tier", numeric=False),
    Column("ms_text", "ms", parts=("ms",)),
    Column("second", "next", numeric=False),
    interval_column("ahead", "x ahead [95%]"),
    Column("verdict", "", numeric=False, rank=1),
    interval_column("control", "A/A control [95%]"),
)


def _head(cell: SpeedCell) -> dict[str, Any]:
    named = {"circuit": cell.method, "measure": cell.measure, "batch_size": cell.batch_size}
    return dict(cell.labels) | named


def _rows(cell: SpeedCell, samples: Samples) -> Iterator[dict[str, Any]]:
    for _, found in cell.rows.iterrows():
        row: dict[str, Any] = {"backend": versioned(found), "status": found["status"]}
        for key in ("device", "diff_method", "tier", "precision", "optimise"):
            row[key] = found.get(key)
        row["threads"] = whole(found, "threads")
        yield row | _cold(found) | (_warm(cell, found, samples) if found["status"] == OK else {})


def _cold(found: pd.Series[Any]) -> dict[str, Any]:
    parts = {
        key: figure(found, f"timings.{key}") for key in ("cold_s", "compile_s", "first_call_s")
    }
    return parts | {"cold_text": significant(parts["cold_s"], 2)}


def _warm(cell: SpeedCell, found: pd.Series[Any], samples: Samples) -> dict[str, Any]:
    row = significant_cell("ms", call_interval(found, 1e3))
    peers = cell.ok[cell.ok["precision"] == found["precision"]]
    row |= _ratio("ratio", found, peers.iloc[0], samples)
    tutorial = peers[(peers["tier"] == "tutorial") & (peers["backend"] == found["backend"])]
    if len(tutorial) and found["tier"] != "tutorial":
        row |= _ratio("gain", tutorial.iloc[0], found, samples)
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


def _ratio(key: str, first: Any, second: Any, samples: Samples) -> dict[str, Any]:
    cell = significant_cell(key, time_ratio(first, second, samples))
    if cell and not took_turns(first, second):
        cell[f"{key}_text"] = f"~{cell[f'{key}_text']}"
    return cell


def _winner(cell: SpeedCell, ok: pd.DataFrame, samples: Samples) -> dict[str, Any]:
    first = ok.iloc[0]
    row: dict[str, Any] = {key: first[key] for key in ("precision", "tier")}
    milliseconds = 1e3 * float(first[CALL])
    row |= {"fastest": _named(first), "ms": milliseconds, "ms_text": significant(milliseconds)}
    control = cell.control()
    if control is not None:
        row |= significant_cell("control", control)
    if len(ok) == 1:
        return row
    others = ok[ok["backend"] != first["backend"]]
    second = others.iloc[0] if len(others) else ok.iloc[1]
    row |= {"second": _named(second)} | _ratio("ahead", second, first, samples)
    ahead = time_ratio(second, first, samples)
    even = not ahead.excludes(1.0) and ahead.low == ahead.low
    beside = control is not None and control.excludes(1.0)
    row["verdict"] = "not told apart" if even else "control uneven" if beside else ""
    return row


def _named(row: Any) -> str:
    """A variant in few words; its tier where that is not the default."""
    tier = [] if row["tier"] == "documented" else [str(row["tier"])]
    return f"{versioned(row)} ({', '.join([row['device'], row['diff_method'], *tier])})"


def _control_notes(rows: pd.DataFrame) -> Iterator[str]:
    controls = [found for cell in cells(rows) if (found := cell.control()) is not None]
    with_interval = [found for found in controls if found.low == found.low]
    if with_interval:
        even = sum(not found.excludes(1.0) for found in with_interval)
        yield (
            f"A/A control: the first variant in a second process; its ratio covers 1 in {even} of "
            f"{len(with_interval)} cells (95% intervals)"
        )
    if controls and not with_interval:
        yield "A/A control: fewer than 6 rounds have no interval"
    if not controls and len(rows):
        yield "no A/A control: what differs between two equal processes is not known"


def _notes(rows: pd.DataFrame, table: Table) -> Iterator[str]:
    if not table.rows:
        yield "nothing was timed in this run"
        return
    yield (
        "ms: a warm call, median over rounds; cold: compiling and the first call; x fastest: "
        "within the round, of equal precision; CPU: processor time over wall-clock time"
    )
    ok = rows[rows["status"] == OK]
    if any(str(row.get("ratio_text", "")).startswith("~") for row in table.rows):
        yield "~: not timed in the same group, so drift of the machine is in the ratio"
    if ok["precision"].nunique() > 1:
        yield "ratios compare equal precisions only"
    if (ok["tier"] == "expert").any():
        yield "expert: gradient code of qbench's on the framework's execution"
    yield from _advice(ok)
    yield from reasons(rows, "variant")


def _advice(ok: pd.DataFrame) -> Iterator[str]:
    """What spoils the times, and what to do about it."""
    if ok.empty:
        return
    wide = ok[ok["timings.spread"] > WIDE_SPREAD]
    if len(wide):
        yield (
            f"{len(wide)} of {len(ok)} cells spread by more than {WIDE_SPREAD:.0%} (quartiles over "
            "median): close other programs, fix the processor's clock, or raise speed.min_time "
            "and speed.rounds"
        )
    starved = ok[ok["timings.cpu_per_wall"] < _BUSY_CPU]
    if len(starved):
        yield (
            f"{len(starved)} of {len(ok)} cells waited for a processor: other processes were "
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
