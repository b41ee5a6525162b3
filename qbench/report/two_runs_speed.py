"""Two runs side by side: times of circuits."""

from __future__ import annotations

from typing import Any

import pandas as pd

from qbench.report.cells import interval_column, significant_cell
from qbench.report.frames import reasons
from qbench.report.same_work import PRECISION, SHOTS, do_same_work, work_cells
from qbench.report.table import Column, Table, significant
from qbench.report.timings import call_interval
from qbench.report.two_runs import Pair, key_columns
from qbench.store import OK


def two_runs_speed(pair: Pair) -> Table:
    """Milliseconds of a warm call in A and in B, and the ratio B/A of the medians.

    Parameters
    ----------
    pair : Pair
        Of the rows of timings.
    """
    columns = [
        *key_columns(pair.keys),
        PRECISION,
        SHOTS,
        interval_column("a", "ms A [95%]"),
        interval_column("b", "ms B [95%]"),
        Column("ratio_text", "B / A", parts=("ratio",)),
    ]
    table = Table("Speed in A and B", columns)
    for point, a, b in pair.groups():
        sides = {"a": _timed(a), "b": _timed(b)}
        found = [row for row in sides.values() if row is not None]
        row: dict[str, Any] = dict(point) | work_cells(a, b)
        for side, first in sides.items():
            row |= {} if first is None else significant_cell(side, call_interval(first, 1e3))
        if len(found) == 2 and do_same_work(a, b):
            same = found[0]["attempt_id"] == found[1]["attempt_id"]
            ratio = 1.0 if same else row["b"] / row["a"]
            row |= {"ratio": ratio, "ratio_text": "same trial" if same else significant(ratio)}
        table.rows.append(row)
    table.notes.append(
        "ratio: of medians, of equal precision and shots only; the two runs took no turns, so "
        "drift of the machine is in it and it has no interval. Versions that are variants of one "
        "suite take turns: backends: [NAME@OLD, NAME@NEW]"
    )
    table.notes += pair.notes()
    table.notes += [f"A: {why}" for why in reasons(pair.a, "variant")]
    table.notes += [f"B: {why}" for why in reasons(pair.b, "variant")]
    return table.with_constants_as_note(("precision",))


def _timed(rows: pd.DataFrame) -> pd.Series[Any] | None:
    ok = rows[rows["status"] == OK]
    return None if ok.empty else ok.iloc[0]
