"""``qbench init``: a suite to start from."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from qbench.plan import Plan

_SCHEMA = "suite.schema.json"


def init(
    name: Annotated[
        str | None,
        typer.Argument(
            help="Its name, or the path of the file; by default the kind's name.",
            show_default=False,
        ),
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option(
            "--kind",
            help="compare-frameworks (the default), against-classical or depth-axis.",
            show_default=False,
        ),
    ] = None,
    dataset: Annotated[
        str | None,
        typer.Option(
            "--dataset",
            help="A data set, by default iris; or the path of your own file or folder of images.",
            show_default=False,
        ),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option("--target", metavar="COLUMN", help="What your own file is to predict."),
    ] = None,
    backends: Annotated[
        str | None,
        typer.Option(
            "--backends",
            metavar="LIST",
            help="Backends with a comma between them: pennylane,qiskit.",
            show_default=False,
        ),
    ] = None,
    qubits: Annotated[
        int | None,
        typer.Option("--qubits", help="By default as many as features, at most 4."),
    ] = None,
) -> None:
    """Write a commented suite to start from, and check that it is valid.

    On a terminal it asks for what is not given. It never overwrites a file.

    Example: qbench init mine --kind against-classical --dataset wine
    """
    from qbench.cli.console import note, stdout
    from qbench.spec.starter import Starter, kind_named, qubits_for, slug

    asking = sys.stdin.isatty() and sys.stdout.isatty()
    chosen_kind = kind_named(kind or _asked_kind(asking))
    data = _data_of(dataset or _asked_dataset(asking), target)
    if qubits is None and asking:
        default = qubits_for(data.n_features, None, data.name)
        qubits = typer.prompt(f"Qubits, 1 to {data.n_features}", default=default, type=int)
    path = _path_of(name or chosen_kind.replace("-", "_"))
    starter = Starter(
        kind=chosen_kind,
        name=slug(path.stem),
        file=shlex.quote(str(path)),
        dataset=data.seen_from(path.parent),
        n_features=data.n_features,
        regression=data.regression,
        backends=_split(backends or ""),
        n_qubits=qubits_for(data.n_features, qubits, data.name),
        target=data.target,
    )
    plan = _write(path, _editor_line(path) + starter.text())
    stdout().print(f"{path}: written and valid; {_size(plan, data.name)}", soft_wrap=True)
    note(f"See it work:  qbench run {starter.file} --quick")


@dataclass(frozen=True)
class _Data:
    """What a starter must know of its data; ``target`` as in Starter."""

    name: str
    n_features: int
    regression: bool
    target: str | None = None

    def seen_from(self, folder: Path) -> str:
        """A path as a suite in this folder writes it; a name is one everywhere."""
        here = self.target is None or folder.absolute() == Path.cwd()
        return self.name if here else str(Path(self.name).absolute())


def _data_of(name: str, target: str | None) -> _Data:
    """A data set of the catalogue, or the user's own file or folder.

    Raises
    ------
    DataError, UnknownNameError
        There is no such data set, or it can't be read.
    """
    from qbench.data import DATASETS, find_dataset
    from qbench.data.own import OWN, load_own
    from qbench.exceptions import DataError

    if name == OWN:
        raise DataError("own is your own data: give its path, --dataset FILE.csv --target COLUMN")
    if name not in DATASETS and Path(name).expanduser().exists():
        table = load_own(name, target or "")
        return _Data(name, table.x.shape[1], table.task == "regression", target or "")
    if target is not None:
        raise DataError(f"--target {target}: belongs to your own file, --dataset FILE.csv")
    info = find_dataset(name)
    return _Data(info.name, info.n_features, info.task == "regression")


def _asked_kind(asking: bool) -> str:
    from qbench.spec.starter import KINDS

    default = next(iter(KINDS))
    if not asking:
        return default
    for name, kind in KINDS.items():
        typer.echo(f"  {name:<20}{kind.question}")
    answer: str = typer.prompt("Kind", default=default)
    return answer


def _asked_dataset(asking: bool) -> str:
    from qbench.data import DATASETS

    if not asking:
        return "iris"
    typer.echo(f"  {', '.join(DATASETS)}")
    answer: str = typer.prompt("Data set", default="iris")
    return answer


def _path_of(name: str) -> Path:
    path = Path(name)
    return path if path.suffix in (".yaml", ".yml") else path.with_name(f"{path.name}.yaml")


def _split(text: str) -> list[str]:
    """Backends as a suite writes them; a comma inside [...] belongs to the options.

    Raises
    ------
    SpecError, UnknownNameError
        Not a backend.
    """
    from qbench.registry import find
    from qbench.spec import parse_backend
    from qbench.spec.selection import split_commas

    names = [part.strip() for part in split_commas(text) if part.strip()]
    for name in names:
        choice = parse_backend(name)
        if choice.name not in ("any", "all"):
            find(choice.name)
    return names


def _editor_line(path: Path) -> str:
    if (path.parent / _SCHEMA).is_file():
        return f"# yaml-language-server: $schema={_SCHEMA}\n"
    return (
        f"# Your editor completes and checks this file after  qbench schema > {_SCHEMA}\n"
        f"# and with `# yaml-language-server: $schema={_SCHEMA}` as its first line.\n#\n"
    )


def _write(path: Path, text: str) -> Plan:
    """Write the suite once it is known to be valid, and never over another file.

    Raises
    ------
    SpecError
        The file is there, or what was asked for is no valid suite.
    """
    from qbench.exceptions import SpecError
    from qbench.plan import load_plan

    with TemporaryDirectory() as folder:
        trial = Path(folder) / path.name
        trial.write_text(text, encoding="utf-8")
        try:
            load_plan(trial, "quick")
            plan = load_plan(trial)
        except SpecError as error:
            raise SpecError(str(error).replace(str(trial), str(path))) from None
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise SpecError(f"{path}: is there already, and is left as it is; give another") from None
    except OSError as error:
        raise SpecError(f"{path}: cannot be written: {error.strerror}") from None
    return plan


def _size(plan: Plan, dataset: str) -> str:
    methods = dict.fromkeys(t.work.method for t in plan.trials)
    return f"{len(plan.trials)} trials, {len(methods)} methods, {dataset}"
