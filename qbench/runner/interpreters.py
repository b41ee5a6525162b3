"""Which Python an environment is made from: this one where it fits, else another installed one."""

from __future__ import annotations

import functools
import platform
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import uv
from packaging.specifiers import SpecifierSet

from qbench.exceptions import EnvironmentUnavailableError
from qbench.runner.uv_program import uv_environ


class Interpreter(NamedTuple):
    """An installed Python."""

    path: Path
    minor: str
    """Such as ``3.11``."""


@functools.lru_cache
def interpreter_for(specifier: str) -> Interpreter:
    """An installed Python that satisfies ``specifier``, this process's own if it does.

    Raises
    ------
    EnvironmentUnavailableError
        There is none.
    """
    if SpecifierSet(specifier).contains(platform.python_version(), prereleases=True):
        return Interpreter(Path(sys.executable), _minor(platform.python_version()))
    command = [uv.find_uv_bin(), "python", "find", "--no-project", "--system", specifier]
    found = subprocess.run(command, env=uv_environ(), capture_output=True, text=True, check=False)
    path = found.stdout.strip()
    if found.returncode != 0 or not path:
        raise EnvironmentUnavailableError(
            f"needs Python {specifier}; this is {platform.python_version()} and no other "
            "installed Python fits (uv python list shows them)"
        )
    asked = [path, "-I", "-c", "import platform; print(platform.python_version())"]
    version = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    return Interpreter(Path(path), _minor(version))


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])
