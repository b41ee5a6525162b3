"""``qbench logs``: why a trial ended as it did, and what its worker wrote."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qbench.cli.options import StoreOption

if TYPE_CHECKING:
    from qbench.store import AttemptInfo


def logs(
    name: Annotated[
        str,
        typer.Argument(
            help="A trial's id or how it begins (qbench status RUN shows them), or a backend.",
            metavar="TRIAL|BACKEND",
        ),
    ],
    lines: Annotated[
        int, typer.Option("--lines", "-n", min=0, help="Lines from the end of the log.")
    ] = 30,
    store: StoreOption = None,
) -> None:
    """Show how the latest attempt at a trial ended, and the end of its worker's log.

    A worker serves many trials, so its log holds what others wrote too. For a
    backend: the log of its worker and of the making of its environment.

    Example: qbench logs pennylane
    """
    from qbench.registry import load_registry
    from qbench.store import open_store

    registry = load_registry()
    backend, _, version = name.partition("@")
    if backend in registry:
        from qbench.runner.environments import Environment

        environment = Environment(registry[backend], version or None)
        worker_log = _folder(store) / f"{backend}-{environment.version}.log"
        _print_log("worker", worker_log, lines)
        _print_log("environment", environment.log_path, lines)
        return
    from qbench.exceptions import UnknownNameError

    try:
        with open_store(store, writable=False) as opened:
            attempt = opened.latest_attempt(name)
    except UnknownNameError as error:
        from difflib import get_close_matches

        near = get_close_matches(backend, registry, n=1)
        hint = f"; is the backend {near[0]!r} meant?" if near else ""
        raise UnknownNameError(f"{error}{hint}") from error
    _print_attempt(attempt)
    usual = _folder(store) / f"{attempt.backend}-{attempt.backend_version}.log"
    _print_log("worker", Path(attempt.log_path) if attempt.log_path else usual, lines)


def _folder(store: str | None) -> Path:
    from qbench.runner.options import log_folder
    from qbench.store.connection import display, resolve_url

    return log_folder(display(resolve_url(store)))


def _print_attempt(attempt: AttemptInfo) -> None:
    from rich.text import Text

    from qbench.cli.console import stdout

    what = f"{attempt.method} on {attempt.variant}, seed {attempt.seed}"
    stdout().print(Text(f"trial {attempt.trial_id}: {what}", style="bold"), soft_wrap=True)
    if attempt.status is None:
        stdout().print("not tried yet")
        return
    started = (
        attempt.started_at.astimezone().strftime("%Y-%m-%d %H:%M") if attempt.started_at else ""
    )
    line = f"attempt {attempt.number} in run {attempt.run_id}, {started}: {attempt.status}"
    stdout().print(Text(line), soft_wrap=True)
    for text in (attempt.reason, attempt.traceback):
        if text:
            stdout().print(Text(text.rstrip("\n")), soft_wrap=True)


def _print_log(title: str, path: Path, lines: int) -> None:
    from rich.text import Text

    from qbench.cli.console import stdout

    stdout().print()
    if not path.is_file():
        stdout().print(Text(f"{title} log: {path} (not there)"), soft_wrap=True)
        return
    stdout().print(Text(f"{title} log: {path}", style="bold"), soft_wrap=True)
    written = path.read_text(encoding="utf-8", errors="replace").splitlines()
    for line in written[len(written) - lines :] if lines < len(written) else written:
        stdout().print(Text.from_ansi(line).plain, soft_wrap=True)
    if not written:
        stdout().print("(empty)")
