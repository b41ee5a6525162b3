"""``qbench data``: the data sets, where their files are, and whether these are whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from qbench.data import DatasetInfo

app = typer.Typer(help="List the data sets, fetch and verify their files.", no_args_is_help=True)


@app.command("list")
def list_datasets() -> None:
    """Show each data set: task, size, classes, licence, and whether its files are here.

    Nothing is fetched and no file is opened: `qbench data verify` does that.

    Example: qbench data list
    """
    from rich.table import Table
    from rich.text import Text

    from qbench.cli.console import stdout
    from qbench.data import DATASETS
    from qbench.data.states import state_of

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("name", no_wrap=True)
    table.add_column("task")
    for heading in ("rows", "features", "classes"):
        table.add_column(heading, justify="right")
    for heading in ("licence", "state"):
        table.add_column(heading, overflow="fold")
    for info in DATASETS.values():
        sizes = (info.n_samples, info.n_features, info.n_classes)
        cells = (info.name, info.task, *(str(size or "") for size in sizes), info.licence)
        table.add_row(*map(Text, (*cells, state_of(info))))
    stdout().print(table)


@app.command()
def fetch(
    names: Annotated[list[str], typer.Argument(help="Data sets.", metavar="NAME...")],
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Fetch files of the cache anew whose hash is wrong."),
    ] = False,
) -> None:
    """Fetch the files that are not here yet, and verify all of them.

    They come into the cache folder (QBENCH_CACHE_DIR); files in QBENCH_DATA_DIR are yours
    and never written. With QBENCH_OFFLINE=1 it says what to fetch by hand.

    Example: qbench data fetch breastmnist
    """
    from qbench.cli.console import stdout
    from qbench.data.fetching import obtain
    from qbench.data.files import read

    for info in _named(names):
        fetched = obtain(info.files, replace=replace)
        for file in info.files:
            read(file)
        for path in fetched:
            stdout().print(f"{info.name}: {path}", soft_wrap=True)
        count = "its file is" if len(info.files) == 1 else f"its {len(info.files)} files are"
        whole = f"{count} here and whole" if info.files else "needs no files"
        stdout().print(f"{info.name}: {whole}")


@app.command()
def verify(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Data sets; all by default.", metavar="NAME...", show_default=False),
    ] = None,
) -> None:
    """Hold every file that is here against its hash; ends with 1 where one is wrong.

    Example: qbench data verify
    """
    from rich.table import Table
    from rich.text import Text

    from qbench.cli.console import complain, stdout
    from qbench.data.states import CORRUPT, verified

    table = Table("data set", "file", "state", "path", box=None, pad_edge=False)
    wrong = []
    for info in _named(names):
        for check in verified(info):
            table.add_row(*map(Text, (info.name, check.file.path, check.state, check.path)))
            wrong += [check.reason] if check.state == CORRUPT else []
    stdout().print(table, soft_wrap=True)
    for reason in wrong:
        complain(reason)
    if wrong:
        raise typer.Exit(1)


def _named(names: list[str] | None) -> list[DatasetInfo]:
    """The data sets of these names, or all that have files."""
    from qbench.data import DATASETS, find_dataset

    if names:
        return [find_dataset(name) for name in dict.fromkeys(names)]
    return [info for info in DATASETS.values() if info.files]
