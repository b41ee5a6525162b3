"""The tables of one run or of two, from the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from qbench.exceptions import UnknownNameError
from qbench.report.baseline import Baseline
from qbench.report.frames import matching
from qbench.report.frameworks_table import frameworks_table
from qbench.report.models_table import models_table
from qbench.report.pivot_table import pivot_table
from qbench.report.table import Table
from qbench.report.two_runs import Pair, two_runs_frameworks, two_runs_models
from qbench.spec.problems import unknown
from qbench.store import RunInfo, Store

KINDS = ("models", "frameworks", "all")


@dataclass(frozen=True)
class View:
    """What the user wants to see of a run."""

    kind: str = "all"
    """One of KINDS."""
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
    """The tables of models and of frameworks, one of them, or a metric over chosen axes.

    Raises
    ------
    UnknownNameError
        The run has no such metric, baseline, axis or column; suggests the nearest.
    """
    view = view or View()
    everything = store.frame(run_id, each_path=True)
    run = _info(store, run_id)
    frame = matching(everything, view.where)
    tables = []
    if view.rows or view.columns:
        tables.append(pivot_table(frame, view.rows, view.columns, view.metric))
    elif view.kind in ("models", "all"):
        baseline = Baseline.of_suite(run.machine.get("baseline"))
        if view.baseline:
            baseline = Baseline.parse(view.baseline, everything)
        tables.append(
            models_table(frame, baseline=baseline, metric=view.metric, everything=everything)
        )
    if view.kind in ("frameworks", "all") and not (view.rows or view.columns):
        tables.append(frameworks_table(frame))
    return _finished(tables, view, [_provenance(run)])


def two_runs_tables(store: Store, a: str, b: str, view: View | None = None) -> list[Table]:
    """The tables of two runs side by side, by their ids.

    Raises
    ------
    UnknownNameError
        They are one run, or have no such metric or column.
    """
    view = view or View()
    if a == b:
        raise UnknownNameError(f"both names mean run {a}; give the id of another one")
    frames = [
        matching(store.frame(run, each_path=True, at_its_end=True), view.where) for run in (a, b)
    ]
    pair = Pair.of(frames[0], frames[1])
    tables = []
    if view.kind in ("models", "all"):
        tables.append(two_runs_models(pair, view.metric))
    if view.kind in ("frameworks", "all"):
        tables.append(two_runs_frameworks(pair))
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
