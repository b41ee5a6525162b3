"""``qbench list``: the names that a suite can use."""

from __future__ import annotations

from typing import Annotated

import typer

_JSON_ONLY = ("modes", "source", "licence")
"""Values that are too long for a terminal's table."""


def list_names(
    kind: Annotated[
        str,
        typer.Argument(
            metavar="KIND",
            help="backends, suites, datasets, baselines, encodings, ansatze, metrics, "
            "entanglements or gates.",
        ),
    ],
    as_json: Annotated[
        bool, typer.Option("--json", help="As JSON, with what a table has no room for.")
    ] = False,
) -> None:
    """List what there is, with a line about each.

    Example: qbench list datasets
    """
    from qbench.report.catalogue import entries

    found = entries(kind)
    if as_json:
        import json

        typer.echo(json.dumps(found, indent=2))
        return
    from rich.table import Table
    from rich.text import Text

    from qbench.cli.console import stdout

    headings = [key for key in (found[0] if found else {}) if key not in _JSON_ONLY]
    headings = [key for key in headings if any(row[key] != "" for row in found)]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for key in headings:
        numeric = all(isinstance(row[key], int | None) for row in found)
        table.add_column(
            key, justify="right" if numeric else "left", no_wrap=key == "name", overflow="fold"
        )
    for row in found:
        cells = (row[key] for key in headings)
        table.add_row(*(Text("" if cell is None else str(cell)) for cell in cells))
    stdout().print(table)
