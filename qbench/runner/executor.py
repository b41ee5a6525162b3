"""Runs the trials of a plan: what is final stays, what fails is a row, nothing is lost."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from qbench.exceptions import EnvironmentUnavailableError
from qbench.plan import Plan, Trial, interleave, supporting
from qbench.plan.machine import fingerprint
from qbench.registry.locations import cache_dir
from qbench.runner.attempt import Watch, attempt
from qbench.runner.checkpoints import CheckpointFile, checkpoint_folder, is_broken_off
from qbench.runner.cutoffs import effort
from qbench.runner.environments import Environment
from qbench.runner.inputs import InputFactory
from qbench.runner.machine import load_average, provenance
from qbench.runner.needs import Needs
from qbench.runner.observer import Observer
from qbench.runner.pool import WorkerPool
from qbench.runner.search import Choice, choices
from qbench.runner.speed import SPEED, Known, SpeedGroup, group_key
from qbench.runner.worker import Worker
from qbench.spec import Budget
from qbench.store import (
    FINAL,
    INTERRUPTED,
    RUN_FINISHED,
    RUN_INTERRUPTED,
    RUNNING,
    SKIPPED,
    EpochRecord,
    Outcome,
    Store,
    is_due,
)

_BROKEN_OFF = Outcome(INTERRUPTED, reason="the run ended before the trial did")

_TURN = 0.05
"""Seconds until a lane looks again whether what its trials wait for has ended."""


@dataclass(frozen=True)
class RunOptions:
    """How a run goes about its trials.

    Attributes
    ----------
    jobs : trials at a time; timings of more than one disturb each other
    timeout, total : wall-clock seconds for a trial, for the run
    memory_limit : bytes that a worker may hold
    fresh : a process a trial, for published figures of memory and import
    force : run again what is final
    retry_failed : run again what failed, timed out or ran out of memory
    """

    jobs: int = 1
    timeout: float | None = None
    total: float | None = None
    memory_limit: int | None = None
    fresh: bool = False
    force: bool = False
    retry_failed: bool = False

    @staticmethod
    def of(budget: Budget, *, timeout: float | None = None, **options: Any) -> RunOptions:
        """Options under a suite's budget; a timeout given here precedes the budget's."""
        return RunOptions(
            timeout=budget.trial if timeout is None else timeout,
            total=budget.total,
            memory_limit=budget.memory,
            **options,
        )


def log_folder(store: str) -> Path:
    """Where a store's workers log: beside the database file, else under the cache folder."""
    beside = Path(store).parent
    return (beside if beside.is_dir() else cache_dir()) / "logs"


@dataclass(frozen=True)
class RunSummary:
    """How a run ended: its id, and its trials by the status that counts for them."""

    run_id: str
    statuses: Mapping[str, int]
    ran: int
    seconds: float
    interrupted: bool
    out_of_budget: bool

    @property
    def exit_code(self) -> int:
        """0 all well, 1 some trials failed or are missing, 130 interrupted."""
        if self.interrupted:
            return 130
        return 0 if set(self.statuses) <= (FINAL | {SKIPPED}) - {"diverged"} else 1


