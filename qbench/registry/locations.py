"""Where the folders that ship with qbench lie, in a checkout and in a wheel."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

import platformdirs

import qbench
from qbench.exceptions import BackendError

ENTRY_POINTS = "qbench.backends"
"""The group in which a package names the package whose folder holds its backend."""


def package_root() -> Path:
    """The folder that contains ``qbench/``; a worker imports qbench from there."""
    return Path(qbench.__file__).resolve().parent.parent


def shipped_dir(name: str) -> Path:
    """The folder ``name`` as shipped: inside the package in a wheel, else beside it."""
    in_wheel = package_root() / "qbench" / "shipped" / name
    return in_wheel if in_wheel.is_dir() else package_root() / name


def backends_dir() -> Path:
    """The folder of the backends that ship with qbench."""
    return shipped_dir("backends")


def suites_dir() -> Path:
    """The folder of the suites that ship with qbench."""
    return shipped_dir("suites")


def cache_dir() -> Path:
    """The user's cache folder: ``QBENCH_CACHE_DIR``, or the platform's own place."""
    chosen = os.environ.get("QBENCH_CACHE_DIR")
    return Path(chosen).expanduser() if chosen else platformdirs.user_cache_path("qbench")


def chosen_dirs() -> list[Path]:
    """The folders that ``QBENCH_BACKENDS`` lists, separated as in ``PATH``."""
    listed = os.environ.get("QBENCH_BACKENDS", "").split(os.pathsep)
    return [Path(folder).expanduser() for folder in listed if folder]


def installed_dirs() -> Iterator[Path]:
    """The folders of backends that installed packages bring; nothing of theirs is imported.

    Raises
    ------
    BackendError
        An entry point names no package.
    """
    for entry in sorted(entry_points(group=ENTRY_POINTS), key=lambda entry: entry.name):
        yield _folder_of(entry)


def _folder_of(entry: EntryPoint) -> Path:
    spec = None
    if entry.value.isidentifier():  # a dotted name would import its parents
        spec = importlib.util.find_spec(entry.value)
    places = list(spec.submodule_search_locations or ()) if spec is not None else []
    if not places:
        owner = f" of {entry.dist.name}" if entry.dist is not None else ""
        raise BackendError(
            f"entry point {entry.name!r} of the group {ENTRY_POINTS}{owner}: "
            f"{entry.value!r} is no installed package; reinstall or remove it"
        )
    return Path(places[0])
