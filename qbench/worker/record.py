"""What a training took, step by step, over all the processes that it went through."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass
class Record:
    """What the loop measured, over all parts of a training that was broken off."""

    step_s: list[float] = field(default_factory=list)
    epoch_s: list[float] = field(default_factory=list)
    evaluation_s: list[float] = field(default_factory=list)
    cold_steps: list[int] = field(default_factory=list)
    """Steps that were the first ones of a process, counted from 0."""
    executions: int | None = None
    train_s: float = 0.0
    cpu_s: float = 0.0

    def timings(self) -> dict[str, Any]:
        """The times of steps, epochs and evaluations, as a result carries them."""
        passes = self.evaluation_s
        return {
            "step_s": self.step_s,
            "cold_steps": self.cold_steps,
            "first_step_s": self.step_s[0],
            "evaluation_s": sum(passes) / len(passes) if passes else None,
            "epoch_s": self.epoch_s,
            "train_s": self.train_s,
            "cpu_s": self.cpu_s,
        }

    @property
    def executions_per_step(self) -> float | None:
        """Circuits executed a step, where the backend counts them."""
        return None if self.executions is None else self.executions / len(self.step_s)


class Aside(Protocol):
    """Something done between epochs that is no part of the training's time."""

    seconds: float
    cpu_seconds: float


class Clock:
    """Adds the training's wall and processor time since its last reading to a record.

    Parameters
    ----------
    aside : what took time in between and is left out
    """

    def __init__(self, aside: Sequence[Aside]) -> None:
        self._aside = aside
        self._last = self._now()

    def read_into(self, record: Record) -> None:
        """Add what has passed; the next reading begins here."""
        now = self._now()
        record.train_s += now[0] - self._last[0]
        record.cpu_s += now[1] - self._last[1]
        self._last = now

    def _now(self) -> tuple[float, float]:
        return (
            time.perf_counter() - sum(part.seconds for part in self._aside),
            time.process_time() - sum(part.cpu_seconds for part in self._aside),
        )
