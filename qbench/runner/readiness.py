"""Which backends can run here: environments are made before anything is timed."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from qbench.exceptions import EnvironmentUnavailableError
from qbench.plan import Trial, supporting
from qbench.runner.environments import Environment
from qbench.runner.observer import Observer
from qbench.runner.pool import WorkerPool
from qbench.runner.worker import Worker


class Readiness:
    """Environments of a run: each is made once, and one that can't be made is not tried again."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._unavailable: dict[tuple[str, str], str] = {}

    def prepare(self, due: Iterable[Trial]) -> None:
        """Make what the trials, and those that support them, lack; note what can't be made."""
        due = list(due)
        needed = {
            (t.work.backend.name, t.work.version): t.work.backend
            for t in (*supporting(due), *due)
            if t.work.refusal is None
        }
        for (name, version), info in needed.items():
            try:
                Environment(info, version).create(partial(self._observer.preparing, name))
            except EnvironmentUnavailableError as error:
                self._unavailable[name, version] = str(error)
                self._observer.unavailable(name, str(error))

    def worker(self, trial: Trial, pool: WorkerPool, copy: int = 0) -> Worker:
        """A living worker of a trial's backend.

        Raises
        ------
        EnvironmentUnavailableError
            Its environment could not be made.
        """
        reason = self._unavailable.get((trial.work.backend.name, trial.work.version))
        if reason is not None:
            raise EnvironmentUnavailableError(reason)
        return pool.of(trial, copy)
