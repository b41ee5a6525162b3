"""``qbench show``: what a suite comes to, with its circuits drawn."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qbench.cli.options import ProfileOption, QuickOption, SetOption, chosen_profile

if TYPE_CHECKING:
    from collections.abc import Callable

    from qbench.plan import Search
    from qbench.report.suite_overview import CircuitOverview, SuiteOverview
    from qbench.spec import Suite, SuiteConfig

_COLUMNS_DRAWN = 60
"""Columns of gates that are drawn unless --full asks for all."""


def show(
    suite: Annotated[
        Path, typer.Argument(help="A suite file, or the name of one that ships.", metavar="SUITE")
    ],
    profile: ProfileOption = None,
    quick: QuickOption = False,
    overrides: SetOption = None,
    plot: Annotated[
        Path | None,
        typer.Option(
            "--plot",
            metavar="FILE",
            help="Also draw the circuits as a picture: .png, .svg or .pdf.",
            show_default=False,
        ),
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Draw every gate of circuits that are long.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Everything as JSON: the suite with every default.")
    ] = False,
) -> None:
    """Show what a suite comes to, and run nothing.

    Its grid and backends, each model with its layers, shapes and parameters,
    and each circuit drawn. What several points of the grid share stands once.

    Example: qbench show quickstart
    """
    from qbench.plan import load_plan
    from qbench.registry import load_registry
    from qbench.report.suite_overview import suite_overview

    plan = load_plan(suite, chosen_profile(profile, quick), overrides or ())
    overview = suite_overview(plan, load_registry())
    if plot is not None:
        _save(overview, plot)
    if as_json:
        import json

        typer.echo(json.dumps(overview.to_json(), indent=2))
        return
    _print_suite(overview)
    _print_models(overview)
    for circuit in overview.circuits:
        _print_circuit(overview, circuit, full)


def _save(overview: SuiteOverview, plot: Path) -> None:
    from qbench.cli.console import note
    from qbench.exceptions import SpecError
    from qbench.report.circuit_picture import save_picture

    if not overview.circuits:
        raise SpecError(f"{overview.plan.suite.path}: no circuits, so there is nothing to plot")
    save_picture({_title(overview, each): each.circuit for each in overview.circuits}, plot)
    note(f"drawn to {plot}")


def _title(overview: SuiteOverview, circuit: CircuitOverview) -> str:
    from qbench.report.suite_overview import differing

    where = differing(circuit.points, overview.plan.suite.axes)
    return circuit.title + (f"  (at {where})" if where else "")


def _print_suite(overview: SuiteOverview) -> None:
    from rich.table import Table
    from rich.text import Text

    from qbench.cli.console import stdout

    suite = overview.plan.suite
    rows = [
        ("suite", f"{suite.name}{f' (profile {suite.profile})' if suite.profile else ''}"),
        ("", suite.description),
        ("file", f"{suite.path}"),
        ("profiles", ", ".join(suite.profiles)),
        ("grid", "; ".join(f"{axis}: {', '.join(v)}" for axis, v in suite.axes.items())),
        ("seeds", _distinct(suite, lambda config: _seeds(config.seeds))),
        ("data", _distinct(suite, _data)),
        ("trainer", _distinct(suite, _trainer)),
        ("gradient", _distinct(suite, _gradient)),
        ("needs", _distinct(suite, _needs).strip(" |")),
        ("baselines", _distinct(suite, lambda c: ", ".join(each.key for each in c.baselines))),
        ("search", "; ".join(dict.fromkeys(map(_search, overview.plan.searches)))),
        ("trials", str(len(overview.plan.trials))),
    ]
    head = Table.grid(padding=(0, 2))
    for key, value in rows:
        if value:
            head.add_row(Text(key, style="bold"), Text(value))
    stdout().print(head)
    if not overview.variants:
        return
    table = Table("backend", "version", "device", "gradient", "tier", "precision", box=None)
    for name, trial in overview.variants.items():
        run, refusal = trial.work.execution, trial.work.refusal
        cells = (run.device, run.diff_method, run.tier, run.precision) if run else ("", "", "", "")
        remark = f"{name}  (unsupported: {refusal})" if refusal else name
        table.add_row(*(Text(cell) for cell in (remark, trial.work.version, *cells)))
    stdout().print()
    stdout().print(table)


def _search(search: Search) -> str:
    return f"{search.method}: {len(search.configurations)} configurations"


def _distinct(suite: Suite, describe: Callable[[SuiteConfig], str]) -> str:
    """What the points of the grid say, each text once."""
    return " | ".join(dict.fromkeys(describe(point.config) for point in suite.points))


def _data(config: SuiteConfig) -> str:
    data = config.data
    if data is None:
        return ""
    parts = []
    if data.classes != "all":
        parts.append(f"classes {', '.join(map(str, data.classes))}")
    if data.transform:
        parts.append(", ".join(step.name for step in data.transform))
    named = data.name
    if data.path is not None:
        named = f"{data.path}, target {data.target}" if data.target else data.path
    return "; ".join([named, *parts])


def _gradient(config: SuiteConfig) -> str:
    if config.task == "train":
        return ""
    from qbench.plan.drawing import gradient_request, rule_text

    asked = gradient_request(config)
    samples, component = asked["n_samples"], asked["component"]
    count = f"{samples['min']} to {samples['max']}" if samples["rse"] else f"{samples['max']}"
    return f"{config.task}: {rule_text(asked['init'])}, component {component}, {count} samples"


def _needs(config: SuiteConfig) -> str:
    """Which models need the trained weights of others."""
    from qbench.spec import needs

    each = {name: needs(config, name) for name in config.models}
    return "; ".join(f"{name}: {', '.join(named)}" for name, named in each.items() if named)


def _trainer(config: SuiteConfig) -> str:
    if config.task != "train":
        return ""
    trainer = config.trainer
    return (
        f"{trainer.epochs} epochs, batches of {trainer.batch_size}, {trainer.optimizer.name}, "
        f"learning rate {trainer.optimizer.learning_rate:g}"
    )


def _seeds(seeds: list[int]) -> str:
    if seeds == list(range(seeds[0], seeds[0] + len(seeds))) and len(seeds) > 2:
        return f"{seeds[0]} to {seeds[-1]}"
    return ", ".join(map(str, seeds))


def _print_models(overview: SuiteOverview) -> None:
    from rich.table import Table
    from rich.text import Text

    from qbench.cli.console import stdout
    from qbench.report.suite_overview import differing

    for each in overview.models:
        where = differing(each.points, overview.plan.suite.axes)
        model = each.model
        title = (
            f"\nmodel {each.name}{f' (at {where})' if where else ''}: "
            f"{model.count('quantum') + model.count('classical')} parameters "
            f"({model.count('quantum')} quantum, {model.count('classical')} classical)"
        )
        stdout().print(Text(title, style="bold"), soft_wrap=True)
        table = Table(box=None)
        table.add_column("layer")
        table.add_column("output", justify="right")
        table.add_column("parameters", justify="right")
        table.add_row("input", str(model.n_inputs), "")
        for row in each.layers:
            shape = " x ".join(map(str, row.shape))
            table.add_row(Text(row.layer), shape, str(row.parameters))
        stdout().print(table)


def _print_circuit(overview: SuiteOverview, circuit: CircuitOverview, full: bool) -> None:
    from rich.text import Text

    from qbench.circuit.draw import draw, plain
    from qbench.cli.console import stdout

    width = stdout().width if stdout().is_terminal else 100
    text = draw(circuit.circuit, width, None if full else _COLUMNS_DRAWN)
    stdout().print(Text(f"\ncircuit {_title(overview, circuit)}", style="bold"), soft_wrap=True)
    try:
        text.encode(stdout().encoding)
    except UnicodeEncodeError:
        text = plain(text)
    stdout().print(Text(text), soft_wrap=True, overflow="ignore")
