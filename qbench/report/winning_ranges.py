"""Who wins where: the fastest over ranges of sizes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import pandas as pd

from qbench.report.frames import LABEL
from qbench.report.speed_table import advice
from qbench.report.table import Column, Table, significant
from qbench.report.timings import cell_columns, speed_axes
from qbench.report.winners_table import PLACE
from qbench.store import OK


def ranges_table(winners: Table, rows: pd.DataFrame, *, in_full: bool = False) -> Table | None:
    """Neighbouring sizes of one winner in one row; None where that says no more than each cell.

    Parameters
    ----------
    winners : of :func:`qbench.report.winners_table.winners_table`
    rows : the rows of timings
    in_full : as there
    """
    axis = _size_axis(rows)
    if axis is None:
        return None
    others = [LABEL + each for each in speed_axes(rows) if each != axis]
    columns = [column for column in cell_columns(rows) if column.key != LABEL + axis]
    table = Table("Who wins where", [*columns, *_range_columns(axis)])
    keys = (*others, *PLACE)
    places: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for row in winners.rows:
        place = tuple(None if pd.isna(row[key]) else row[key] for key in keys)
        places.setdefault(place, []).append(row)
    for place, here in places.items():
        here.sort(key=lambda row: float(row[LABEL + axis]))
        for fastest, group in groupby(here, key=lambda row: row["fastest"]):
            named = dict(zip(keys, place, strict=True)) | {"fastest": fastest}
            table.rows.append(named | _range(list(group), axis))
    if len(table.rows) == len(winners.rows):
        return None
    table.notes.append(
        "x ahead: the smallest and the largest ratio of the range [over all of their 95% "
        "intervals]; told apart: cells whose interval excludes 1 and whose control covers it"
    )
    table.notes += advice(rows[rows["status"] == OK])
    return table if in_full else table.with_constants_as_note((*others, *PLACE))


def _range_columns(axis: str) -> list[Column]:
    return [
        Column("precision", "precision", numeric=False),
        Column("shots", "shots"),
        Column("setting", "setting", numeric=False),
        Column("range", axis, parts=("first", "last")),
        Column("fastest", "fastest", numeric=False),
        Column("second", "next", numeric=False, rank=2),
        Column(
            "ahead_text",
            "x ahead [95%]",
            parts=("ahead_least", "ahead_most", "ahead_low", "ahead_high"),
        ),
        Column("told_apart", "told apart", parts=("cells_told_apart", "cells"), rank=1),
    ]


def _size_axis(rows: pd.DataFrame) -> str | None:
    """The axis of numbers with the most values; None without one of two."""
    counts = {axis: rows[LABEL + axis].nunique() for axis in speed_axes(rows)}
    numbers = {
        axis: count
        for axis, count in counts.items()
        if pd.to_numeric(rows[LABEL + axis], errors="coerce").notna().all()
    }
    return max(numbers, key=lambda axis: numbers[axis]) if numbers else None


def _range(group: Sequence[Mapping[str, Any]], axis: str) -> dict[str, Any]:
    """Neighbouring cells of one winner as one row."""
    first, last = (group[end][LABEL + axis] for end in (0, -1))
    row: dict[str, Any] = {"first": first, "last": last, "cells": len(group)}
    row["range"] = " .. ".join(dict.fromkeys((first, last)))
    behind = [each for each in group if "ahead" in each]
    if not behind:
        return row
    row["second"] = ", ".join(dict.fromkeys(each["second"] for each in behind))
    ratios = [each["ahead"] for each in behind]
    ends = [(e["ahead_low"], e["ahead_high"]) for e in behind if e["ahead_low"] == e["ahead_low"]]
    row |= {"ahead_least": min(ratios), "ahead_most": max(ratios)}
    text = " to ".join(dict.fromkeys(significant(end) for end in (min(ratios), max(ratios))))
    if ends:
        row |= {"ahead_low": min(low for low, _ in ends), "ahead_high": max(h for _, h in ends)}
        text += f" [{significant(row['ahead_low'])}, {significant(row['ahead_high'])}]"
    told = sum(not each["verdict"] for each in behind)
    return row | {
        "ahead_text": text,
        "cells_told_apart": told,
        "told_apart": f"{told} of {len(group)}",
    }
