"""The folder of a new backend: a declaration that holds, an adapter to be filled in."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from string import Template

from qbench.exceptions import BackendError, UnknownNameError
from qbench.registry.folder import NAME

TEMPLATES = Path(__file__).parent / "template"

FILES = {
    "pyproject.toml.template": "pyproject.toml",
    "adapter.py.template": "qbench_$name/__init__.py",
    "pins.txt.template": "pins/$version.txt",
    "test.py.template": "tests/test_$name.py",
}
"""Templates, and where in the folder each is written."""

VERSION = "2.13.0"
"""Of torch, the only thing that the first pins name on purpose."""


def new_backend(name: str, into: Path, taken: Collection[str] = ()) -> list[Path]:
    """Write the folder ``into/name``, in the shape of those that ship.

    Parameters
    ----------
    taken : names
        Of the backends that there are.

    Returns
    -------
    The files written, the declaration first.

    Raises
    ------
    UnknownNameError
        The name can't be a backend's, or is one already; suggests the nearest that can.
    BackendError
        The folder exists, or can't be written.
    """
    _check_name(name, taken)
    folder = into / name
    words = _words(name)
    files = {
        folder / Template(place).substitute(words): Template(
            (TEMPLATES / template).read_text(encoding="utf-8")
        ).substitute(words)
        for template, place in FILES.items()
    }
    try:
        folder.mkdir(parents=True)
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except FileExistsError as error:
        raise BackendError(f"{error.filename} exists; choose another name or --into") from error
    except OSError as error:
        raise BackendError(f"{folder} can't be written: {error}") from error
    return list(files)


def nearest_name(name: str, taken: Collection[str] = ()) -> str:
    """What a name becomes when it may only have lower-case letters, 0-9 and _."""
    near = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_").lstrip("0123456789_")
    near = near or "my_backend"
    return f"my_{near}" if near in taken else near


def _check_name(name: str, taken: Collection[str]) -> None:
    if not re.fullmatch(NAME, name):
        raise UnknownNameError(
            f"{name}: a backend's name has lower-case letters, 0-9 and _ and starts with a "
            f"letter; try {nearest_name(name, taken)!r}"
        )
    if name in taken:
        raise UnknownNameError(
            f"{name}: there is a backend of this name; try {nearest_name(name, taken)!r}"
        )


def _words(name: str) -> dict[str, str]:
    prefix = "".join(part.capitalize() for part in name.split("_"))
    return {
        "name": name,
        "dashed": re.sub("_+", "-", name.strip("_")),
        "title": " ".join(part.capitalize() for part in name.split("_") if part),
        "prefix": prefix,
        "class_name": f"{prefix}Backend",
        "class_path": f"qbench_{name}.{prefix}Program",
        "version": VERSION,
    }
