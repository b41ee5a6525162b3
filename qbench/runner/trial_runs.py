"""A trial, or a group of timings, from its claim in the store to the row of how it ended."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from qbench.plan import Trial
from qbench.plan.machine import fingerprint
from qbench.runner.attempt import Watch, attempt
from qbench.runner.checkpoints import CheckpointFile, checkpoint_folder, is_broken_off
from qbench.runner.inputs import InputFactory
from qbench.runner.machine import load_average
from qbench.runner.needs import Needs
from qbench.runner.observer import Observer
from qbench.runner.options import RunOptions
from qbench.runner.pool import WorkerPool
from qbench.runner.readiness import Readiness
from qbench.runner.speed import SPEED, Known, SpeedGroup
from qbench.store import FINAL, INTERRUPTED, EpochRecord, Outcome, Store

_BROKEN_OFF = Outcome(INTERRUPTED, reason="the run ended before the trial did")


class TrialRuns:
    """Runs trials for one run of a store, whichever lane asks.

    Parameters
    ----------
    stopped : set when the run is ending: what ends after that, unless it is final, was broken off

    Attributes
    ----------
    count : trials that were run
    """

    def __init__(
        self,
        store: Store,
        run_id: str,
        options: RunOptions,
        observer: Observer,
        readiness: Readiness,
        stopped: threading.Event,
    ) -> None:
        self._store, self._run_id, self._options = store, run_id, options
        self._observer, self._readiness, self._stopped = observer, readiness, stopped
        self._inputs = InputFactory()
        self._needs = Needs(store, self._inputs)
        self._timed = Known.nothing()
        self._lock = threading.Lock()
        self.count = 0

    def turn(self, trials: Sequence[Trial], pool: WorkerPool) -> None:
        """Run what a lane took from the schedule: one trial, or timings that belong together."""
        if trials[0].work.task == SPEED:
            self._group(trials, pool)
        else:
            self._one(trials[0], pool)

    def _one(self, trial: Trial, pool: WorkerPool) -> None:
        attempt_id = self._claim(trial, self._conditions())
        if attempt_id is None:
            return
        started = time.monotonic()
        self._observer.started(trial)
        checkpoint = self._checkpoint(trial)
        outcome = _BROKEN_OFF
        try:
            result = attempt(
                trial,
                lambda: self._readiness.worker(trial, pool),
                self._inputs,
                timeout=self._options.timeout,
                memory_limit=self._options.memory_limit,
                watch=self._watch(trial, attempt_id, checkpoint),
                needed=lambda each, limits: self._needs.arrays(
                    each, lambda needed: self._readiness.worker(needed, pool), limits
                ),
            )
            if not self._stopped.is_set() or result.status in FINAL:
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
        self._ran([trial], {trial.id: outcome}, started)

    def _watch(self, trial: Trial, attempt_id: int, checkpoint: CheckpointFile | None) -> Watch:
        def on_epoch(epoch: EpochRecord) -> None:
            self._store.add_epoch(attempt_id, epoch)
            self._observer.epoch(trial, epoch)

        def on_resumed(epochs: Sequence[EpochRecord]) -> None:
            self._store.add_epochs(attempt_id, epochs)
            self._observer.noted(trial, f"goes on after epoch {epochs[-1].epoch}")

        return Watch(on_epoch, on_resumed, checkpoint)

    def _group(self, trials: Sequence[Trial], pool: WorkerPool) -> None:
        conditions = self._conditions()
        claims = {trial.id: self._claim(trial, conditions) for trial in trials}
        claimed = [trial for trial in trials if claims[trial.id] is not None]
        started = time.monotonic()
        outcomes = dict.fromkeys((trial.id for trial in claimed), _BROKEN_OFF)
        group = SpeedGroup(
            claimed,
            lambda trial, copy: self._readiness.worker(trial, pool, copy),
            self._timed,
            limit=self._options.timeout,
            memory_limit=self._options.memory_limit,
            alone=self._options.jobs == 1,
            stopped=self._stopped.is_set,
        )
        try:
            for trial in claimed:
                self._observer.started(trial)
            ended = group.run()
            stopped = self._stopped.is_set()
            outcomes |= {i: o for i, o in ended.items() if not stopped or o.status in FINAL}
        finally:
            attempts = {n: outcomes[i] for i, n in claims.items() if n is not None}
            self._store.finish_attempts(attempts)
        self._ran(claimed, outcomes, started)

    def _ran(
        self, trials: Sequence[Trial], outcomes: Mapping[str, Outcome], started: float
    ) -> None:
        """Count and tell what was run; of the time each trial of a group has an equal share."""
        with self._lock:
            self.count += len(trials)
        share = (time.monotonic() - started) / max(len(trials), 1)
        for trial in trials:
            self._observer.finished(trial, outcomes[trial.id], share)

    def _conditions(self) -> dict[str, Any]:
        return {
            "load": load_average(),
            "jobs": self._options.jobs,
            "fresh": self._options.fresh,
            "machine": fingerprint(),
        }

    def _claim(self, trial: Trial, provenance: Mapping[str, Any]) -> int | None:
        if self._options.force:
            return self._store.begin_attempt(trial.id, self._run_id, provenance)
        return self._store.claim(
            trial.id, self._run_id, provenance, retry_failed=self._options.retry_failed
        )

    def _checkpoint(self, trial: Trial) -> CheckpointFile | None:
        """Where the trial's training keeps its state, if it is to keep one."""
        if trial.work.task != "train" or not trial.work.checkpoint:
            return None
        file = CheckpointFile(checkpoint_folder(self._store.where), trial.id)
        if self._options.force:
            file.remove()
        return file
