"""Running a plan with its progress shown, and its tables at the end."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from qbench.plan import Plan
    from qbench.runner.options import RunOptions, RunSummary
    from qbench.store import Store


def run_and_show(plan: Plan, options: RunOptions, store: str | None) -> None:
    """Run what is due, print the run's tables, and end with the run's exit code.

    Raises
    ------
    typer.Exit
        Always: 0 all well, 1 some trials failed, 130 interrupted.
    """
    from qbench.cli.console import stdout
    from qbench.cli.live import LiveDisplay
    from qbench.report import render_rich, run_tables
    from qbench.runner.executor import Executor
    from qbench.runner.options import log_folder
    from qbench.store import open_store

    with open_store(store) as opened:
        with LiveDisplay(plan) as display:
            executor = Executor(plan, opened, options, display, log_folder(opened.where))
            summary = executor.run(command_line=" ".join(["qbench", *sys.argv[1:]]))
        for table in run_tables(opened, summary.run_id):
            stdout().print(render_rich(table, stdout().width))
        if plan.suite.task == "gradient_variance":
            _draw(opened, summary.run_id)
        _print_summary(summary, opened.where)
    raise typer.Exit(summary.exit_code)


def _print_summary(summary: RunSummary, where: str) -> None:
    from qbench.cli.console import note

    counts = ", ".join(f"{n} {status}" for status, n in sorted(summary.statuses.items()))
    note(
        f"run {summary.run_id}: {counts}; {summary.ran} run now in {summary.seconds:.0f} s; "
        f"stored in {where}"
    )
    if summary.out_of_budget:
        note("budget.total is used up; the same command goes on with what is left")
    elif summary.interrupted:
        note("interrupted; the same command goes on where this one stopped")
    elif set(summary.statuses) & {"running", "interrupted"}:
        note(
            "another process is at some of these trials, or at what they need; "
            "the same command goes on with what it leaves"
        )
    if set(summary.statuses) & {"failed", "timeout", "out_of_memory"}:
        note("see the reasons above; --retry-failed runs the failed trials again")


def _draw(store: Store, run_id: str) -> None:
    """The chart of a run whose table is read off it: variance against qubits or depth."""
    from pathlib import Path

    from qbench.cli.console import note
    from qbench.exceptions import PlotError
    from qbench.report.plots import Source, plot, write

    kind = "gradient-variance"
    path = Path("results/plots") / f"{run_id}-{kind}.png"
    try:
        figure, _ = plot(Source.open(store, run_id), kind)
        write(figure, path, f"qbench: {kind} of run {run_id}")
    except PlotError as error:
        note(f"no chart: {error}")
    else:
        note(f"drawn to {path}; other kinds and formats: qbench plot {run_id} --help")
