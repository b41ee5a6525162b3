"""``qbench conformance``: does each backend compute what the reference computes?"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from rich.status import Status
    from rich.table import Table

    from qbench.registry import BackendInfo
    from qbench.testing import CaseResult


def conformance(
    backends: Annotated[
        list[str] | None,
        typer.Argument(help="Backends, as NAME or NAME@VERSION; all of them by default."),
    ] = None,
    accelerator: Annotated[
        Literal["cpu", "cuda"], typer.Option(help="Judge the modes that run on this.")
    ] = "cpu",
) -> None:
    """Hold backends against the reference: every gate, encoding, read-out and gradient.

    A row a mode: cases passed, failed and skipped, the largest differences from
    the reference, and below it what failed and why.

    Exit codes: 0 all conform, 1 some case failed.

    Example: qbench conformance reference qulacs
    """
    from qbench.cli.console import complain, stderr, stdout
    from qbench.exceptions import EnvironmentUnavailableError
    from qbench.registry import find, load_registry

    registry = load_registry()
    named = backends or [
        name
        for name, info in registry.items()
        if info.adapter and accelerator in info.capabilities.all_accelerators
    ]
    targets = [(find(name.partition("@")[0], registry), name.partition("@")[2]) for name in named]
    table, problems = _empty_table(), []
    for info, version in targets:
        try:
            with stderr().status(f"{info.name}: starting") as status:
                results = _judge(
                    info,
                    version or None,
                    accelerator,
                    partial(_show, status, info.name),
                )
        except EnvironmentUnavailableError as error:
            complain(str(error))
            problems.append(str(error))
            continue
        _add_rows(table, info.name, results)
        problems += [f"{info.name}: {r.message}" for r in results if r.status == "failed"]
    stdout().print(table)
    for problem in problems:
        complain(problem)
    if problems:
        raise typer.Exit(1)


def _show(status: Status, name: str, result: CaseResult) -> None:
    from rich.text import Text

    status.update(Text(f"{name}: {result.mode}, {result.precision}: {result.case}"))


def _judge(
    info: BackendInfo,
    version: str | None,
    accelerator: str,
    progress: Callable[[CaseResult], None],
) -> list[CaseResult]:
    from qbench.runner.pool import WorkerPool
    from qbench.testing import executions, run_conformance

    with tempfile.TemporaryDirectory() as logs, WorkerPool(Path(logs)) as pool:
        worker = pool.worker(info, version, accelerator=accelerator)
        modes = executions(info.capabilities, accelerator)
        return run_conformance(worker, info.capabilities, only=modes, progress=progress)


def _empty_table() -> Table:
    from rich.table import Table

    table = Table(box=None)
    for heading in ("backend", "mode", "precision"):
        table.add_column(heading)
    for heading in ("passed", "failed", "skipped", "outputs", "gradients", "states"):
        table.add_column(heading, justify="right")
    return table


def _add_rows(table: Table, name: str, results: list[CaseResult]) -> None:
    from rich.text import Text

    from qbench.testing import summarise

    for row in summarise(results):
        counts = [str(n) for n in (row.passed, row.failed, row.skipped)]
        figures = [f"{d:.1e}" for d in (row.d_outputs, row.d_gradients, row.d_states)]
        table.add_row(name, Text(row.mode), row.precision, *counts, *figures)
