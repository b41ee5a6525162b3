"""Two runs side by side: gradient variances, where circuits were measured for their own sake."""

from __future__ import annotations

from typing import Any

import pandas as pd

from qbench.report.cells import figure, interval_column, significant_cell, whole
from qbench.report.decays import VARIANCE
from qbench.report.frames import reasons
from qbench.report.same_work import SHOTS, work_cells
from qbench.report.table import Column, Table
from qbench.report.two_runs import Pair, key_columns
from qbench.stats import Interval, quotient_interval
from qbench.store import OK


def two_runs_trainability(pair: Pair) -> Table:
    """The gradient variance in A, in B, and the ratio B/A with its interval, a row a point.

    Parameters
    ----------
    pair : Pair
        Of the rows of circuits that were drawn.
    """
    columns = [
        *key_columns(pair.keys),
        SHOTS,
        interval_column("a", "variance A [95%]"),
        interval_column("b", "variance B [95%]"),
        interval_column("ratio", "B / A [95%]"),
        Column("samples", "samples in A, B", parts=("samples_a", "samples_b"), rank=1),
    ]
    table = Table("Gradient variance in A and B", columns)
    for point, a, b in pair.groups():
        row: dict[str, Any] = dict(point) | {"shots": work_cells(a, b)["shots"]}
        sides = {"a": _measured(a), "b": _measured(b)}
        for side, first in sides.items():
            if first is not None:
                row |= significant_cell(side, _variance(first))
                row[f"samples_{side}"] = int(first["gradient_variance.n_samples"])
        row["samples"] = ", ".join(str(row.get(f"samples_{side}", "-")) for side in sides)
        table.rows.append(row | _ratio(sides["a"], sides["b"]))
    table.notes.append(
        "ratio: of points of equal names and shots, whose noise is part of a variance; its "
        "interval takes the draws of A and B as independent, so with equal draws (the same seed "
        "and size of circuit) it is wider than need be"
    )
    table.notes += pair.notes()
    table.notes += [f"A: {why}" for why in reasons(pair.a, "variant")]
    table.notes += [f"B: {why}" for why in reasons(pair.b, "variant")]
    return table


def _measured(rows: pd.DataFrame) -> pd.Series[Any] | None:
    ok = rows[rows["status"] == OK]
    return None if ok.empty or figure(ok.iloc[0], VARIANCE) is None else ok.iloc[0]


def _variance(row: pd.Series[Any]) -> Interval:
    mean, low, high = (float(row[f"gradient_variance.{end}"]) for end in ("mean", "low", "high"))
    return Interval(mean, low, high, int(row["gradient_variance.n_samples"]))


def _ratio(a: pd.Series[Any] | None, b: pd.Series[Any] | None) -> dict[str, Any]:
    if a is None or b is None or whole(a, "shots") != whole(b, "shots"):
        return {}
    if a["attempt_id"] == b["attempt_id"]:
        return {"ratio": 1.0, "ratio_text": "same trial"}
    return significant_cell("ratio", quotient_interval(_variance(b), _variance(a)))
