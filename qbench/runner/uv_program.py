"""uv, called as a program: what it runs with, and what it says when it fails."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import uv

_FOREIGN = ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "CONDA_PREFIX", "__PYVENV_LAUNCHER__")
_CROSS = "\N{MULTIPLICATION SIGN}"
_FRAME = f" \t{_CROSS}╰─▶│├┬"


class UvError(Exception):
    """uv failed; the message is its own, in one line."""


def clean_environ() -> dict[str, str]:
    """The user's environment without what would lead a program into this process's Python."""
    return {key: value for key, value in os.environ.items() if key not in _FOREIGN}


def uv_environ() -> dict[str, str]:
    """What uv runs with: the user's settings (``UV_*``, certificates, proxies), no downloads
    of Python, and plain text as output."""
    return clean_environ() | {"UV_PYTHON_DOWNLOADS": "never", "NO_COLOR": "1"}


def run_uv(
    arguments: Sequence[str], *, folder: Path, log: Path, report: Callable[[str], None]
) -> list[str]:
    """Run uv; its output lines, which are also appended to a log and reported as they come.

    Parameters
    ----------
    folder : path
        Where it runs, so that the settings of a project of the user's don't apply.

    Raises
    ------
    UvError
        It failed.
    """
    lines: list[str] = []
    with (
        log.open("a", encoding="utf-8") as file,
        subprocess.Popen(
            [uv.find_uv_bin(), *arguments],
            cwd=folder,
            env=uv_environ(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        ) as process,
    ):
        file.write(f"$ uv {' '.join(arguments)}\n")
        assert process.stdout is not None
        try:
            for line in process.stdout:
                file.write(line)
                lines.append(line.rstrip("\n"))
                report(lines[-1])
        except BaseException:
            process.kill()
            raise
    if process.returncode != 0:
        raise UvError(said(lines))
    return lines


def said(lines: Sequence[str]) -> str:
    """What uv's output says about a failure, in one line: from its error to the end."""
    words = [line.strip(_FRAME) for line in lines]
    marks = ("error:", f"  {_CROSS}")
    starts = [n for n, line in enumerate(lines) if line.startswith(marks)]
    first = starts[0] if starts else max(len(lines) - 1, 0)
    text = " ".join(word for word in words[first:] if word).removeprefix("error: ")
    text = text if len(text) <= 600 else f"{text[:200]} ... {text[-400:]}"
    return text if text.endswith(".") else f"{text}."
