"""One backend's folder, read strictly: what its ``pyproject.toml`` says, and its pins."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from qbench.backend import TIERS, Capabilities, Mode
from qbench.circuit import GATES
from qbench.exceptions import BackendError, UnknownNameError
from qbench.registry import bugs
from qbench.registry.bugs import KnownBug

HOSTS = ("torch", "tensorflow", "estimators")
PLATFORMS = ("linux", "darwin", "win32")
ACCELERATORS = ("cpu", "cuda")

NAME = r"[a-z][a-z0-9_]*"
"""What a backend's name looks like, as a regular expression."""

_REQUIRED = {"name": str, "title": str, "host": str, "revision": int}
_OPTIONAL = {
    "adapter": str,
    "environment": str,
    "default_version": str,
    "version_of": str,
    "platforms": list,
    "notes": list,
    "known_bugs": list,
    "capabilities": dict,
    "modes": list,
}


@dataclass(frozen=True)
class BackendInfo:
    """What a backend's folder says about it."""

    name: str
    title: str
    host: str
    revision: int
    """Raised by hand when a fix changes results; part of a trial's identity."""
    python: str
    """Specifier of the Python versions that its environment can have."""
    folder: Path
    adapter: str | None = None
    """``module:Class``; None where only the host is used (the baselines)."""
    environment: str = ""
    """Name of the backend whose environment this one lives in; its own by default."""
    pins_folder: Path = Path()
    default_version: str = ""
    versions: tuple[str, ...] = ()
    version_of: str | None = None
    """The distribution whose version names the backend's version."""
    platforms: tuple[str, ...] = PLATFORMS
    description: str = ""
    notes: tuple[str, ...] = ()
    known_bugs: tuple[KnownBug, ...] = ()
    """Of the framework in some version, not of qbench; see :meth:`KnownBug.occurs_in`."""
    capabilities: Capabilities = field(default_factory=lambda: Capabilities(modes=()))

    def version(self, wanted: str | None = None) -> str:
        """The version asked for, or the default one.

        Raises
        ------
        UnknownNameError
            There are no pins for it.
        """
        if wanted is None:
            return self.default_version
        if wanted not in self.versions:
            raise UnknownNameError(
                f"{self.name}@{wanted}: no such version; there are: {', '.join(self.versions)}"
            )
        return wanted


def read_backend(folder: Path) -> BackendInfo:
    """Read one backend's folder; its ``environment`` is not resolved yet.

    Raises
    ------
    BackendError
        Naming the file and the key.
    """
    file = folder / "pyproject.toml"
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BackendError(f"{file}: cannot be read: {error}") from error
    project = document.get("project", {})
    table = document.get("tool", {}).get("qbench", {}).get("backend")
    if not isinstance(table, dict):
        raise BackendError(f"{file}: there is no table [tool.qbench.backend]")
    _check_keys(file, "tool.qbench.backend", table, _REQUIRED | _OPTIONAL, _REQUIRED)
    _check_values(file, table)
    python = project.get("requires-python", ">=3.11")
    try:
        SpecifierSet(python)
    except InvalidSpecifier as error:
        raise BackendError(f"{file}: project.requires-python: {error}") from error
    environment = str(table.get("environment", table["name"]))
    own = environment == table["name"]
    return BackendInfo(
        name=table["name"],
        title=table["title"],
        host=table["host"],
        revision=table["revision"],
        python=python,
        folder=folder.resolve(),
        adapter=table.get("adapter"),
        environment=environment,
        pins_folder=folder.resolve() / "pins" if own else Path(),
        default_version=table.get("default_version", ""),
        versions=_versions(file, folder / "pins") if own else (),
        version_of=table.get("version_of"),
        platforms=tuple(table.get("platforms", PLATFORMS)),
        description=project.get("description", ""),
        notes=tuple(table.get("notes", ())),
        known_bugs=_known_bugs(file, table),
        capabilities=_capabilities(file, table),
    )


def _check_keys(
    file: Path,
    where: str,
    table: Mapping[str, Any],
    known: Mapping[str, type],
    required: Iterable[str] = (),
) -> None:
    for key, value in table.items():
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise BackendError(f"{file}: {where}.{key}: unknown key{hint}")
        if type(value) is not known[key]:
            raise BackendError(f"{file}: {where}.{key}: {value!r} is no {_WORDS[known[key]]}")
    for key in required:
        if key not in table:
            raise BackendError(f"{file}: {where}.{key}: missing")


