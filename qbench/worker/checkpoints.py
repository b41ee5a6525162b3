"""What a training needs to go on later, told to the parent between epochs.

A training that goes on from such a state ends with the numbers of an unbroken one: batches
and dropout masks follow from the number of the step, and all else that a step reads or
changes is part of the state, with shots also where their streams stand.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Protocol

from numpy.typing import NDArray

from qbench.worker.protocol import save_arrays

_SHARE, _LONGEST = 0.01, 60
"""At most this share of the time goes into writing states, unless two are then further apart
than so many times what was asked."""


class State(NamedTuple):
    """Arrays by name, and the rest as values that JSON holds exactly."""

    arrays: Mapping[str, NDArray[Any]]
    values: Mapping[str, Any]


class Stateful(Protocol):
    """What changes from epoch to epoch, and can be set to where it was."""

    def state(self) -> Mapping[str, Any]:
        """The present values, which JSON holds exactly."""

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from values that :meth:`state` gave."""


class Resumable:
    """A :class:`Stateful` whose state is some attributes, all plain numbers."""

    changing: ClassVar[tuple[str, ...]] = ()

    def state(self) -> dict[str, Any]:
        """The present values."""
        return {name: getattr(self, name) for name in self.changing}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from values that :meth:`state` gave."""
        for name in self.changing:
            setattr(self, name, state[name])


class Checkpoints:
    """Writes states into folders of their own and reports them as events ``checkpoint``.

    Parameters
    ----------
    folder : path
        The request's; the parent removes what it has read.
    every_s : float
        Seconds between two at least. An epoch that is run again costs its time and
        changes nothing, so short ones are not worth a state each.

    Attributes
    ----------
    seconds, cpu_seconds : float
        What this took so far, to be left out of the training's own times.
    """

    def __init__(
        self, folder: Path, every_s: float, report: Callable[[Mapping[str, Any]], None]
    ) -> None:
        self._folder, self._every_s, self._report = folder, every_s, report
        self._count = 0
        self._due = time.perf_counter() + every_s
        self.seconds = self.cpu_seconds = 0.0

    def offer(self, state: Callable[[], State]) -> None:
        """Write the state if it is time for one again."""
        wall, cpu = time.perf_counter(), time.process_time()
        if wall < self._due:
            return
        self._count += 1
        place = self._folder / f"checkpoint-{self._count}"
        arrays, values = state()
        names = save_arrays(place, arrays)
        self._report(
            {"event": "checkpoint", "folder": str(place), "arrays": names, "state": values}
        )
        spent = time.perf_counter() - wall
        self._due = wall + max(self._every_s, min(spent / _SHARE, _LONGEST * self._every_s))
        self.seconds += spent
        self.cpu_seconds += time.process_time() - cpu
