"""The machine and the moment of a measurement: what a row's figures depend on."""

from __future__ import annotations

import functools
import hashlib
import os
import platform
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

import qbench


@dataclass(frozen=True)
class GitState:
    """The commit that a folder's repository is at."""

    commit: str
    dirty: bool
    """Whether tracked files differ from it."""


def machine() -> dict[str, Any]:
    """What doesn't change while qbench runs, as plain JSON values.

    ``python`` is the one that runs qbench (workers state their own), ``cores`` are
    physical ones where the system tells.
    """
    return dict(_machine())


def fingerprint() -> str:
    """Sixteen hexadecimal digits: timings of equal fingerprints may be compared.

    A hash of CPU model, cores and operating system; not of the kernel's release, since
    an update shouldn't throw measurements away.
    """
    return str(_machine()["fingerprint"])


@functools.lru_cache(maxsize=1)
def _machine() -> dict[str, Any]:
    logical = psutil.cpu_count() or 1
    cpu, cores = _cpu_model(), psutil.cpu_count(logical=False) or logical
    key = f"{cpu}\n{cores}\n{logical}\n{platform.system()} {platform.machine()}"
    return {
        "cpu": cpu,
        "cores": cores,
        "logical_cores": logical,
        "memory_bytes": int(psutil.virtual_memory().total),
        "os": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "qbench": qbench.__version__,
        "fingerprint": hashlib.sha256(key.encode()).hexdigest()[:16],
    }


def load_average() -> float:
    """Mean number of runnable processes over the last minute."""
    return float(psutil.getloadavg()[0])


def git_state(folder: Path | None = None) -> GitState | None:
    """The commit at ``folder`` (by default the current one); None outside a repository."""
    commit = _git(folder, "rev-parse", "HEAD")
    if commit is None:
        return None
    changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    return GitState(commit=commit, dirty=bool(changed))


def provenance(folder: Path | None = None) -> dict[str, Any]:
    """Machine, load and commit at this moment, as plain JSON values."""
    git = git_state(folder)
    return {**machine(), "load": load_average(), "git": git and asdict(git)}


def _git(folder: Path | None, *arguments: str) -> str | None:
    try:
        found = subprocess.run(
            ["git", *arguments],
            cwd=folder,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    except (FileNotFoundError, subprocess.TimeoutExpired):  # no git here, or a huge repository
        return None
    return found.stdout.strip() if found.returncode == 0 else None


def _cpu_model() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return platform.processor() or platform.machine()
    for line in text.splitlines():
        key, _, value = line.partition(":")
        if key.strip() in ("model name", "Model", "cpu model"):
            return value.strip()
    return platform.processor() or platform.machine()
