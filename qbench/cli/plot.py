"""``qbench plot``: pictures of a run."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qbench.cli.options import StoreOption, one_of

if TYPE_CHECKING:
    from qbench.report.plots import Source


class PictureFormat(StrEnum):
    """What to write."""

    png = "png"
    svg = "svg"
    pdf = "pdf"


def plot(
    words: Annotated[
        list[str],
        typer.Argument(
            help="A run's id or a suite's name (the latest run by default), then the kind: "
            "error, error-bars, learning, time, accuracy-time, accuracy-parameters, "
            "speed, gradient-variance, gradient-depth, gradient-course, expressibility, confusion, "
            "or all.",
            metavar="[RUN] KIND",
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Default results/plots/RUN-KIND.png; with all, the folder to write into.",
            show_default=False,
        ),
    ] = None,
    fmt: Annotated[
        PictureFormat | None,
        typer.Option(
            "--format",
            "-f",
            **one_of(PictureFormat, "format"),
            help="Default: as FILE ends, else png.",
            show_default=False,
        ),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option("--by", metavar="AXIS", help="The axis of the suite to lay values out by."),
    ] = None,
    metric: Annotated[
        str | None,
        typer.Option("--metric", metavar="NAME", help="Instead of accuracy (or rmse)."),
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(
            "--filter",
            metavar="KEY=PATTERN",
            help="Rows of one axis value, model or backend alone; may be repeated.",
        ),
    ] = None,
    grey: Annotated[bool, typer.Option("--grey", help="Black, white and grey alone.")] = False,
    store: StoreOption = None,
) -> None:
    """Draw a run at column width, legible to the colour-blind and in grey.

    error, error-bars, accuracy-time and accuracy-parameters show means with 95% intervals
    over seeds (error-bars beside what others published); learning and time medians with
    quartiles; the gradients' variances their 95% intervals, with fitted lines and theory;
    expressibility a numbered mark a circuit; confusion counts. What a run did not record
    is said, never drawn empty.

    Example: qbench plot quickstart learning -o learning.pdf
    """
    from qbench.exceptions import PlotError
    from qbench.report.plots import Source, find_kinds
    from qbench.store import open_store

    if len(words) > 2:
        raise typer.BadParameter("give at most a run and a kind: qbench plot [RUN] KIND")
    kinds = find_kinds(words[-1])
    patterns = dict(_pattern(text) for text in where or ())
    with open_store(store, writable=False) as opened:
        run_id = opened.resolve_run(words[0] if len(words) == 2 else None)
        source = Source.open(opened, run_id, by=by, metric=metric, where=patterns)
        if words[-1] != "all":
            _write(source, kinds[0], _path(run_id, kinds[0], output, fmt), grey)
            return
        drawn, said = 0, ""
        for kind in kinds:
            folder = output or Path("results/plots")
            path = folder / f"{run_id}-{kind}.{fmt.value if fmt else 'png'}"
            try:
                _write(source, kind, path, grey)
                drawn += 1
            except PlotError as error:
                said = str(error)
                _note(f"no {kind}: {said}")
        if not drawn:
            raise PlotError(f"run {run_id} has nothing to plot; {said}")


def _pattern(text: str) -> tuple[str, str]:
    key, equals, pattern = text.partition("=")
    if not (key and equals and pattern):
        raise typer.BadParameter(f"--filter {text}: it is written --filter KEY=PATTERN")
    return key.strip(), pattern.strip()


def _path(run_id: str, kind: str, output: Path | None, fmt: PictureFormat | None) -> Path:
    if output is None:
        return Path("results/plots") / f"{run_id}-{kind}.{fmt.value if fmt else 'png'}"
    if fmt is None:
        return output if output.suffix else output.with_suffix(".png")
    if output.suffix.lower() not in ("", f".{fmt.value}"):
        raise typer.BadParameter(f"--format {fmt.value}, but {output} ends in {output.suffix}")
    return output.with_suffix(f".{fmt.value}")


def _write(source: Source, kind: str, path: Path, grey: bool) -> None:
    from qbench.report.plots import plot as draw
    from qbench.report.plots import write

    figure, drawing = draw(source, kind, grey=grey)
    write(figure, path, f"qbench: {kind} of run {source.run_id}")
    for line in drawing.notes:
        _note(f"{kind}: {line}")
    typer.echo(path)


def _note(line: str) -> None:
    from qbench.cli.console import note

    note(line)