class Executor:
    """Runs one plan into one store.

    Parameters
    ----------
    logs : path
        Folder of the workers' logs.
    """

    def __init__(
        self, plan: Plan, store: Store, options: RunOptions, observer: Observer, logs: Path
    ) -> None:
        self._plan, self._store, self._options = plan, store, options
        self._observer, self._logs = observer, logs
        self._inputs = InputFactory()
        self._timed = Known.nothing()
        self._needs = Needs(store, self._inputs)
        self._waiting: set[str] = set()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._busy: Counter[str] = Counter()
        self._unavailable: dict[tuple[str, str], str] = {}
        self._pools: list[WorkerPool] = []
        self._errors: list[BaseException] = []
        self._queue: list[Trial] = []
        self._ran = 0
        self._run_id = ""

    def run(self, *, command_line: str = "") -> RunSummary:
        """Run what is due; an interrupt ends the trials in flight and keeps the rest.

        Raises
        ------
        StoreError
            The database cannot be written.
        """
        started = time.monotonic()
        suite = self._plan.suite
        self._store.mark_interrupted()
        self._run_id = self._store.begin_run(
            suite.name,
            suite.text,
            profile=suite.profile,
            command_line=command_line,
            machine=provenance()
            | {
                "jobs": self._options.jobs,
                "fresh": self._options.fresh,
                "baseline": suite.config.baseline,
                "fit": suite.config.fit.model_dump(),
                "published": suite.published,
            },
        )
        interrupted = False
        try:
            if self._plan.searches:
                self._run_trials(self._plan.tried, started, phase="search")
            if not self._queue and not self._errors:
                trials = self._after_search() if self._plan.searches else self._plan.trials
                self._run_trials(trials, started)
        except KeyboardInterrupt:
            interrupted = True
        finally:
            if self._plan.searches and (interrupted or self._queue):
                self._note_search()
            self._end(interrupted or bool(self._errors))
        if self._errors:
            raise self._errors[0]
        return RunSummary(
            run_id=self._run_id,
            statuses=self._store.status_counts(self._run_id),
            ran=self._ran,
            seconds=time.monotonic() - started,
            interrupted=interrupted,
            out_of_budget=bool(self._queue) and not interrupted,
        )

    def _run_trials(self, trials: Sequence[Trial], started: float, phase: str = "") -> None:
        self._store.plan(self._run_id, [trial.record() for trial in trials])
        if phase:
            self._note_search()
        due = self._due(trials)
        self._announce(trials, due, phase)
        self._make_environments(due)
        self._queue = _in_turn(due)
        self._waiting = {trial.id for trial in due}
        self._pools.clear()
        self._run_lanes(started)

    def _after_search(self) -> Sequence[Trial]:
        """The trials that follow from what the searches found."""
        found = self._note_search()
        return self._plan.chosen({n: one.reported() for n, one in enumerate(found)}).trials

    def _note_search(self) -> list[Choice]:
        """Note what the searches have found so far, for tables."""
        found = choices(self._store, self._run_id, self._plan.searches)
        self._store.annotate_run(self._run_id, {"search": [one.to_json() for one in found]})
        return found

    def _due(self, trials: Sequence[Trial]) -> list[Trial]:
        statuses = self._store.latest_statuses(t.id for t in trials)

        def due(trial: Trial) -> bool:
            status = statuses.get(trial.id, (None, 0))[0]
            if self._options.force and status != RUNNING:
                return True
            return is_due(status, self._options.retry_failed)

        return [t for t in trials if due(t)]

    def _announce(self, trials: Sequence[Trial], due: Sequence[Trial], phase: str) -> None:
        todo = Counter(t.work.variant for t in due)
        total = Counter(t.work.variant for t in trials)
        done = {v: n - todo[v] for v, n in total.items()}
        self._observer.planned(self._run_id, todo, done, phase)

    def _make_environments(self, due: Iterable[Trial]) -> None:
        """Make what is missing before anything is timed; what can't be made is noted."""
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

    def _run_lanes(self, started: float) -> None:
        lanes = [
            threading.Thread(target=self._lane, args=(started,), name=f"lane-{n}", daemon=True)
            for n in range(max(1, min(self._options.jobs, len(self._queue))))
        ]
        for lane in lanes:
            lane.start()
        while any(lane.is_alive() for lane in lanes):
            for lane in lanes:
                lane.join(timeout=0.1)

    def _lane(self, started: float) -> None:
        with self._lock:
            number = len(self._pools) // 2
            logs = self._logs / f"lane-{number}" if number else self._logs
            pool = WorkerPool(logs, fresh=self._options.fresh)
            twins = WorkerPool(logs / "control", fresh=self._options.fresh)
            self._pools += [pool, twins]
        try:
            while not self._stop.is_set() and not self._over_budget(started):
                trial = self._next()
                if trial is None and self._queue:
                    self._stop.wait(_TURN)
                    continue
                if trial is None:
                    return
                try:
                    if trial.work.task == SPEED:
                        self._run_group(self._with_peers(trial), pool, twins)
                    else:
                        self._run_trial(trial, pool)
                finally:
                    with self._lock:
                        self._busy[trial.work.backend.name] -= 1
                        self._waiting.discard(trial.id)
        except BaseException as error:  # noqa: BLE001 - raised again by run()
            self._errors.append(error)
            self._stop.set()
        finally:
            pool.close()
            twins.close()

    def _over_budget(self, started: float) -> bool:
        total = self._options.total
        return total is not None and time.monotonic() - started > total

    def _next(self) -> Trial | None:
        """The next trial in turn, of a backend that no other lane is busy with if there is one.

        None where there is none, or all that are left wait for a trial that is under way.
        """
        with self._lock:
            ready = [n for n, t in enumerate(self._queue) if not self._waits(t)]
            if not ready:
                return None
            free = (n for n in ready if not self._busy[self._queue[n].work.backend.name])
            trial = self._queue.pop(next(free, ready[0]))
            self._busy[trial.work.backend.name] += 1
            return trial

    def _waits(self, trial: Trial) -> bool:
        """Whether something that it needs has not ended yet."""
        return any(needed.id in self._waiting for needed in trial.needs)

    def _with_peers(self, trial: Trial) -> list[Trial]:
        """The trial and those in the queue that are timed together with it."""
        key = group_key(trial)

        def together(other: Trial) -> bool:
            return other.work.task == SPEED and group_key(other) == key

        with self._lock:
            peers = [other for other in self._queue if together(other)]
            self._queue = [other for other in self._queue if not together(other)]
        return [trial, *peers]

    def _run_group(self, trials: Sequence[Trial], pool: WorkerPool, twins: WorkerPool) -> None:
        conditions = self._conditions()
        claims = {trial.id: self._claim(trial, conditions) for trial in trials}
        claimed = [trial for trial in trials if claims[trial.id] is not None]
        started = time.monotonic()
        outcomes = dict.fromkeys((trial.id for trial in claimed), _BROKEN_OFF)
        group = SpeedGroup(
            claimed,
            lambda trial: self._worker(trial, pool),
            lambda trial: self._worker(trial, twins),
            self._timed,
            limit=self._options.timeout,
            memory_limit=self._options.memory_limit,
            alone=self._options.jobs == 1,
            stopped=self._stop.is_set,
        )
        try:
            for trial in claimed:
                self._observer.started(trial)
            ended = group.run()
            stopped = self._stop.is_set()
            outcomes |= {i: o for i, o in ended.items() if not stopped or o.status in FINAL}
        finally:
            attempts = {n: outcomes[i] for i, n in claims.items() if n is not None}
            self._store.finish_attempts(attempts)
        with self._lock:
            self._ran += len(claimed)
        share = (time.monotonic() - started) / max(len(claimed), 1)
        for trial in claimed:
            self._observer.finished(trial, outcomes[trial.id], share)

    def _conditions(self) -> dict[str, Any]:
        return {
            "load": load_average(),
            "jobs": self._options.jobs,
            "fresh": self._options.fresh,
            "machine": fingerprint(),
        }

    def _run_trial(self, trial: Trial, pool: WorkerPool) -> None:
        attempt_id = self._claim(trial, self._conditions())
        if attempt_id is None:
            return
        started = time.monotonic()
        self._observer.started(trial)

        checkpoint = self._checkpoint(trial)

        def on_epoch(epoch: EpochRecord) -> None:
            self._store.add_epoch(attempt_id, epoch)
            self._observer.epoch(trial, epoch)

        def on_resumed(epochs: Sequence[EpochRecord]) -> None:
            self._store.add_epochs(attempt_id, epochs)
            self._observer.noted(trial, f"goes on after epoch {epochs[-1].epoch}")

        outcome = _BROKEN_OFF
        try:
            result = attempt(
                trial,
                lambda: self._worker(trial, pool),
                self._inputs,
                timeout=self._options.timeout,
                memory_limit=self._options.memory_limit,
                watch=Watch(on_epoch, on_resumed, checkpoint),
                needed=lambda each: self._needs.arrays(each, lambda t: self._worker(t, pool)),
            )
            if not self._stop.is_set() or result.status in FINAL:
                outcome = result
        finally:
            if checkpoint is not None:
                told = {**outcome.provenance, **checkpoint.provenance()}
                outcome = replace(outcome, provenance=told)
            self._store.finish_attempt(attempt_id, outcome)
        if checkpoint is not None:
            if checkpoint.note:
                self._observer.noted(trial, checkpoint.note)
            if not is_broken_off(outcome):
                checkpoint.remove()
        with self._lock:
            self._ran += 1
        self._observer.finished(trial, outcome, time.monotonic() - started)

    def _claim(self, trial: Trial, provenance: Mapping[str, object]) -> int | None:
        if self._options.force:
            return self._store.begin_attempt(trial.id, self._run_id, provenance)
        return self._store.claim(
            trial.id, self._run_id, provenance, retry_failed=self._options.retry_failed
        )

    def _checkpoint(self, trial: Trial) -> CheckpointFile | None:
        """Where the trial's training keeps its state, if it can go on from one."""
        run = trial.work.execution
        # a framework's generator of shots is no part of a state
        if trial.work.task != "train" or not trial.work.checkpoint or run is None or run.shots:
            return None
        file = CheckpointFile(checkpoint_folder(self._store.where), trial.id)
        if self._options.force:
            file.remove()
        return file

    def _worker(self, trial: Trial, pool: WorkerPool) -> Worker:
        work = trial.work
        reason = self._unavailable.get((work.backend.name, work.version))
        if reason is not None:
            raise EnvironmentUnavailableError(reason)
        run = work.execution
        return pool.worker(
            work.backend,
            work.version,
            threads=run.threads if run else 1,
            accelerator=run.accelerator if run else "cpu",
        )

    def _end(self, broken: bool) -> None:
        self._stop.set()
        if broken:
            for pool in self._pools:
                pool.kill()
        for lane in threading.enumerate():
            if lane.name.startswith("lane-"):
                lane.join(timeout=10)
        self._store.end_run(self._run_id, RUN_INTERRUPTED if broken else RUN_FINISHED)


def _in_turn(trials: Iterable[Trial]) -> list[Trial]:
    """Trainings variant by variant in turn; then timings, from small circuits to large ones."""
    groups: dict[str, list[Trial]] = {}
    timed: list[Trial] = []
    for trial in trials:
        own = timed if trial.work.task == SPEED else groups.setdefault(trial.work.variant, [])
        own.append(trial)
    return [*interleave(groups.values()), *sorted(timed, key=effort)]
