"""The fastest of each cell, and by how much."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from qbench.report.cells import interval_column, significant_cell, whole
from qbench.report.speed_table import ratio_cell
from qbench.report.table import Column, Table, significant
from qbench.report.timings import (
    CALL,
    Samples,
    SpeedCell,
    cell_columns,
    cells,
    head_of,
    names_of,
    same_work,
    time_ratio,
    timed,
)
from qbench.stats import Interval
from qbench.store import OK

YARDSTICK = "reference"
"""qbench's own NumPy is no framework: it competes only where there is nothing else."""

BEST, EXPERT, TUTORIAL = "best", "with expert code", "out of the box"
PLACE = ("circuit", "measure", "batch_size", "precision", "shots", "setting")
"""What tells rows of the table apart besides the axes."""


def winners_table(frame: pd.DataFrame, samples: Samples, *, in_full: bool = False) -> Table:
    """One row a cell, precision and setting: the fastest, and how far the next is behind.

    The next is the best variant of another framework; where there is none, another variant.
    """
    rows = timed(frame)
    names, compete = names_of(rows), _competitors(rows)
    table = Table("Fastest", [*cell_columns(rows), *_COLUMNS])
    for cell in cells(rows):
        entered = cell.ok[cell.ok["backend"].isin(compete)]
        for ok in same_work(entered):
            for setting, group in _settings(ok):
                row = _winner(cell, group, samples, names)
                table.rows.append(head_of(cell) | {"setting": setting} | row)
    table.notes += [
        *_setting_notes(table),
        *_alone_notes(rows),
        *_yardstick_notes(rows),
        *_control_notes(rows),
    ]
    return table if in_full else table.with_constants_as_note(PLACE)


_COLUMNS = (
    Column("precision", "precision", numeric=False),
    Column("shots", "shots"),
    Column("setting", "setting", numeric=False),
    Column("fastest", "fastest", numeric=False),
    Column("ms_text", "ms", parts=("ms",)),
    Column("second", "next", numeric=False),
    interval_column("ahead", "x ahead [95%]"),
    Column("verdict", "", numeric=False, rank=1),
    interval_column("control", "A/A control [95%]", rank=2),
)


def _competitors(rows: pd.DataFrame) -> set[str]:
    backends = set(rows["backend"])
    return backends - {YARDSTICK} or backends


def _settings(ok: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """What is compared with what; expert code competes only where it is ahead of all."""
    tiers = ok["tier"]
    public = ok[tiers != "expert"]
    if len(public):
        yield BEST, public
    if tiers.iloc[0] == "expert":
        yield EXPERT, ok
    tutorial = ok[tiers == "tutorial"]
    if tutorial["backend"].nunique() > 1:
        yield TUTORIAL, tutorial


def _winner(
    cell: SpeedCell, ok: pd.DataFrame, samples: Samples, names: Mapping[str, str]
) -> dict[str, Any]:
    """Of ``ok``, the fastest first."""
    first = ok.iloc[0]
    milliseconds = 1e3 * float(first[CALL])
    row: dict[str, Any] = {"precision": first["precision"], "shots": whole(first, "shots")}
    row["fastest"] = names[first["variant"]]
    row |= {"ms": milliseconds, "ms_text": significant(milliseconds)}
    control = cell.control()
    if control is not None:
        row |= significant_cell("control", control)
    if len(ok) == 1:
        return row | {"verdict": "alone"}
    others = ok[ok["backend"] != first["backend"]]
    second = others.iloc[0] if len(others) else ok.iloc[1]
    row |= {"second": names[second["variant"]]} | ratio_cell("ahead", second, first, samples)
    return row | {"verdict": _verdict(time_ratio(second, first, samples), control)}


def _verdict(ahead: Interval, control: Interval | None) -> str:
    if ahead.low == ahead.low and not ahead.excludes(1.0):
        return "not told apart"
    return "control uneven" if control is not None and control.excludes(1.0) else ""


def _setting_notes(table: Table) -> Iterator[str]:
    settings = {row["setting"] for row in table.rows}
    said = {
        BEST: "the fastest that each framework's own public interface offers",
        EXPERT: "gradient code of qbench's on a framework's execution, listed where it is "
        "ahead of all",
        TUTORIAL: "each as the first page of its documentation does it",
    }
    if settings:
        yield "; ".join(f"{name}: {text}" for name, text in said.items() if name in settings)


def _alone_notes(rows: pd.DataFrame) -> Iterator[str]:
    """Precisions in which one framework has nobody to win against."""
    ok = rows[(rows["status"] == OK) & rows["backend"].isin(_competitors(rows))]
    for group in same_work(ok):
        if group["backend"].nunique() == 1:
            first = group.iloc[0]
            shots = "" if pd.isna(first["shots"]) else f" with {first['shots']} shots"
            yield (
                f"{first['precision']} precision{shots}: {first['backend']} alone was timed in it; "
                "what is next is another way of its own"
            )


def _yardstick_notes(rows: pd.DataFrame) -> Iterator[str]:
    if YARDSTICK not in set(rows["backend"]) - _competitors(rows):
        return
    ahead = compared = 0
    for cell in cells(rows):
        for ok in same_work(cell.ok):
            own = ok["backend"] == YARDSTICK
            if own.any() and not own.all():
                compared += 1
                ahead += bool(own.iloc[0])
    if compared:
        yield (
            f"{YARDSTICK}, qbench's own NumPy, is no framework and does not compete: its median is "
            f"the smallest in {ahead} of {compared} cells"
        )


def _control_notes(rows: pd.DataFrame) -> Iterator[str]:
    controls = [found for cell in cells(rows) if (found := cell.control()) is not None]
    with_interval = [found for found in controls if found.low == found.low]
    if with_interval:
        even = sum(not found.excludes(1.0) for found in with_interval)
        yield (
            f"A/A control: the first variant in other processes; its ratio covers 1 in {even} of "
            f"{len(with_interval)} cells (95% intervals)"
        )
    if controls and not with_interval:
        yield "A/A control: one process has an interval from 6 rounds on only"
    if not controls and len(rows):
        yield "no A/A control: what differs between two equal processes is not known"
