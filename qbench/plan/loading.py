"""From a suite's path to its plan, the same for every verb and for scripts."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from qbench.data import DATASETS
from qbench.exceptions import UnknownNameError
from qbench.plan.plan import ONLY_KEYS, Plan, make_plan
from qbench.registry import load_registry, suites_dir
from qbench.spec import load_suite, parse_only
from qbench.spec.problems import unknown


def find_suite(path: Path) -> Path:
    """The path itself, or the suite that ships under that name (``quickstart``).

    Raises
    ------
    UnknownNameError
        A bare name that is neither a file nor a suite that ships; suggests the nearest.
    """
    if path.exists() or path.suffix or len(path.parts) > 1:
        return path
    shipped = {file.stem: file for file in sorted(suites_dir().glob("*.yaml"))}
    if str(path) not in shipped:
        message = unknown("suite", str(path), shipped)
        raise UnknownNameError(f"{message}; or give the path of a suite file")
    return shipped[str(path)]


def load_plan(
    path: Path, profile: str | None = None, overrides: Iterable[str] = (), only: str | None = None
) -> Plan:
    """The plan of a suite file, or of a suite that ships with qbench, by its name.

    Parameters
    ----------
    overrides : ``KEY=VALUE`` texts of ``--set``
    only : text of ``--only``, such as ``model=hybrid,backend='qiskit*'``

    Raises
    ------
    SpecError, DataError, UnknownNameError
    """
    registry = load_registry()
    path = find_suite(path)
    suite = load_suite(
        path,
        profile=profile,
        overrides=tuple(overrides),
        known_backends=[name for name, info in registry.items() if info.adapter],
        known_datasets={name: info.options for name, info in DATASETS.items()},
    )
    plan = make_plan(suite, registry)
    if only is None:
        return plan
    return plan.only(parse_only(only, known=(*ONLY_KEYS, *suite.axes)))


def diagnosis_plan(
    path: Path, profile: str | None = None, overrides: Iterable[str] = (), backend: str = "any"
) -> Plan:
    """A plan that diagnoses the circuits of a suite whose task may be another one.

    Parameters
    ----------
    backend : as it stands under a suite's ``backends``

    Raises
    ------
    SpecError, DataError, UnknownNameError
    """
    overrides = tuple(overrides)
    name = load_plan(path, profile, overrides).suite.name
    task = (f"name={name}_diagnosis", "task=diagnose", "seeds=null", f"backends=['{backend}']")
    return load_plan(path, profile, (*task, *overrides))
