"""``qbench run``: run a suite, then show its tables."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qbench.cli.options import (
    ProfileOption,
    QuickOption,
    SetOption,
    StoreOption,
    TimeoutOption,
    chosen_profile,
)

if TYPE_CHECKING:
    from qbench.runner.executor import RunSummary


def run(
    suite: Annotated[Path, typer.Argument(help="A suite file.", metavar="SUITE")],
    quick: QuickOption = False,
    profile: ProfileOption = None,
    overrides: SetOption = None,
    only: Annotated[
        str | None,
        typer.Option(
            "--only",
            metavar="KEY=PATTERN,...",
            help="Run some trials: model=hybrid,backend='qiskit*' (model, backend, variant, "
            "task, seed, or an axis).",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would run, and run nothing.")
    ] = False,
    probe: Annotated[
        bool,
        typer.Option("--probe", help="With --dry-run: time a few steps of what has no rows yet."),
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Run again what is final.")] = False,
    retry_failed: Annotated[
        bool,
        typer.Option(
            "--retry-failed", help="Run again what failed, timed out or ran out of memory."
        ),
    ] = False,
    jobs: Annotated[
        int,
        typer.Option("--jobs", "-j", min=1, help="Trials at a time; more than 1 blurs timings."),
    ] = 1,
    timeout: TimeoutOption = None,
    fresh: Annotated[
        bool,
        typer.Option("--fresh", help="A new process for each trial: honest import and memory."),
    ] = False,
    store: StoreOption = None,
) -> None:
    """Run a suite and show its tables.

    What is final in the store is not run again: an interrupted run goes on where
    it stopped. Environments of backends are made on first use.

    Exit codes: 0 all well, 1 some trials failed, 2 bad usage, 130 interrupted.

    Example: qbench run suites/quickstart.yaml --quick
    """
    from qbench.cli.dry_run import print_plan
    from qbench.plan import load_plan

    if probe and not dry_run:
        raise typer.BadParameter("--probe goes with --dry-run")
    plan = load_plan(suite, chosen_profile(profile, quick), overrides or (), only)
    if dry_run:
        print_plan(plan, store, probe=probe)
        return
    from qbench.cli.console import stdout
    from qbench.cli.live import LiveDisplay
    from qbench.report import render_rich, run_tables
    from qbench.runner.executor import Executor, RunOptions, log_folder
    from qbench.store import open_store

    options = RunOptions.of(
        plan.suite.config.budget,
        timeout=timeout,
        jobs=jobs,
        fresh=fresh,
        force=force,
        retry_failed=retry_failed,
    )
    with open_store(store) as opened:
        with LiveDisplay(plan) as display:
            executor = Executor(plan, opened, options, display, log_folder(opened.where))
            summary = executor.run(command_line=" ".join(["qbench", *sys.argv[1:]]))
        for table in run_tables(opened, summary.run_id):
            stdout().print(render_rich(table, stdout().width))
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
    if summary.interrupted:
        note("interrupted; the same command goes on where this one stopped")
    if set(summary.statuses) & {"failed", "timeout", "out_of_memory"}:
        note("see the reasons above; --retry-failed runs the failed trials again")
