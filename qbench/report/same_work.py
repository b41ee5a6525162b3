"""What rows must share for a ratio of their times or variances, and the cells that say it."""

from __future__ import annotations

from typing import Any

import pandas as pd

from qbench.report.cells import whole
from qbench.report.table import Column

WORK = ("precision", "shots")
"""The columns of a frame that tell the work of a row."""

Work = tuple[str, int | None]
"""Precision and shots; None where expectation values are exact."""

PRECISION = Column("precision", "precision", numeric=False, rank=2)
SHOTS = Column("shots", "shots")


def work_of(row: Any) -> Work:
    """A row's precision and shots: only rows that have the same ones do the same work."""
    return str(row["precision"]), whole(row, "shots")


def do_same_work(*sides: pd.DataFrame) -> bool:
    """Whether all these rows ran with one precision and number of shots."""
    return len(_works(*sides)) == 1


def work_cells(*sides: pd.DataFrame) -> dict[str, str]:
    """Cells of :data:`PRECISION` and :data:`SHOTS`, as ``double`` and ``100 / exact``."""
    works = _works(*sides)
    precisions = dict.fromkeys(precision for precision, _ in works)
    shots = dict.fromkeys("exact" if shots is None else str(shots) for _, shots in works)
    sampled = list(shots) != ["exact"]
    return {
        "precision": " / ".join(precisions),
        "shots": " / ".join(shots) if sampled else "",
    }


def _works(*sides: pd.DataFrame) -> list[Work]:
    """What rows ran with, each once; refused rows ran with none."""
    ran = (side[side["precision"].notna()] for side in sides)
    return list(dict.fromkeys(work_of(row) for side in ran for _, row in side.iterrows()))
