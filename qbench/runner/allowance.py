"""What a cell of a speed table may take over all of its processes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from qbench.exceptions import TooSlowError
from qbench.runner.limits import Limits

_PATIENCE = 5.0
"""Seconds beyond a cell's limit until its worker is ended: to start another one, import its
framework and begin its other cells anew takes as long."""


class Allowance:
    """Seconds that a cell may take over all of its processes, imports apart.

    Attributes
    ----------
    spent : seconds so far, of what counts
    repeated : seconds so far, of what does not: the cold calls of all processes but the first
    call_s : seconds of a call; NaN until it is known
    first_call_s : of the first call; None until it is known
    """

    def __init__(self, limit: float | None, memory_limit: int | None) -> None:
        self._limit, self._memory_limit = limit, memory_limit
        self.spent = self.repeated = 0.0
        self.call_s = float("nan")
        self.first_call_s: float | None = None

    @contextmanager
    def apart(self) -> Iterator[None]:
        """What is done inside has a limit of its own, and takes nothing of what is left."""
        before, self.spent = self.spent, 0.0
        try:
            yield
        finally:
            self.repeated += self.spent
            self.spent = before

    def limits(self) -> Limits:
        """Of the next request."""
        left = None if self._limit is None else max(self._limit - self.spent, 0) + _PATIENCE
        return Limits(timeout=left, memory_limit=self._memory_limit)

    def check(self, expected: float | None = None) -> None:
        """Whether what is spent, or expected in all, is within the limit.

        Raises
        ------
        TooSlowError
            It is not.
        """
        if self._limit is None or (self.spent if expected is None else expected) <= self._limit:
            return
        said = "took longer" if expected is None else f"would take about {expected:.3g} s"
        raise TooSlowError(self.too_slow(said))

    def too_slow(self, said: str = "took longer") -> str:
        """Why a cell is cut off: what one call takes, as far as that is known."""
        text = f"{said}; its limit is {self._limit:g} s"
        if self.call_s == self.call_s:
            return f"{text}, one call takes {self.call_s:.3g} s"
        if self.first_call_s is None:
            return text
        return f"{text}, the first call took {self.first_call_s:.3g} s"
