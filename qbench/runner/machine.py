"""The moment of a measurement: load and commit, beside the machine."""

from __future__ import annotations

import os
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

from qbench.plan.machine import machine


@dataclass(frozen=True)
class GitState:
    """The commit that a folder's repository is at."""

    commit: str
    dirty: bool
    """Whether tracked files differ from it, but for what lies in results/: runs write there."""


def load_average() -> float:
    """Mean number of runnable processes over the last minute."""
    return float(psutil.getloadavg()[0])


def git_state(folder: Path | None = None) -> GitState | None:
    """The commit at ``folder`` (by default the current one); None outside a repository."""
    commit = _git(folder, "rev-parse", "HEAD")
    if commit is None:
        return None
    outside_results = ("--", ":/", ":(top,exclude)results")
    changed = _git(folder, "status", "--porcelain", "--untracked-files=no", *outside_results)
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
