"""``qbench validate``: is this suite right, and what would it run?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qbench.cli.options import ProfileOption, QuickOption, SetOption, chosen_profile


def validate(
    suites: Annotated[list[Path], typer.Argument(help="Suite files.", metavar="SUITE...")],
    profile: ProfileOption = None,
    quick: QuickOption = False,
    overrides: SetOption = None,
) -> None:
    """Check suites without running anything.

    Every mistake is told with its file, line, column and key.

    Example: qbench validate suites/quickstart.yaml
    """
    from qbench.cli.console import complain, stdout
    from qbench.exceptions import QbenchError
    from qbench.plan import load_plan

    failed = False
    for path in suites:
        try:
            plan = load_plan(path, chosen_profile(profile, quick), overrides or ())
        except QbenchError as error:
            complain(str(error))
            failed = True
            continue
        methods = dict.fromkeys(t.work.method for t in plan.trials)
        variants = dict.fromkeys(t.work.variant for t in plan.trials)
        tried = f" after {len(plan.tried)} of a search" if plan.searches else ""
        stdout().print(
            f"{path}: valid; {len(plan.trials)} trials{tried}, {len(methods)} methods, "
            f"{len(variants)} backends, {len(plan.suite.seeds)} seeds"
        )
    if failed:
        raise typer.Exit(2)
