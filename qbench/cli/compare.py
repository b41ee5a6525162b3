"""``qbench compare``: the tables of a run, or of two side by side."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from qbench.cli.options import StoreOption, one_of


class TableKind(StrEnum):
    """Which tables to show."""

    models = "models"
    search = "search"
    frameworks = "frameworks"
    speed = "speed"
    trainability = "trainability"
    points = "points"
    diagnostics = "diagnostics"
    all = "all"


class Format(StrEnum):
    """How to write them."""

    rich = "rich"
    md = "md"
    csv = "csv"
    json = "json"
    latex = "latex"


def _option(name: str, metavar: str, text: str) -> Any:
    return typer.Option(name, metavar=metavar, help=text, show_default=False)


def compare(
    run: Annotated[
        str | None,
        typer.Argument(
            help="A run's id, or a suite's name for its latest run; the latest run by default.",
            metavar="RUN",
        ),
    ] = None,
    other: Annotated[
        str | None,
        typer.Argument(help="A second run: both side by side, B - A.", metavar="RUN_B"),
    ] = None,
    table: Annotated[
        TableKind,
        typer.Option(
            "--table",
            **one_of(TableKind, "table"),
            help="Models (accuracy), search (every configuration that was tried), frameworks "
            "(time of training), speed (time of circuits), trainability (how fast gradients "
            "vanish), points (every variance behind it), diagnostics (of circuits).",
        ),
    ] = TableKind.all,
    fmt: Annotated[
        Format,
        typer.Option(
            "--format",
            "-f",
            **one_of(Format, "format"),
            help="csv, json: plain values; latex: needs booktabs.",
        ),
    ] = Format.rich,
    metric: Annotated[
        str | None, _option("--metric", "NAME", "Another recorded metric than the leading one.")
    ] = None,
    baseline: Annotated[
        str | None,
        _option("--baseline", "NAME|AXIS=VALUE", "Take differences against this, not the suite's."),
    ] = None,
    rows: Annotated[
        str | None,
        _option("--rows", "AXIS,...", "One table of the metric: axes, or model, variant, ..."),
    ] = None,
    columns: Annotated[str | None, _option("--columns", "AXIS,...", "Its columns.")] = None,
    where: Annotated[
        list[str] | None,
        _option("--filter", "KEY=PATTERN", "Only such rows: model=qnn,variant='qiskit*'."),
    ] = None,
    sort: Annotated[
        str | None, _option("--sort", "COLUMN", "Sort by it; -COLUMN: the largest first.")
    ] = None,
    store: StoreOption = None,
) -> None:
    """Show the tables of a run, or what changed from one run to another.

    Two runs stand side by side, each as it ended, trial by trial of equal seeds.
    For one metric over the suite's axes: --rows n_qubits --columns model.

    Example: qbench compare quickstart --table frameworks --format md
    """
    from qbench.cli.console import stdout
    from qbench.report import View, render_rich, render_text, run_tables, two_runs_tables
    from qbench.spec import parse_only
    from qbench.store import open_store

    if other is not None and (baseline or rows or columns):
        raise typer.BadParameter("--baseline, --rows and --columns are for one run, not for two")
    view = View(
        kind=table.value,
        in_full=fmt in (Format.csv, Format.json),
        metric=metric,
        baseline=baseline,
        where=parse_only(",".join(where), option="--filter") if where else {},
        rows=_listed(rows),
        columns=_listed(columns),
        sort=sort,
    )
    with open_store(store, writable=False) as opened:
        first = opened.resolve_run(run)
        if other is None:
            tables = run_tables(opened, first, view)
        else:
            tables = two_runs_tables(opened, first, opened.resolve_run(other), view)
    if fmt is Format.rich:
        for each in tables:
            stdout().print(render_rich(each, stdout().width))
        return
    typer.echo(render_text(tables, fmt.value), nl=False)


def _listed(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(",") if part.strip()]
