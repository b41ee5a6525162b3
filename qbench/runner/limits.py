"""What a request to a worker may take."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypedDict

from qbench.exceptions import WorkerTimeoutError
from qbench.runner.supervisor import OnEvent

LOAD_TIMEOUT = 600.0
"""Wall-clock seconds for importing a framework, which no trial's own limit includes."""


class Limits(TypedDict, total=False):
    """Keyword arguments that every request takes."""

    timeout: float | None
    memory_limit: int | None
    on_event: OnEvent | None


class Timed:
    """The limits of a trial, whose time runs over all its requests."""

    def __init__(self, limits: Limits) -> None:
        self._limits, self._started = limits, time.monotonic()

    def left(self) -> Limits:
        """What the next request may take.

        Raises
        ------
        WorkerTimeoutError
            Nothing is left.
        """
        timeout = self._limits.get("timeout")
        if timeout is None:
            return self._limits
        left = timeout - (time.monotonic() - self._started)
        if left <= 0:
            raise WorkerTimeoutError(f"timed out after {timeout:g} s")
        return {**self._limits, "timeout": left}

    @contextmanager
    def apart(self) -> Iterator[None]:
        """What is done inside takes nothing of the time."""
        begun = time.monotonic()
        yield
        self._started += time.monotonic() - begun
