"""``qbench predict``: a trial's trained model on other samples."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qbench.cli.options import StoreOption


def predict(
    trial: Annotated[
        str,
        typer.Argument(
            help="A trial's id or how it begins (qbench export shows them), or a model's name "
            "for the latest of its finished trials.",
            metavar="TRIAL",
        ),
    ],
    data: Annotated[
        str,
        typer.Option(
            "--data",
            metavar="FILE|NAME",
            help="A .csv, .tsv or .parquet file with the features' columns, a .npy file of shape "
            "(samples, features), or a data set.",
        ),
    ],
    backend: Annotated[
        str | None,
        typer.Option(
            "--backend", metavar="BACKEND", help="Run there, not where it was trained: pennylane."
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write here, not to the terminal."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON in place of CSV.")] = False,
    store: StoreOption = None,
) -> None:
    """Predict the class or value of each row, with the weights that a trial selected.

    Rows pass through the transforms that were fitted on the trial's training rows. Labels
    are the data set's own, values are in the units of the target.

    Example: qbench predict qnn --data digits -o predicted.csv
    """
    from qbench.cli.console import note
    from qbench.registry.locations import cache_dir
    from qbench.report.export import export_frame
    from qbench.runner.pool import WorkerPool
    from qbench.runner.prediction import predict as predicted
    from qbench.store import open_store

    with open_store(store, writable=False) as opened, WorkerPool(cache_dir() / "logs") as pool:
        found = predicted(opened, trial, data, pool, backend)
    info = found.trial
    note(
        f"trial {info.trial_id[:12]}: {info.method} on {info.variant}, seed {info.seed}; "
        f"run on {found.backend}: {len(found.frame)} rows"
    )
    content = export_frame(found.frame, "json" if as_json else "csv")
    if output is None:
        typer.echo(content, nl=False)
        return
    from qbench.exceptions import QbenchError

    try:
        output.write_bytes(content)
    except OSError as error:
        raise QbenchError(f"{output}: cannot be written: {error.strerror}") from error
