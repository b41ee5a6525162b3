"""The backends that there are: their folders read into plain records.

Nothing of a backend is imported here. A folder's ``pyproject.toml`` says all that
planning needs, before the backend's environment exists.
"""

from __future__ import annotations

import difflib
import hashlib
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from qbench.exceptions import BackendError, UnknownNameError
from qbench.registry.folder import BackendInfo, read_backend
from qbench.registry.locations import backends_dir, chosen_dirs, installed_dirs

PREFERENCE = ("pennylane", "torchquantum", "qiskit", "pennylane_keras", "qulacs", "reference")
"""What ``backends: any`` takes the first available of; never chosen by timing."""


class Pins(NamedTuple):
    """What an environment is made from, and its hash."""

    text: str
    excludes: str | None
    digest: str
    """SHA-256 over both, hexadecimal."""


def load_registry(extra_dirs: Iterable[Path] = ()) -> dict[str, BackendInfo]:
    """All backends by name.

    Those that ship come first, then those of installed packages (the entry points
    ``qbench.backends``), of the folders that ``QBENCH_BACKENDS`` lists, and of the
    folders given here.

    Parameters
    ----------
    extra_dirs : paths
        Each a backend's folder, or a folder of such folders.

    Raises
    ------
    BackendError
        A folder's ``pyproject.toml`` is wrong, or a name is taken twice.
    """
    registry: dict[str, BackendInfo] = {}
    places = [backends_dir(), *installed_dirs(), *chosen_dirs(), *map(Path, extra_dirs)]
    for folder in _backend_folders(places):
        info = read_backend(folder)
        if info.name in registry and registry[info.name].folder != info.folder:
            raise BackendError(
                f"{folder / 'pyproject.toml'}: the name {info.name!r} is taken by "
                f"{registry[info.name].folder}; choose another"
            )
        registry[info.name] = info
    return {name: _with_environment(info, registry) for name, info in sorted(registry.items())}


def find(name: str, registry: Mapping[str, BackendInfo] | None = None) -> BackendInfo:
    """The backend of this name.

    Raises
    ------
    UnknownNameError
        There is none; the message suggests the nearest and lists all.
    """
    registry = load_registry() if registry is None else registry
    if name in registry:
        return registry[name]
    near = difflib.get_close_matches(name, registry, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    raise UnknownNameError(
        f"{name}: no such backend; {hint}There are: {', '.join(sorted(registry))}"
    )


def pins(info: BackendInfo, version: str | None = None) -> Pins:
    """The pins of one version of a backend, the only truth for its environment."""
    version = info.version(version)
    text = (info.pins_folder / f"{version}.txt").read_text(encoding="utf-8")
    excluded = info.pins_folder / f"{version}.excludes"
    excludes = excluded.read_text(encoding="utf-8") if excluded.is_file() else None
    digest = hashlib.sha256(f"{text}\0{excludes or ''}".encode()).hexdigest()
    return Pins(text, excludes, digest)


def _backend_folders(places: Iterable[Path]) -> Iterable[Path]:
    for place in places:
        if (place / "pyproject.toml").is_file():
            yield place
            continue
        if not place.is_dir():
            raise BackendError(f"{place}: no such folder of backends")
        yield from sorted(p.parent for p in place.glob("*/pyproject.toml"))


def _with_environment(info: BackendInfo, registry: Mapping[str, BackendInfo]) -> BackendInfo:
    file = info.folder / "pyproject.toml"
    if info.environment != info.name:
        owner = registry.get(info.environment)
        if owner is None or owner.environment != owner.name:
            raise BackendError(
                f"{file}: tool.qbench.backend.environment: "
                f"{info.environment!r} is no backend with an environment of its own"
            )
        info = replace(
            info,
            pins_folder=owner.pins_folder,
            versions=owner.versions,
            default_version=info.default_version or owner.default_version,
        )
    if info.default_version not in info.versions:
        raise BackendError(
            f"{file}: tool.qbench.backend.default_version: no pins for "
            f"{info.default_version!r} in {info.pins_folder}"
        )
    return info


def refused_platform(info: BackendInfo) -> str | None:
    """Why the backend has no environment on this operating system, or None if it can have one."""
    if sys.platform in info.platforms:
        return None
    return f"{info.name} runs on {', '.join(info.platforms)}, not on {sys.platform}"
