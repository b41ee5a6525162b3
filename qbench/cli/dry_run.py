"""``qbench run --dry-run``: what would run, and for how long."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qbench.plan import Plan, Trial
    from qbench.runner.estimate import Estimate
    from qbench.store import Store


def print_plan(plan: Plan, store: str | None, *, probe: bool) -> None:
    """A row a task, method and backend, and the hours that what is due will take."""
    from rich.table import Table
    from rich.text import Text

    from qbench.cli.console import note, stdout
    from qbench.exceptions import StoreError
    from qbench.store import is_due, open_store

    everything = (*plan.tried, *plan.trials)
    with ExitStack() as stack:
        opened: Store | None = None
        try:
            opened = stack.enter_context(open_store(store, writable=False))
        except StoreError:
            note("no results yet: everything is to run")
        statuses = opened.latest_statuses(t.id for t in everything) if opened else {}
        due = [t for t in everything if is_due(statuses.get(t.id, (None, 0))[0])]
        estimates = _estimates(everything, due, opened, probe)
    table = Table("task", "method", "backend", "trials", "to run", "time", "remark", box=None)
    waiting = {trial.id for trial in due}
    for remark, part in _phases(plan):
        groups: dict[tuple[str, str, str], list[Trial]] = {}
        for trial in part:
            key = (trial.work.task, trial.work.method, trial.work.variant)
            groups.setdefault(key, []).append(trial)
        for key, trials in groups.items():
            left = [trial for trial in trials if trial.id in waiting]
            seconds = _seconds(left, estimates)
            said = trials[0].work.refusal or remark.get(trials[0].work.method, "")
            cells = (*key, len(trials), len(left), _words(seconds), said)
            table.add_row(*(Text(str(cell)) for cell in cells))
    stdout().print(table)
    searched = f", {len(plan.tried)} of them a search's" if plan.searches else ""
    stdout().print(f"{len(everything)} trials{searched}, {len(due)} to run{_total(due, estimates)}")


def _phases(plan: Plan) -> list[tuple[dict[str, str], Sequence[Trial]]]:
    """The trials of each phase, and what is to be said of a method there."""
    counts = {search.method: len(search.configurations) for search in plan.searches}
    tried = {method: f"search: {n} configurations" for method, n in counts.items()}
    return [(tried, plan.tried), (dict.fromkeys(counts, "as the search chooses"), plan.trials)]


def _estimates(
    trials: Sequence[Trial], due: Sequence[Trial], store: Store | None, probe: bool
) -> dict[int, Estimate]:
    from qbench.cli.console import stderr
    from qbench.runner.estimate import by_probe, from_rows
    from qbench.runner.pool import WorkerPool

    estimates = from_rows(trials, store)
    unknown = [t for t in due if estimates[id(t.work)].seconds is None]
    if probe and unknown:
        with (
            tempfile.TemporaryDirectory() as logs,
            WorkerPool(Path(logs)) as pool,
            stderr().status("probing") as status,
        ):
            estimates |= by_probe(
                unknown,
                pool,
                lambda trial: status.update(f"probing {trial.work.variant}, {trial.work.method}"),
            )
    return estimates


def _seconds(trials: Sequence[Trial], estimates: dict[int, Estimate]) -> float | None:
    each = [estimates[id(trial.work)].seconds for trial in trials]
    known = [seconds for seconds in each if seconds is not None]
    return sum(known) if len(known) == len(each) else None


def _total(due: Sequence[Trial], estimates: dict[int, Estimate]) -> str:
    known = [t for t in due if estimates[id(t.work)].seconds is not None]
    if not due:
        return ""
    if not known:
        return "; no earlier rows to tell how long (--probe tries a few steps of each)"
    total = sum(estimates[id(t.work)].seconds or 0.0 for t in known)
    said = f"; about {_words(total)} ({total / 3600:.2f} h), imports apart"
    missing = len(due) - len(known)
    return f"{said}, without {missing} trials of unknown length (--probe)" if missing else said


def _words(seconds: float | None) -> str:
    if seconds is None:
        return "?"
    if seconds < 100:
        return f"{seconds:.0f} s" if seconds >= 1 or seconds == 0 else f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
