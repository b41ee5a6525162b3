"""``qbench status``: the runs in a store, and what is left of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from qbench.cli.options import StoreOption

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qbench.report.run_status import RunStatus

_ID_SHOWN = 8


def status(
    run: Annotated[
        str | None,
        typer.Argument(
            help="A run's id, or a suite's name for its latest run: what went wrong in it.",
            metavar="[RUN]",
        ),
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, help="Show so many runs, the latest first.")
    ] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    store: StoreOption = None,
) -> None:
    """Show the runs of a store: when, how far, and how to go on.

    With RUN also every trial of it that is not ok, with the reason. A run is
    `stopped` if its process is gone, `unfinished` if trials are left.

    Example: qbench status
    """
    from qbench.report.run_status import not_ok, run_status, run_statuses
    from qbench.store import open_store

    problems: list[dict[str, Any]] = []
    with open_store(store, writable=False) as opened:
        where = opened.where
        if run is None:
            found = run_statuses(opened, limit)
        else:
            found = [run_status(opened, opened.resolve_run(run))]
            problems = not_ok(opened.frame(found[0].info.id))
    if as_json:
        import json

        plain = [each.to_json() for each in found]
        whole = plain if run is None else {**plain[0], "not_ok": problems}
        typer.echo(json.dumps(whole, indent=2))
        return
    from qbench.cli.console import note, stdout

    if not found:
        note(f"{where} holds no runs yet; start with: qbench run quickstart --quick")
        return
    _print_runs(found)
    _print_problems(problems)
    for each in found:
        if each.advice and (run is not None or each.left):
            stdout().print(f"{each.info.id}: {each.advice}", soft_wrap=True)


def _print_runs(found: Sequence[RunStatus]) -> None:
    from rich.table import Table
    from rich.text import Text

    from qbench.cli.console import stdout

    table = Table("run", "suite", "started", "took", "state", "trials", box=None, pad_edge=False)
    for each in found:
        info = each.info
        counts = ", ".join(f"{n} {status}" for status, n in sorted(each.counts.items()))
        suite = f"{info.suite}, {info.profile}" if info.profile else info.suite
        started = info.started_at.astimezone().strftime("%Y-%m-%d %H:%M")
        cells = (info.id, suite, started, _took(each.seconds), each.state, counts)
        table.add_row(*(Text(cell) for cell in cells))
    stdout().print(table)


def _print_problems(problems: Sequence[dict[str, Any]]) -> None:
    from rich.table import Table
    from rich.text import Text

    from qbench.cli.console import stdout

    if not problems:
        return
    table = Table("status", "trials", "trial", "method", "backend", "reason", box=None)
    for entry in problems:
        cells = (entry["status"], str(entry["trials"]), entry["trial"][:_ID_SHOWN])
        table.add_row(*map(Text, (*cells, entry["method"], entry["backend"], entry["reason"])))
    stdout().print()
    stdout().print(table)
    stdout().print(f"the log of one: qbench logs {problems[0]['trial'][:_ID_SHOWN]}")


def _took(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
