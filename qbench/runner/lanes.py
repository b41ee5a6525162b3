"""Lanes: threads that take turns at a schedule, each with warm workers of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from qbench.plan import Trial
from qbench.runner.pool import WorkerPool
from qbench.runner.schedule import Schedule

_LOOK_AGAIN_S = 0.05
"""Seconds until a lane looks again whether what its trials wait for has ended."""

_END_S = 10.0
"""Seconds that a lane has to end by itself."""


Turn = Callable[[Sequence[Trial], WorkerPool], None]
"""Runs what a lane took from the schedule, on the lane's own workers."""


class Lanes:
    """Threads of the parent that run trials.

    Parameters
    ----------
    logs : path
        Folder of the workers' logs.
    jobs : int
        How many lanes there are at most.
    fresh : bool
        A process a trial.

    Attributes
    ----------
    stopped : set when the run is ending; what a lane is at is broken off
    errors : what no trial accounts for; the first stops all lanes
    """

    def __init__(self, logs: Path, *, jobs: int, fresh: bool) -> None:
        self._logs, self._jobs, self._fresh = logs, jobs, fresh
        self._threads: list[threading.Thread] = []
        self._pools: list[WorkerPool] = []
        self.stopped = threading.Event()
        self.errors: list[BaseException] = []

    def run(self, schedule: Schedule, turn: Turn, until: float | None) -> None:
        """Run what is scheduled; returns when all lanes are done.

        Parameters
        ----------
        until : float, optional
            When no further trial is begun, as ``time.monotonic`` counts.
        """
        self._threads.clear()
        self._pools.clear()
        for number in range(max(1, min(self._jobs, len(schedule)))):
            pool = self._new_pool(number)
            lane = threading.Thread(
                target=self._lane,
                args=(schedule, turn, until, pool),
                name=f"lane-{number}",
                daemon=True,
            )
            lane.start()
            self._threads.append(lane)
        while any(lane.is_alive() for lane in self._threads):
            for lane in self._threads:
                lane.join(timeout=0.1)

    def end(self, *, kill: bool) -> None:
        """Let all lanes end, their workers at once if they are to be killed."""
        self.stopped.set()
        for pool in self._pools if kill else ():
            pool.kill()
        for lane in self._threads:
            lane.join(timeout=_END_S)

    def _new_pool(self, number: int) -> WorkerPool:
        logs = self._logs / f"lane-{number}" if number else self._logs
        pool = WorkerPool(logs, fresh=self._fresh)
        self._pools.append(pool)
        return pool

    def _lane(self, schedule: Schedule, turn: Turn, until: float | None, pool: WorkerPool) -> None:
        try:
            while schedule and not self.stopped.is_set():
                if until is not None and time.monotonic() > until:
                    return
                trials = schedule.take()
                if not trials:
                    self.stopped.wait(_LOOK_AGAIN_S)
                    continue
                try:
                    turn(trials, pool)
                finally:
                    schedule.ended(trials)
        except BaseException as error:  # noqa: BLE001 - raised again by the executor
            self.errors.append(error)
            self.stopped.set()
        finally:
            pool.close()
