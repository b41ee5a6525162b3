"""``qbench diagnose``: expressibility, entangling capability and gradients of circuits."""

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


def diagnose(
    suite: Annotated[
        Path, typer.Argument(help="A suite file, or the name of one that ships.", metavar="SUITE")
    ],
    backend: Annotated[
        str,
        typer.Option("--backend", "-b", metavar="NAME", help="The backend that yields the states."),
    ] = "reference",
    profile: ProfileOption = None,
    quick: QuickOption = False,
    overrides: SetOption = None,
    timeout: TimeoutOption = None,
    store: StoreOption = None,
) -> None:
    """Diagnose each circuit of a suite, whatever the suite's own task is.

    Expressibility and entangling capability after Sim et al. 2019, the variance
    of the first output (cost concentration) and of its gradient. Nothing is
    trained and no data are read: features of an encoding are drawn at random.
    The run is kept under the suite's name with _diagnosis behind it.

    Example: qbench diagnose quickstart
    """
    from qbench.cli.running import run_and_show
    from qbench.plan import diagnosis_plan
    from qbench.runner.options import RunOptions

    plan = diagnosis_plan(suite, chosen_profile(profile, quick), overrides or (), backend)
    run_and_show(plan, RunOptions.of(plan.suite.config.budget, timeout=timeout), store)
