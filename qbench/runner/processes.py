"""Ending a process with everything that it started, and measuring the whole of it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess

import psutil

TAG = "QBENCH_WORKER"
"""Environment variable that a worker's descendants inherit: it finds those that left
the process group and outlived their parents."""

_GONE = (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess)


def descendants(process: subprocess.Popen[bytes], tag: str) -> list[psutil.Process]:
    """All living processes that ``process`` started, however far from it they moved."""
    found: dict[int, psutil.Process] = {}
    with contextlib.suppress(*_GONE):
        if process.returncode is None:
            children = psutil.Process(process.pid).children(recursive=True)
            found.update((child.pid, child) for child in children)
    for other in psutil.process_iter():
        with contextlib.suppress(*_GONE, OSError):
            if other.pid not in (process.pid, os.getpid()) and other.environ().get(TAG) == tag:
                found[other.pid] = other
    return list(found.values())


def end_tree(process: subprocess.Popen[bytes], tag: str) -> None:
    """Kill a process, its group, and its descendants in whatever group or session."""
    for _ in range(3):  # a descendant may start another while it is being ended
        others = descendants(process, tag)
        if process.poll() is None:
            _kill_group(process)
        for other in others:
            with contextlib.suppress(*_GONE):
                other.kill()
        process.wait()
        psutil.wait_procs(others, timeout=1.0)
        if not others:
            return


def resident_bytes(process: subprocess.Popen[bytes]) -> int:
    """Resident memory of a process and its children; 0 once it is gone."""
    total = 0
    with contextlib.suppress(*_GONE):
        root = psutil.Process(process.pid)
        for one in (root, *root.children(recursive=True)):
            with contextlib.suppress(*_GONE):
                total += int(one.memory_info().rss)
    return total


def exit_words(returncode: int) -> str:
    """How a process ended, in words."""
    if returncode >= 0:
        return f"exit code {returncode}"
    try:
        name = signal.Signals(-returncode).name
    except ValueError:
        name = f"signal {-returncode}"
    hint = "; often the system had no memory left" if name == "SIGKILL" else ""
    return f"killed by {name}{hint}"


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
