"""Two runs side by side: what changed in accuracy, and what in time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from qbench.report.cells import interval_cell, interval_column, significant_cell
from qbench.report.frames import (
    LABEL,
    at,
    axes_of,
    metric_column,
    paired,
    reasons,
    trained,
)
from qbench.report.same_work import PRECISION, SHOTS, do_same_work, work_cells
from qbench.report.table import Column, Table, significant
from qbench.stats import mean_interval, paired_difference, ratio_interval
from qbench.store import OK
from qbench.store.frames import TEST_ROWS

_STEP = "timings.step_ms"
_MOST_NAMED = 6

Rows = Callable[[pd.DataFrame], pd.DataFrame]
"""Some of a frame's rows."""


@dataclass(frozen=True)
class Pair:
    """Rows of two runs, cut alike: a group a method, variant and point of the grid."""

    a: pd.DataFrame
    b: pd.DataFrame
    keys: tuple[str, ...]
    points: tuple[Mapping[str, Any], ...]

    @classmethod
    def of(cls, a: pd.DataFrame, b: pd.DataFrame, rows: Rows = trained) -> Pair:
        """Of ``Store.frame(run, each_path=True)`` of each run, and of which rows of it."""
        sides = [rows(a), rows(b)]
        both = pd.concat(sides, ignore_index=True)
        sides = [side.reindex(columns=both.columns) for side in sides]
        keys = ("method", "variant", *(LABEL + axis for axis in axes_of(both)))
        points = both[list(keys)].drop_duplicates().to_dict("records")
        named = [{str(key): value for key, value in point.items()} for point in points]
        return cls(sides[0], sides[1], keys, tuple(named))

    def groups(self) -> Iterator[tuple[Mapping[str, Any], pd.DataFrame, pd.DataFrame]]:
        """Each point with its rows in either run."""
        for point in self.points:
            yield point, at(self.a, point), at(self.b, point)

    def notes(self) -> Iterator[str]:
        """What is in one run only, what both runs share, and what else differs between them."""
        only: dict[str, list[str]] = {"A": [], "B": []}
        moved = []
        for point, a, b in self.groups():
            if a.empty or b.empty:
                only["B" if a.empty else "A"].append(_named(point))
            elif set(a[TEST_ROWS].dropna()) != set(b[TEST_ROWS].dropna()):
                moved.append(_named(point))
        yield from (f"only in {side}: {_few(names)}" for side, names in only.items() if names)
        if moved:
            yield f"tested on other rows in B than in A: {_few(moved)}"
        shared = set(self.a["attempt_id"].dropna()) & set(self.b["attempt_id"].dropna())
        if shared:
            yield (
                f"{len(shared)} trials are the same in both runs, not measured twice: the later "
                "run found them done (qbench run --force measures again)"
            )
        yield from self._versions()
        machines = [set(_column(side, "provenance.machine").dropna()) for side in (self.a, self.b)]
        if all(machines) and machines[0] != machines[1]:
            yield "the runs were timed on different machines: ratios of times mean little"

    def _versions(self) -> Iterator[str]:
        for backend in dict.fromkeys([*self.a["backend"], *self.b["backend"]]):
            sides = [side[side["backend"] == backend] for side in (self.a, self.b)]
            for column in [c for c in self.a.columns if c.startswith("provenance.versions.")]:
                found = [set(side[column].dropna()) for side in sides]
                if all(found) and found[0] != found[1]:
                    before, after = (", ".join(sorted(map(str, each))) for each in found)
                    package = column.removeprefix("provenance.versions.")
                    yield f"{backend}: {package} {before} in A, {after} in B"


