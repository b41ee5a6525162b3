"""``qbench doctor``: what works here, what doesn't, and what to do."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.status import Status
    from rich.text import Text

    from qbench.runner.doctor import Diagnosis, MachineNote


def doctor(
    backends: Annotated[
        list[str] | None,
        typer.Argument(
            help="Backends, as NAME or NAME@VERSION; all of them by default.",
            metavar="[BACKEND]...",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Check that backends work here, and say what to do where one does not.

    Each: platform and Python, its environment, a worker that imports the
    framework, a small circuit held against the reference, and the known bugs of
    this version. Then what the machine does to timings. Nothing is installed.

    Exit codes: 0 all well (an environment may be missing), 1 something is broken.

    Example: qbench doctor pennylane
    """
    from qbench.cli.console import stderr
    from qbench.registry import find, load_registry
    from qbench.runner.doctor import diagnose, machine_notes

    registry = load_registry()
    parts = [name.partition("@") for name in backends or registry]
    targets = [(find(name, registry), version or None) for name, _, version in parts]
    notes = machine_notes()  # before the workers load the machine themselves
    found = []
    for info, version in targets:
        with stderr().status(f"{info.name}: starting") as shown:
            found.append(diagnose(info, version, partial(_show, shown, info.name)))
    if as_json:
        _print_json(found, notes)
    else:
        _print(found, notes)
    if not all(each.healthy for each in found):
        raise typer.Exit(1)


def _show(status: Status, name: str, line: str) -> None:
    from rich.text import Text

    status.update(Text(f"{name}: {line}"))


def _print_json(found: Sequence[Diagnosis], notes: Sequence[MachineNote]) -> None:
    import json
    from dataclasses import asdict

    whole = {
        "healthy": all(each.healthy for each in found),
        "backends": [each.to_json() for each in found],
        "machine": [asdict(note) for note in notes],
    }
    typer.echo(json.dumps(whole, indent=2))


def _print(found: Sequence[Diagnosis], notes: Sequence[MachineNote]) -> None:
    from rich.table import Table
    from rich.text import Text

    from qbench.cli.console import stdout

    names = ("platform", "python", "environment", "worker", "agreement")
    table = Table("backend", "version", *names, "bugs", box=None, pad_edge=False)
    for each in found:
        cells = [_cell(each, name) for name in names]
        table.add_row(each.backend, each.version, *cells, Text(str(len(each.known_bugs) or "")))
    stdout().print(table)
    for each in found:
        _print_details(each)
    stdout().print()
    grid = Table.grid(padding=(0, 2))
    for note in notes:
        warning = Text(f"  warning: {note.warning}" if note.warning else "", style="yellow")
        grid.add_row(Text(note.about, style="bold"), Text.assemble(note.detail, warning))
    stdout().print(grid)


def _cell(diagnosis: Diagnosis, name: str) -> Text:
    from rich.text import Text

    from qbench.runner.doctor import FAILED, MISSING, SKIPPED

    check = diagnosis.check(name)
    if check.state == SKIPPED:
        return Text("-", style="dim")
    if check.state in (FAILED, MISSING):
        return Text(check.state, style="bold red" if check.state == FAILED else "yellow")
    return Text(f"ok, {check.detail}" if check.detail else "ok", style="green")


def _print_details(diagnosis: Diagnosis) -> None:
    from rich.text import Text

    from qbench.cli.console import stdout
    from qbench.runner.doctor import OK

    lines = []
    for check in diagnosis.checks:
        if check.state != OK:
            lines.append(f"{check.name} {check.state}: {check.detail}")
            lines += [f"  {check.advice}"] if check.advice else []
    for bug in diagnosis.known_bugs:
        lines += [f"known bug {bug.id}: {bug.summary}", f"  {bug.advice}"]
        lines += [f"  {bug.url}"] if bug.url else []
    if not lines:
        return
    stdout().print()
    stdout().print(Text(f"{diagnosis.title} ({diagnosis.backend}@{diagnosis.version})", "bold"))
    for line in lines:
        stdout().print(Text(f"  {line}"), soft_wrap=True)