_WORDS = {str: "string", int: "integer", list: "list", dict: "table", bool: "true or false"}


def _check_values(file: Path, table: Mapping[str, Any]) -> None:
    where = f"{file}: tool.qbench.backend"
    if not re.fullmatch(NAME, table["name"]):
        raise BackendError(f"{where}.name: {table['name']!r} must be lower-case letters, 0-9 and _")
    if table["host"] not in HOSTS:
        raise BackendError(f"{where}.host: {table['host']!r}: one of {', '.join(HOSTS)}")
    adapter = table.get("adapter")
    if adapter is not None and not re.fullmatch(r"\w+(\.\w+)*:\w+", adapter):
        raise BackendError(f"{where}.adapter: {adapter!r} must be written module:Class")
    if adapter is None and table["host"] != "estimators":
        raise BackendError(f'{where}.adapter: missing (only host = "estimators" has none)')
    if adapter is not None and not table.get("modes"):
        raise BackendError(f"{where}.modes: missing; an adapter offers at least one mode")
    _check_words(file, "platforms", table.get("platforms", ()), PLATFORMS)


def _check_words(file: Path, key: str, words: Iterable[Any], known: Iterable[str]) -> None:
    known = tuple(known)
    for word in words:
        if word not in known:
            raise BackendError(
                f"{file}: tool.qbench.backend.{key}: {word!r}: one of {', '.join(known)}"
            )


def _versions(file: Path, folder: Path) -> tuple[str, ...]:
    try:
        return tuple(sorted((p.name[:-4] for p in folder.glob("*.txt")), key=Version))
    except InvalidVersion as error:
        raise BackendError(f"{file}: pins are named VERSION.txt: {error}") from error


def _known_bugs(file: Path, table: Mapping[str, Any]) -> tuple[KnownBug, ...]:
    entries = table.get("known_bugs", ())
    for number, entry in enumerate(entries):
        where = f"tool.qbench.backend.known_bugs[{number}]"
        if not isinstance(entry, dict):
            raise BackendError(f"{file}: {where}: {entry!r} is no table")
        _check_keys(file, where, entry, bugs.KEYS, bugs.REQUIRED_KEYS)
    found = tuple(KnownBug(**entry) for entry in entries)
    wrong = bugs.wrong(found)
    if wrong is not None:
        raise BackendError(f"{file}: tool.qbench.backend.known_bugs: {wrong}")
    return found


def _capabilities(file: Path, table: Mapping[str, Any]) -> Capabilities:
    given = dict(table.get("capabilities", {}))
    known = {
        "gates": list,
        "readouts": list,
        "state_preparation": bool,
        "states": bool,
        "accelerators": list,
        "max_qubits": int,
    }
    _check_keys(file, "tool.qbench.backend.capabilities", given, known)
    _check_words(file, "capabilities.gates", given.get("gates", ()), GATES)
    _check_words(file, "capabilities.readouts", given.get("readouts", ()), ("expval", "probs"))
    _check_words(file, "capabilities.accelerators", given.get("accelerators", ()), ACCELERATORS)
    for key in ("gates", "readouts"):
        if key in given:
            given[key] = frozenset(given[key])
    if "accelerators" in given:
        given["accelerators"] = tuple(given["accelerators"])
    modes = tuple(_mode(file, n, mode) for n, mode in enumerate(table.get("modes", ())))
    return Capabilities(modes=modes, **given)


def _mode(file: Path, number: int, table: Any) -> Mode:
    where = f"tool.qbench.backend.modes[{number}]"
    if not isinstance(table, dict):
        raise BackendError(f"{file}: {where}: {table!r} is no table")
    lists = {"precisions": list, "accelerators": list}
    known = {f.name: str for f in fields(Mode)} | lists | {"shots": bool}
    _check_keys(file, where, table, known, ("device", "diff_method"))
    _check_words(file, f"modes[{number}].tier", [table.get("tier", "documented")], TIERS)
    precisions = tuple(table.get("precisions", ("double",)))
    _check_words(file, f"modes[{number}].precisions", precisions, ("double", "single"))
    accelerators = tuple(table.get("accelerators", ()))
    _check_words(file, f"modes[{number}].accelerators", accelerators, ACCELERATORS)
    return Mode(**{**table, "precisions": precisions, "accelerators": accelerators})
