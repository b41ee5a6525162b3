"""The tables of one run or of two, from the store."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from qbench.exceptions import UnknownNameError
from qbench.report.baseline import Baseline
from qbench.report.decays import FitRule
from qbench.report.diagnostics_table import diagnostics_table
from qbench.report.draws_table import draws_table
from qbench.report.frames import TASK_OF_DIAGNOSIS, draws_alone, matching, trained
from qbench.report.frameworks_table import frameworks_table
from qbench.report.models_table import models_table
from qbench.report.pivot_table import pivot_table
from qbench.report.points_table import points_table
from qbench.report.scaling_table import scaling_table
from qbench.report.search import search_table
from qbench.report.speed_table import speed_table
from qbench.report.table import Table
from qbench.report.timings import samples_of, timed
from qbench.report.trainability_table import trainability_table
from qbench.report.two_runs import Pair, Rows, two_runs_frameworks, two_runs_models
from qbench.report.two_runs_speed import two_runs_speed
from qbench.report.two_runs_trainability import two_runs_trainability
from qbench.report.winners_table import winners_table
from qbench.report.winning_ranges import ranges_table
from qbench.spec.problems import unknown
from qbench.store import RunInfo, Store

KINDS = (
    "models",
    "search",
    "frameworks",
    "speed",
    "trainability",
    "points",
    "diagnostics",
    "all",
)


@dataclass(frozen=True)
class View:
    """What the user wants to see of a run."""

    kind: str = "all"
    """One of KINDS; ``all`` is every table that the run has rows for, without ``points`` and
    ``search``."""
    in_full: bool = False
    """For files: with ``all`` also every point behind the trainability, and of tables of
    circuits also the columns that say the same in every row."""
    metric: str | None = None
    """None: the leading one."""
    baseline: str | None = None
    """In place of the suite's: a name, or ``axis=value``."""
    where: Mapping[str, str] = field(default_factory=dict)
    """Patterns that rows are to fit, by axis or ``model``, ``variant``, ..."""
    rows: Sequence[str] = ()
    columns: Sequence[str] = ()
    """Axes of one table of the metric, in place of the usual tables."""
    sort: str | None = None
    """A column's heading or key; ``-`` before it: the largest first."""


def run_tables(store: Store, run_id: str, view: View | None = None) -> list[Table]:
    """The tables that a run has rows for, one of them, or a metric over chosen axes.

    Raises
    ------
    UnknownNameError
        The run has no such metric, baseline, axis or column; suggests the nearest.
    """
    view = view or View()
    everything = store.frame(run_id, each_path=True)
    run = _info(store, run_id)
    frame = matching(everything, view.where)
    if view.rows or view.columns:
        tables = [pivot_table(frame, view.rows, view.columns, view.metric)]
    else:
        tables = list(_tables(store, frame, everything, run, view))
    return _finished(tables, view, [_provenance(run)])


def _tables(
    store: Store, frame: pd.DataFrame, everything: pd.DataFrame, run: RunInfo, view: View
) -> Iterator[Table]:
    kinds = _kinds_of(frame, view) if view.kind == "all" else [view.kind]
    rule = FitRule.of_run(run.machine)
    if "models" in kinds:
        baseline = Baseline.of_suite(run.machine.get("baseline"))
        if view.baseline:
            baseline = Baseline.parse(view.baseline, everything)
        yield models_table(
            frame,
            baseline=baseline,
            metric=view.metric,
            everything=everything,
            published=run.machine.get("published", ()),
            search=run.machine.get("search", ()),
        )
    if "search" in kinds:
        yield search_table(run.machine.get("search", ()))
    if "trainability" in kinds:
        yield trainability_table(frame, rule, in_full=view.in_full)
    if "points" in kinds:
        yield points_table(frame, rule, in_full=view.in_full)
    if "diagnostics" in kinds:
        yield diagnostics_table(frame, in_full=view.in_full)
    if "speed" in kinds:
        samples = samples_of(store, frame)
        yield speed_table(frame, samples, in_full=view.in_full)
        if (scaling := scaling_table(frame, in_full=view.in_full)).rows:
            yield scaling
        winners = winners_table(frame, samples, in_full=view.in_full)
        yield winners
        if (ranges := ranges_table(winners, timed(frame), in_full=view.in_full)) is not None:
            yield ranges
    if "frameworks" in kinds:
        yield from _frameworks(frame, asked=view.kind == "frameworks")