def two_runs_models(pair: Pair, metric: str | None = None) -> Table:
    """The metric in A, in B, and the difference B - A with its interval, paired by seed."""
    both = pd.concat([pair.a, pair.b])
    column = metric_column(both, metric)
    name = "" if column is None else column.partition(".")[2]
    columns = [
        *key_columns(pair.keys),
        SHOTS,
        interval_column("a", f"{name} A [95%]"),
        interval_column("b", f"{name} B [95%]"),
        interval_column("difference", "B - A [95%]"),
        Column("seeds", "seeds in A, B, both", parts=("seeds_a", "seeds_b", "pairs"), rank=1),
    ]
    table = Table("Models in A and B", columns)
    for point, a, b in pair.groups() if column else ():
        row = dict(point) | {"shots": work_cells(a, b)["shots"]}
        for side, rows in (("a", a), ("b", b)):
            ok = rows[rows["status"] == OK]
            row |= interval_cell(side, mean_interval(ok[column].to_numpy(dtype=float)))
            row[f"seeds_{side}"] = len(ok)
        pairs = paired(b, a, [str(column)])
        difference = paired_difference(pairs[column], pairs[f"{column}_other"])
        row |= interval_cell("difference", difference, sign="+")
        if len(pairs) and (pairs[column] == pairs[f"{column}_other"]).all():
            row["difference_text"] = "equal"
        row["pairs"] = len(pairs)
        row["seeds"] = f"{row['seeds_a']}, {row['seeds_b']}, {row['pairs']}"
        table.rows.append(row)
    table.notes.append("differences are paired by seed, with their 95% t interval")
    table.notes += pair.notes()
    table.notes += [f"A: {why}" for why in reasons(pair.a, "variant")]
    table.notes += [f"B: {why}" for why in reasons(pair.b, "variant")]
    return table


def two_runs_frameworks(pair: Pair) -> Table:
    """Milliseconds a step in A and in B, and the ratio B/A with its interval, paired by seed."""
    columns = [
        *key_columns(pair.keys),
        PRECISION,
        SHOTS,
        Column("a_text", "step ms A", parts=("a",)),
        Column("b_text", "step ms B", parts=("b",)),
        interval_column("ratio", "B / A [95%]"),
    ]
    table = Table("Frameworks in A and B", columns)
    for point, a, b in pair.groups() if _STEP in pair.a and _STEP in pair.b else ():
        row = dict(point) | work_cells(a, b)
        for side, rows in (("a", a), ("b", b)):
            middle = float(rows.loc[rows["status"] == OK, _STEP].astype(float).median())
            row |= {side: middle, f"{side}_text": significant(middle)}
        if row["a_text"] or row["b_text"]:
            row |= _ratio(a, b) if do_same_work(a, b) else {}
            table.rows.append(row)
    table.notes.append(
        "step: a warm optimisation step on one batch, median of the trials' medians; "
        "ratio: of equal seeds, and of equal precision and shots only"
    )
    table.notes += pair.notes()
    return table.with_constants_as_note(("precision",))


def _ratio(a: pd.DataFrame, b: pd.DataFrame) -> dict[str, Any]:
    both = paired(b, a, [_STEP, "attempt_id"])
    if len(both) and (both["attempt_id"] == both["attempt_id_other"]).all():
        return {"ratio": 1.0, "ratio_text": "same trials"}
    return significant_cell("ratio", ratio_interval(both[_STEP], both[f"{_STEP}_other"]))


def _column(frame: pd.DataFrame, name: str) -> pd.Series[Any]:
    return frame.get(name, pd.Series(dtype=object))


def key_columns(keys: Sequence[str]) -> list[Column]:
    """What tells the rows of a table of two runs apart."""
    headings = {"method": "model", "variant": "backend"}
    return [Column(k, headings.get(k, k.removeprefix(LABEL)), numeric=False) for k in keys]


def _few(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    return "; ".join([*names[:_MOST_NAMED], *([f"and {more} more"] if more > 0 else [])])


def _named(point: Mapping[str, Any]) -> str:
    axes = [
        f"{k.removeprefix(LABEL)}={v}"
        for k, v in point.items()
        if k.startswith(LABEL) and not pd.isna(v)
    ]
    backend = [] if point["variant"] == "baselines" else [f"on {point['variant']}"]
    return " ".join([str(point["method"]), *backend, *axes])
