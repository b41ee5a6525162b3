"""Runs the trials of a plan: what is final stays, what fails is a row, nothing is lost."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from qbench.plan import Plan, Trial
from qbench.runner.checkpoints import checkpoint_folder, remove_finished
from qbench.runner.lanes import Lanes
from qbench.runner.machine import provenance
from qbench.runner.observer import Observer
from qbench.runner.options import RunOptions, RunSummary
from qbench.runner.readiness import Readiness
from qbench.runner.schedule import Schedule
from qbench.runner.search import Choice, choices
from qbench.runner.trial_runs import TrialRuns
from qbench.store import RUN_FINISHED, RUN_INTERRUPTED, RUNNING, Store, is_due


class Executor:
    """Runs one plan into one store, once.

    Parameters
    ----------
    logs : path
        Folder of the workers' logs.
    """

    def __init__(
        self, plan: Plan, store: Store, options: RunOptions, observer: Observer, logs: Path
    ) -> None:
        self._plan, self._store, self._options = plan, store, options
        self._observer, self._readiness = observer, Readiness(observer)
        self._lanes = Lanes(logs, jobs=options.jobs, fresh=options.fresh)
        self._schedule = Schedule(())
        self._started = 0.0
        self._run_id = ""

    def run(self, *, command_line: str = "") -> RunSummary:
        """Run what is due; an interrupt ends the trials in flight and keeps the rest.

        Raises
        ------
        StoreError
            The database cannot be written.
        """
        self._started = time.monotonic()
        self._store.mark_interrupted()
        remove_finished(checkpoint_folder(self._store.where), self._store)
        self._run_id = self._begin(command_line)
        runs = TrialRuns(
            self._store,
            self._run_id,
            self._options,
            self._observer,
            self._readiness,
            self._lanes.stopped,
        )
        errors, interrupted, broken = self._lanes.errors, False, True
        try:
            self._run_phases(runs)
            broken = bool(errors)
        except KeyboardInterrupt:
            interrupted = True
        finally:
            self._lanes.end(kill=broken)
            if self._plan.searches and (interrupted or self._schedule):
                self._note_search()
            self._store.end_run(self._run_id, RUN_INTERRUPTED if broken else RUN_FINISHED)
        if errors:
            raise errors[0]
        return RunSummary(
            run_id=self._run_id,
            statuses=self._store.status_counts(self._run_id),
            ran=runs.count,
            seconds=time.monotonic() - self._started,
            interrupted=interrupted,
            out_of_budget=bool(self._schedule) and not interrupted,
        )

    def _begin(self, command_line: str) -> str:
        suite = self._plan.suite
        about = {
            "jobs": self._options.jobs,
            "fresh": self._options.fresh,
            "baseline": suite.config.baseline,
            "fit": suite.config.fit.model_dump(),
            "published": suite.published,
        }
        return self._store.begin_run(
            suite.name,
            suite.text,
            profile=suite.profile,
            command_line=command_line,
            machine=provenance() | about,
        )

    def _run_phases(self, runs: TrialRuns) -> None:
        """The trials of searches first, where there are any; then those that are reported."""
        if not self._plan.searches:
            self._run_trials(self._plan.trials, runs)
            return
        self._run_trials(self._plan.tried, runs, phase="search")
        if not self._schedule and not self._lanes.errors:
            found = self._note_search()
            chosen = self._plan.chosen({n: one.reported() for n, one in enumerate(found)})
            self._run_trials(chosen.trials, runs)

    def _run_trials(self, trials: Sequence[Trial], runs: TrialRuns, phase: str = "") -> None:
        self._store.plan(self._run_id, [trial.record() for trial in trials])
        if phase:
            self._note_search()
        due = self._due(trials)
        self._announce(trials, due, phase)
        self._readiness.prepare(due)
        self._schedule = Schedule(due)
        total = self._options.total
        until = None if total is None else self._started + total
        self._lanes.run(self._schedule, runs.turn, until)

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
