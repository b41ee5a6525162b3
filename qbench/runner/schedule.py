"""Which trial is next: variants in turn, what others need first, timings last."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Sequence

from qbench.plan import Trial, interleave
from qbench.runner.cutoffs import effort
from qbench.runner.speed import SPEED, group_key


class Schedule:
    """The trials that are due, as several lanes take them; its length is what none has taken.

    Trainings come variant by variant in turn; then timings, from small circuits to large ones.
    """

    def __init__(self, due: Iterable[Trial]) -> None:
        self._queue = _in_turn(due)
        self._open = {trial.id for trial in self._queue}
        self._busy: Counter[str] = Counter()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._queue)

    def take(self) -> list[Trial]:
        """The next trial, with those that are timed together with it; one of a backend that no
        other lane is busy with if there is one.

        Empty where nothing is left, or all that are left wait for a trial that is under way.
        Whoever takes them says when they have :meth:`ended`.
        """
        with self._lock:
            ready = [n for n, trial in enumerate(self._queue) if not self._waits(trial)]
            if not ready:
                return []
            free = (n for n in ready if not self._busy[_backend(self._queue[n])])
            trial = self._queue.pop(next(free, ready[0]))
            self._busy[_backend(trial)] += 1
            return [trial, *self._taken_peers(trial)]

    def ended(self, trials: Sequence[Trial]) -> None:
        """What was taken has ended: nothing waits for it any more."""
        with self._lock:
            self._busy[_backend(trials[0])] -= 1
            self._open.difference_update(trial.id for trial in trials)

    def _waits(self, trial: Trial) -> bool:
        """Whether something that it needs has not ended yet."""
        return any(needed.id in self._open for needed in trial.needs)

    def _taken_peers(self, trial: Trial) -> list[Trial]:
        """Take the others that are timed together with a trial."""
        if trial.work.task != SPEED:
            return []
        key = group_key(trial)
        peers = [t for t in self._queue if t.work.task == SPEED and group_key(t) == key]
        taken = {peer.id for peer in peers}
        self._queue = [other for other in self._queue if other.id not in taken]
        return peers


def _backend(trial: Trial) -> str:
    return trial.work.backend.name


def _in_turn(trials: Iterable[Trial]) -> list[Trial]:
    groups: dict[str, list[Trial]] = {}
    timed: list[Trial] = []
    for trial in trials:
        own = timed if trial.work.task == SPEED else groups.setdefault(trial.work.variant, [])
        own.append(trial)
    return [*interleave(groups.values()), *sorted(timed, key=effort)]
