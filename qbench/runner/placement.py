"""Which processor cores a worker runs on, so that all variants of a round sit on the same ones."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path


def cores_of_round(number: int, threads: int) -> list[int]:
    """As many cores as a variant has threads, others in the next round; empty: leave it be.

    Left to itself a process may stay on a core that others crowd while its rival stays on a
    quieter one, for many rounds. Only where the system can place processes (Linux), and
    where there are more cores than threads.
    """
    if not hasattr(os, "sched_getaffinity"):
        return []
    cores = sorted(os.sched_getaffinity(0))
    if threads >= len(cores):
        return []
    return [cores[(number + offset) % len(cores)] for offset in range(threads)]


def place(pid: int, cores: Sequence[int]) -> None:
    """Put every thread of a process on these cores; without any, on all that qbench has."""
    if not hasattr(os, "sched_setaffinity"):
        return
    chosen = list(cores) or sorted(os.sched_getaffinity(0))
    try:
        threads = [int(task.name) for task in Path(f"/proc/{pid}/task").iterdir()]
    except OSError:  # no /proc here, or the process is gone
        return
    for thread in threads:
        try:
            os.sched_setaffinity(thread, chosen)
        except OSError:  # a thread that has ended
            continue
