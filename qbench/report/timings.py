"""Rows of ``task: speed`` as cells, with the samples of every round."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qbench.report.frames import LABEL, at, axes_of, device_of, group_by_axes
from qbench.report.frameworks_table import versioned
from qbench.report.same_work import WORK
from qbench.report.table import Column
from qbench.stats import Interval, paired_ratio
from qbench.store import OK, Store

TASK_OF_SPEED = "speed"
MEASURE, BATCH = f"{LABEL}measure", f"{LABEL}batch_size"
CALL = "timings.call_s"
GROUP = "provenance.group"

_TELLING = ("precision", "optimise", "threads")
Samples = Mapping[int, Mapping[str, NDArray[Any]]]
"""The arrays of each attempt: ``seconds`` and ``cpu_seconds`` of each round, the ``process`` that
had it, and, of one, ``control_seconds``."""


def timed(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of timings."""
    return frame[frame["task"] == TASK_OF_SPEED]


def samples_of(store: Store, frame: pd.DataFrame) -> dict[int, dict[str, NDArray[Any]]]:
    """Every round's seconds, by attempt."""
    rows = timed(frame)
    attempts = rows.loc[rows["status"] == OK, "attempt_id"].unique()
    return {int(attempt): store.artifact(int(attempt), "speed") for attempt in attempts}


@dataclass(frozen=True)
class SpeedCell:
    """What is compared: one circuit, measure and batch size at one point of the grid.

    Attributes
    ----------
    labels : its axes, as ``labels.AXIS``
    rows : one a variant
    """

    labels: Mapping[str, Any]
    method: str
    measure: str
    batch_size: str
    rows: pd.DataFrame

    @property
    def ok(self) -> pd.DataFrame:
        """The variants that were timed, the fastest first."""
        return self.rows[self.rows["status"] == OK].sort_values(CALL, kind="stable")

    def control(self) -> Interval | None:
        """The ratio of the A/A control, if there was one."""
        if "metrics.control" not in self.rows:
            return None
        found = self.rows[self.rows["metrics.control"].notna()]
        if found.empty:
            return None
        row = found.iloc[-1]
        low, high = float(row["metrics.control_low"]), float(row["metrics.control_high"])
        return Interval(float(row["metrics.control"]), low, high, int(row["timings.rounds"]))


def speed_axes(rows: pd.DataFrame) -> list[str]:
    """The suite's own axes; measure and batch size stand for themselves."""
    return [axis for axis in axes_of(rows) if LABEL + axis not in (MEASURE, BATCH)]


def same_work(rows: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Rows of equal precision and shots, which alone are put into one ratio."""
    for _, group in rows.groupby(list(WORK), sort=False, dropna=False):
        yield group


def peers_of(row: Any, rows: pd.DataFrame) -> pd.DataFrame:
    """The rows that do the same work as this one."""
    return at(rows, {key: row[key] for key in WORK})


def cell_columns(rows: pd.DataFrame) -> list[Column]:
    """The columns of :func:`head_of`."""
    return [
        *(Column(LABEL + axis, axis, numeric=False) for axis in speed_axes(rows)),
        Column("circuit", "circuit", numeric=False),
        Column("measure", "measure", numeric=False),
        Column("batch_size", "batch"),
    ]


def head_of(cell: SpeedCell) -> dict[str, Any]:
    """What tells a cell apart."""
    named = {"circuit": cell.method, "measure": cell.measure, "batch_size": cell.batch_size}
    return dict(cell.labels) | named


def names_of(rows: pd.DataFrame, *, in_picture: bool = False) -> dict[str, str]:
    """What each variant is called: its backend, and how it runs as far as that tells it apart.

    Parameters
    ----------
    rows : of timings
    in_picture : with the precision where there are several, and no version where each
        backend has one
    """
    firsts = rows.drop_duplicates("variant").set_index("variant", drop=False)
    several = {key for key in _TELLING if firsts[key].nunique() > 1}
    versions = firsts.groupby("backend")["backend_version"].nunique().max() > 1
    names: dict[str, str] = {}
    ways: dict[str, str] = {}
    for variant, row in firsts.iterrows():
        tier = "" if row["tier"] == "documented" else row["tier"]
        parts = [device_of(row), row["diff_method"], tier]
        parts += [row["precision"]] if in_picture and "precision" in several else []
        parts += [f"optimise {row['optimise']}"] if "optimise" in several else []
        parts += [f"{row['threads']} threads"] if "threads" in several else []
        parts += [] if pd.isna(row["shots"]) else [f"{row['shots']} shots"]
        said = ", ".join(str(part) for part in parts if part and not pd.isna(part))
        ways[str(variant)] = f" ({said})" if said else ""
        name = versioned(row)
        if in_picture and not versions and name.startswith(f"{row['backend']}@"):
            name = str(row["backend"])
        names[str(variant)] = name + ways[str(variant)]
    given = [(name, firsts.loc[v, "precision"]) for v, name in names.items()]
    return {
        v: v + ways[v] if given.count(own) > 1 else own[0]
        for v, own in zip(names, given, strict=True)
    }


def cells(rows: pd.DataFrame) -> Iterator[SpeedCell]:
    """Circuit by circuit, measure by measure, in the order of the suite."""
    keys = ["method", MEASURE, BATCH]
    if rows.empty:
        return
    for labels, group in group_by_axes(rows, speed_axes(rows)):
        for (method, measure, batch), members in group.groupby(keys, sort=False):
            yield SpeedCell(labels, str(method), str(measure), str(batch), members)


def time_ratio(first: Any, second: Any, samples: Samples) -> Interval:
    """``first / second`` over processes and rounds.

    Where they took no turns it is of medians, without an interval.
    """
    a, b = int(first["attempt_id"]), int(second["attempt_id"])
    if a == b:
        return Interval(1.0, float("nan"), float("nan"), 0)
    if first[GROUP] == second[GROUP]:
        times = samples[a]["seconds"], samples[b]["seconds"]
        return paired_ratio(*times, processes=samples[a].get("process"))
    return Interval(float(first[CALL] / second[CALL]), float("nan"), float("nan"), 0)


def call_interval(row: Any, unit: float = 1.0) -> Interval:
    """A warm call's median with its interval, in seconds times ``unit``."""
    middle, low, high = (unit * float(row[f"{CALL}{end}"]) for end in ("", "_low", "_high"))
    return Interval(middle, low, high, int(row["timings.rounds"]))


def took_turns(first: Any, second: Any) -> bool:
    """Whether two rows were timed in one group."""
    return bool(first[GROUP] == second[GROUP])


def exponent_points(ok: pd.DataFrame, x: str, most: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """The largest x of a series and their times, each x once: overheads hide the law below."""
    middle = ok.groupby(x)[CALL].median()
    last = middle.sort_index().tail(most)
    return np.asarray(last.index, dtype=float), np.asarray(last, dtype=float)
