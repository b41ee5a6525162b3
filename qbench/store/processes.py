"""Which process owns a row, and whether it still lives."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass

import psutil

_CLOCK_TOLERANCE_S = 2.0
"""A start time is derived from the clock, which may have been set since."""


@dataclass(frozen=True)
class ProcessMark:
    """A process that cannot be mistaken for a later one with the same id."""

    host: str
    pid: int
    started: float
    """Start time, seconds since the epoch."""

    @staticmethod
    def current() -> ProcessMark:
        """The mark of this process."""
        return ProcessMark(platform.node(), os.getpid(), psutil.Process().create_time())

    def is_alive(self) -> bool:
        """Whether the process still runs on this machine; a zombie does not."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) < _CLOCK_TOLERANCE_S
            return bool(same and process.status() != psutil.STATUS_ZOMBIE)
        except psutil.NoSuchProcess:
            return False
        except psutil.AccessDenied:
            return True