def _kinds_of(frame: pd.DataFrame, view: View) -> list[str]:
    """The tables that a run has rows for; those of training where it has none at all."""
    kinds = []
    drawn, diagnosed = draws_alone(frame), frame["task"] == TASK_OF_DIAGNOSIS
    if len(trained(frame)) or not (len(drawn) or diagnosed.any() or len(timed(frame))):
        kinds.append("models")
    if len(timed(frame)):
        kinds.append("speed")
    if len(drawn):
        kinds += ["trainability", *(["points"] if view.in_full else [])]
    if diagnosed.any():
        kinds.append("diagnostics")
    return [*kinds, "frameworks"]


def _frameworks(frame: pd.DataFrame, *, asked: bool) -> Iterator[Table]:
    """Times of training, and of draws where there are several variants to compare."""
    drawn = draws_alone(frame)
    table = frameworks_table(frame)
    if table.rows or (asked and drawn.empty):
        yield table
    if len(drawn) and (asked or drawn["variant"].nunique() > 1):
        yield draws_table(drawn)


_SIDE_BY_SIDE: Mapping[str, tuple[Rows, Callable[[Pair, View], Table]]] = {
    "models": (trained, lambda pair, view: two_runs_models(pair, view.metric)),
    "trainability": (draws_alone, lambda pair, _: two_runs_trainability(pair)),
    "speed": (timed, lambda pair, _: two_runs_speed(pair)),
    "frameworks": (trained, lambda pair, _: two_runs_frameworks(pair)),
}
"""By kind: the rows that two runs are compared by, and their table."""


def two_runs_tables(store: Store, a: str, b: str, view: View | None = None) -> list[Table]:
    """The tables of two runs side by side, by their ids.

    Raises
    ------
    UnknownNameError
        They are one run, have no such metric or column, nothing to compare, or a table that
        is of one run.
    """
    view = view or View()
    if a == b:
        raise UnknownNameError(f"both names mean run {a}; give the id of another one")
    if view.kind not in (*_SIDE_BY_SIDE, "all"):
        raise UnknownNameError(
            f"two runs are compared by {', '.join(_SIDE_BY_SIDE)}, not by {view.kind}; "
            f"show each by itself: qbench compare {a} --table {view.kind}"
        )
    first, second = (
        matching(store.frame(run, each_path=True, at_its_end=True), view.where) for run in (a, b)
    )
    tables = []
    for kind, (rows, table) in _SIDE_BY_SIDE.items():
        pair = Pair.of(first, second, rows)
        if view.kind == kind or (view.kind == "all" and pair.points):
            tables.append(table(pair, view))
    if not tables:
        raise UnknownNameError(
            f"runs {a} and {b} have no rows that are compared side by side; "
            f"show each by itself: qbench compare {a}"
        )
    about = [f"{side}: {_provenance(_info(store, run))}" for side, run in (("A", a), ("B", b))]
    return _finished(tables, view, about)


def _info(store: Store, run_id: str) -> RunInfo:
    return next(run for run in store.runs() if run.id == run_id)


def _finished(tables: list[Table], view: View, about: Sequence[str]) -> list[Table]:
    if view.where:
        chosen = ", ".join(f"{key}={pattern}" for key, pattern in view.where.items())
        about = [f"only {chosen}", *about]
    for table in tables:
        table.notes += about
    return tables if view.sort is None else _sorted(tables, view.sort)


def _sorted(tables: Sequence[Table], asked: str) -> list[Table]:
    """Those that have the column in its order, the others as they are."""
    name = asked.removeprefix("-")
    if not any(table.column(name) for table in tables):
        headings = dict.fromkeys(n for t in tables for n in t.without_empty_columns().names())
        raise UnknownNameError(f"--sort: {unknown('column', name, headings)}")
    return [table.sorted_by(name, descending=asked != name) for table in tables]


def _provenance(run: RunInfo) -> str:
    """What was run, when, where and by which code, in one line."""
    machine: Mapping[str, Any] = run.machine
    git = machine.get("git") or {}
    code = f"qbench {machine['qbench']}"
    if git:
        code += f" at {git['commit'][:10]}{' with local changes' * git['dirty']}"
    suite = f"{run.suite} ({run.profile})" if run.profile else run.suite
    return (
        f"run {run.id} of {suite}, {run.started_at:%Y-%m-%d}, {code}; "
        f"{machine['cpu']}, {machine['cores']} cores, {machine['os']}"
    )
