"""``qbench new``: what a contributor starts from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="Write the files that a new part of qbench starts from.", no_args_is_help=True
)


@app.command()
def backend(
    name: Annotated[str, typer.Argument(help="Its name, as suites will write it.")],
    into: Annotated[
        Path, typer.Option("--into", metavar="DIR", help="The folder to write NAME/ in.")
    ] = Path(),
) -> None:
    """Write the folder of a new backend: declaration, adapter, pins and a test.

    The folder is found through QBENCH_BACKENDS at once, and fails conformance
    until its adapter is written. docs/how-to-add-a-backend.md says how.

    Example: qbench new backend mine --into .
    """
    from qbench.cli.console import note, stdout
    from qbench.registry import load_registry, new_backend

    written = new_backend(name, into, load_registry())
    for path in written:
        stdout().print(str(path), soft_wrap=True)
    folder = written[0].parent.resolve()
    note("Fill in the adapter, then hold it against the reference:")
    note(f"  QBENCH_BACKENDS={folder} qbench conformance {name}")
