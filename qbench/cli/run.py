"""``qbench run``: run a suite, then show its tables."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qbench.cli.options import (
    ProfileOption,
    QuickOption,
    SetOption,
    StoreOption,
    TimeoutOption,
    chosen_profile,
)


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
    from qbench.cli.running import run_and_show
    from qbench.runner.options import RunOptions

    options = RunOptions.of(
        plan.suite.config.budget,
        timeout=timeout,
        jobs=jobs,
        fresh=fresh,
        force=force,
        retry_failed=retry_failed,
    )
    run_and_show(plan, options, store)
