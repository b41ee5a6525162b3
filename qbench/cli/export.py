"""``qbench export``: a run's trials as a file for other programs."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from qbench.cli.options import StoreOption, one_of


class ExportFormat(StrEnum):
    """The formats of a file."""

    csv = "csv"
    json = "json"
    parquet = "parquet"


def export(
    run: Annotated[
        str | None,
        typer.Argument(
            help="A run's id, or a suite's name for its latest run; the latest run by default.",
            metavar="[RUN]",
        ),
    ] = None,
    fmt: Annotated[
        ExportFormat | None,
        typer.Option(
            "--format",
            "-f",
            **one_of(ExportFormat, "format"),
            help="By default what the file's ending says, else csv.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write here, not to the terminal."),
    ] = None,
    store: StoreOption = None,
) -> None:
    """Write one row a trial: labels, status, metrics, timings, memory, provenance.

    Columns are named as in qbench.load: metrics.accuracy, timings.step_ms.
    Parquet needs pyarrow: pip install 'qbench\\[parquet]'.

    Example: qbench export quickstart -o quickstart.csv
    """  # fmt: skip
    from qbench.report.export import export_frame
    from qbench.store import open_store

    chosen = fmt.value if fmt else _by_ending(output)
    if output is None and chosen == "parquet":
        raise typer.BadParameter("parquet is no text: name a file with -o FILE")
    with open_store(store, writable=False) as opened:
        run_id = opened.resolve_run(run)
        frame = opened.frame(run_id)
    data = export_frame(frame, chosen)
    if output is None:
        typer.echo(data, nl=False)
        return
    from qbench.cli.console import note
    from qbench.exceptions import QbenchError

    try:
        output.write_bytes(data)
    except OSError as error:
        raise QbenchError(f"{output}: cannot be written: {error.strerror}") from error
    note(f"run {run_id}: {len(frame)} trials in {output}")


def _by_ending(output: Path | None) -> str:
    ending = output.suffix.lstrip(".").lower() if output else ""
    return ending if ending in set(ExportFormat) else "csv"
