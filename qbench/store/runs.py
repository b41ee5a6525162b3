"""Runs in the store: begun, planned, ended, and found again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from qbench.store.attempts import abandoned, now
from qbench.store.database import Database
from qbench.store.queries import chunked, counting_attempts, find_run, new_run_id, trials_of
from qbench.store.records import PLANNED, RUN_FINISHED, RUN_RUNNING, RunInfo, TrialRecord
from qbench.store.schema import Attempt, Run, RunTrial, Trial


class Runs(Database):
    """What the store says of runs as a whole, and of the trials that they planned."""

    def begin_run(
        self,
        suite: str,
        suite_text: str = "",
        *,
        profile: str | None = None,
        command_line: str = "",
        machine: Mapping[str, Any] | None = None,
    ) -> str:
        """A new run of a suite, owned by this process; its id."""

        def work(session: Session) -> str:
            run = Run(
                id=new_run_id(),
                suite=suite,
                suite_text=suite_text,
                profile=profile,
                command_line=command_line,
                started_at=now(),
                ended_at=None,
                status=RUN_RUNNING,
                planned=0,
                machine=dict(machine or {}),
                host=self._me.host,
                pid=self._me.pid,
                process_started=self._me.started,
            )
            session.add(run)
            session.flush()
            return run.id

        return self._write(work)

    def end_run(self, run_id: str, status: str = RUN_FINISHED) -> None:
        """Note that a run is over."""
        ended = update(Run).where(Run.id == run_id).values(status=status, ended_at=now())
        self._write(lambda session: session.execute(ended))

    def plan(self, run_id: str, trials: Iterable[TrialRecord]) -> None:
        """Note a run's trials in their order, those of another call behind them; trials that
        are already known are joined.

        Records with the same id become one trial that has the labels of all.
        """
        merged: dict[str, TrialRecord] = {}
        labels: dict[str, list[dict[str, str]]] = {}
        for trial in trials:
            merged.setdefault(trial.id, trial)
            labels.setdefault(trial.id, []).extend(dict(each) for each in trial.labels)

        def work(session: Session) -> None:
            known: set[str] = set()
            for chunk in chunked(merged):
                known.update(session.scalars(select(Trial.id).where(Trial.id.in_(chunk))))
            new = [_trial_row(trial) for trial in merged.values() if trial.id not in known]
            if new:
                session.execute(insert(Trial), new)
            of_run = select(func.count()).select_from(RunTrial).where(RunTrial.run_id == run_id)
            first = session.scalar(of_run) or 0
            joins = [
                {"run_id": run_id, "trial_id": trial_id, "position": position, "labels": each}
                for position, (trial_id, each) in enumerate(labels.items(), first)
            ]
            if joins:
                session.execute(insert(RunTrial), joins)
            planned = update(Run).where(Run.id == run_id).values(planned=first + len(joins))
            session.execute(planned)

        self._write(work)

    def annotate_run(self, run_id: str, found: Mapping[str, Any]) -> None:
        """Add to what ``begin_run`` was given as ``machine``."""

        def work(session: Session) -> None:
            run = session.get_one(Run, run_id)
            run.machine = {**run.machine, **found}

        self._write(work)

    def runs(self) -> list[RunInfo]:
        """All runs, the latest first."""
        with self._reading() as session:
            rows = session.scalars(select(Run).order_by(Run.started_at.desc(), Run.id))
            return [RunInfo(**{f.name: getattr(r, f.name) for f in fields(RunInfo)}) for r in rows]

    def resolve_run(self, text: str | None = None) -> str:
        """The run that ``text`` means: an id, a suite's name (its latest run), the only id that
        begins so, or None for the latest of all.

        Raises
        ------
        UnknownNameError
            No such run, or several; suggests the nearest name.
        """
        with self._reading() as session:
            return find_run(session, text, self.where)

    def abandoned_runs(self) -> set[str]:
        """Ids of the runs that are noted as running though their process is gone."""
        with self._reading() as session:
            return abandoned(session, self._me, self._one_machine)

    def status_counts(self, run_id: str) -> dict[str, int]:
        """How many of a run's trials have each status; ``planned`` where nothing was tried."""
        counting = counting_attempts(trials_of(run_id)).subquery()
        query = (
            select(Attempt.status, func.count())
            .join(counting, counting.c.id == Attempt.id)
            .group_by(Attempt.status)
        )
        with self._reading() as session:
            counts = {row[0]: row[1] for row in session.execute(query)}
            total = session.scalar(
                select(func.count()).select_from(RunTrial).where(RunTrial.run_id == run_id)
            )
        untried = (total or 0) - sum(counts.values())
        return counts | ({PLANNED: untried} if untried else {})


def _trial_row(trial: TrialRecord) -> dict[str, Any]:
    row = {f.name: getattr(trial, f.name) for f in fields(TrialRecord) if f.name != "labels"}
    return row | {"canonical": dict(trial.canonical), "created_at": now()}
