"""The application and its verbs."""

from __future__ import annotations

from typing import Annotated

import typer

from qbench.cli import (
    compare,
    conformance,
    data,
    diagnose,
    doctor,
    env,
    export,
    init,
    list_,
    logs,
    new,
    plot,
    predict,
    run,
    schema,
    show,
    status,
    validate,
)

app = typer.Typer(
    name="qbench",
    help="Benchmark one quantum neural network on every framework, and against classical models.",
    epilog="Start with: qbench run suites/quickstart.yaml",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command("run")(run.run)
app.command("validate")(validate.validate)
app.command("compare")(compare.compare)
app.command("diagnose")(diagnose.diagnose)
app.command("doctor")(doctor.doctor)
app.command("status")(status.status)
app.command("logs")(logs.logs)
app.command("plot")(plot.plot)
app.command("predict")(predict.predict)
app.command("export")(export.export)
app.command("list")(list_.list_names)
app.command("show")(show.show)
app.command("schema")(schema.schema)
app.command("init")(init.init)
app.command("conformance")(conformance.conformance)
app.add_typer(env.app, name="env")
app.add_typer(data.app, name="data")
app.add_typer(new.app, name="new")


def _print_version(wanted: bool) -> None:
    if wanted:
        from qbench import __version__

        typer.echo(f"qbench {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print it and end."),
    ] = False,
) -> None:
    """Benchmark one quantum neural network on every framework, and against classical models."""
