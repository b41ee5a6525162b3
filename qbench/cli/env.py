"""``qbench env``: the environments of the backends."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.status import Status

    from qbench.registry import BackendInfo

app = typer.Typer(help="Make, list and remove the backends' environments.", no_args_is_help=True)

NamesArgument = Annotated[
    list[str] | None,
    typer.Argument(help="Backends, as NAME or NAME@VERSION; all of them by default."),
]


@app.command("list")
def list_environments() -> None:
    """Show each backend's environment: state, version, size, path.

    Example: qbench env list
    """
    from rich.table import Table
    from rich.text import Text

    from qbench.cli.console import stdout
    from qbench.registry import load_registry
    from qbench.runner.environments import Environment

    table = Table("backend", "version", "state", "size", "path", box=None)
    for info, version in _targets(None, load_registry().values()):
        environment = Environment(info, version)
        status, record = environment.status(), environment.record()
        size = f"{record.size_bytes / 1e9:.2f} GB" if record else ""
        path = str(environment.path) if record else status.reason
        table.add_row(info.name, version, status.state, size, Text(path))
    stdout().print(table, soft_wrap=True)


@app.command()
def create(
    names: NamesArgument = None,
    force: Annotated[bool, typer.Option("--force", help="Make it anew if it is there.")] = False,
) -> None:
    """Make environments that are missing.

    Example: qbench env create pennylane qiskit
    """
    from qbench.cli.console import complain, stderr, stdout
    from qbench.exceptions import EnvironmentUnavailableError
    from qbench.runner.environments import Environment

    failed = False
    for info, version in _targets(names):
        environment = Environment(info, version)
        try:
            with stderr().status(f"{info.name}@{version}") as status:
                record = environment.create(
                    partial(_show, status, info.name),
                    force=force,
                )
        except EnvironmentUnavailableError as error:
            complain(str(error))
            failed = True
            continue
        stdout().print(
            f"{info.name}@{version}: ready, {record.size_bytes / 1e9:.2f} GB, "
            f"made in {record.seconds:.0f} s",
        )
    if failed:
        raise typer.Exit(1)


@app.command()
def remove(names: NamesArgument = None) -> None:
    """Remove environments; the next run makes what it needs again.

    Example: qbench env remove pennylane
    """
    from qbench.cli.console import stdout
    from qbench.runner.environments import Environment

    for info, version in _targets(names):
        gone = Environment(info, version).remove()
        stdout().print(f"{info.name}@{version}: {'removed' if gone else 'was not there'}")


@app.command()
def path(
    name: Annotated[str, typer.Argument(help="A backend, as NAME or NAME@VERSION.")],
) -> None:
    """Print where a backend's environment lies.

    Example: qbench env path pennylane
    """
    from qbench.runner.environments import Environment

    ((info, version),) = _targets([name])
    typer.echo(Environment(info, version).path)


def _show(status: Status, name: str, line: str) -> None:
    from rich.text import Text

    status.update(Text(f"{name}: {line}"))


def _targets(
    names: list[str] | None, infos: Iterable[BackendInfo] | None = None
) -> list[tuple[BackendInfo, str]]:
    """Backends with a version each; backends that share an environment stand once."""
    from qbench.registry import find, load_registry

    if names:
        parts = [name.partition("@") for name in names]
        found = [(find(name), version or None) for name, _, version in parts]
        return [(info, info.version(version)) for info, version in found]
    every = infos or load_registry().values()
    return [(info, info.default_version) for info in every if info.environment == info.name]
