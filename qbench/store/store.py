"""The store: every question that qbench asks its database, and every change to it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from qbench.exceptions import StoreError
from qbench.store import arrays
from qbench.store.attempts import (
    abandoned,
    add_attempt,
    counting_status,
    end_attempt,
    interrupt_orphans,
    last_number,
    now,
)
from qbench.store.connection import (
    display,
    explained,
    for_writing,
    is_sqlite,
    open_engine,
    resolve_url,
)
from qbench.store.database import Database
from qbench.store.lookup import AttemptInfo, finished_attempt, latest_attempt
from qbench.store.migrations import ensure_schema, is_current
from qbench.store.processes import ProcessMark
from qbench.store.queries import chunked, counting_attempts, find_run, new_run_id, trials_of
from qbench.store.records import (
    INTERRUPTED,
    OK,
    PLANNED,
    RUN_FINISHED,
    RUN_RUNNING,
    RUNNING,
    EpochRecord,
    Outcome,
    RunInfo,
    TrialRecord,
    is_due,
)
from qbench.store.schema import Artifact, Attempt, Epoch, Run, RunTrial, Trial

if TYPE_CHECKING:
    import pandas as pd


def open_store(
    url_or_path: str | os.PathLike[str] | None = None, *, writable: bool = True
) -> Store:
    """Open the results database, made or upgraded where needed.

    Parameters
    ----------
    url_or_path : str or path, optional
        An SQLAlchemy URL or the path of a SQLite file; default the environment
        variable QBENCH_STORE, else ``results/qbench.db`` in the current folder.
    writable : bool
        False for verbs that only read: nothing is made, and a file in a place
        that cannot be written will do.

    Raises
    ------
    StoreError
        It cannot be made, written or read, is no results database, or was
        written by a newer qbench.
    """
    url = resolve_url(url_or_path)
    engine = open_engine(url, writable)
    where = display(url)
    with explained(where):
        with engine.begin() as connection:
            current = is_current(connection, where)
        if not current:
            _bring_up_to_date(engine, where)
    return Store(engine, where, one_machine=is_sqlite(url))


def _bring_up_to_date(engine: Engine, where: str) -> None:
    try:
        with for_writing(engine).begin() as connection:
            ensure_schema(connection, where)
    except IntegrityError:  # a server only: another process made the tables at the same time
        with engine.begin() as connection:
            if not is_current(connection, where):
                raise


class Store(Database):
    """An open results database; use :func:`open_store`. Threads and processes may share it."""

    def __init__(self, engine: Engine, where: str, one_machine: bool) -> None:
        super().__init__(engine, where)
        self._one_machine = one_machine
        self._me = ProcessMark.current()

    # Runs

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

    # Trials and attempts

    def latest_statuses(self, trial_ids: Iterable[str]) -> dict[str, tuple[str, int]]:
        """Status and number of the attempt that counts; trials without one are left out.

        The latest final attempt counts, or the latest where none is final.
        """
        found: dict[str, tuple[str, int]] = {}
        with self._reading() as session:
            for chunk in chunked(trial_ids):
                counting = counting_attempts(chunk).subquery()
                rows = session.execute(
                    select(Attempt.trial_id, Attempt.status, Attempt.number).join(
                        counting, counting.c.id == Attempt.id
                    )
                )
                found.update({row.trial_id: (row.status, row.number) for row in rows})
        return found

    def durations(self, trial_ids: Iterable[str]) -> dict[str, float]:
        """Wall-clock seconds of the counting attempts that ended ``ok``.

        Of trials that took turns with others it is each one's own share (``trial_s``).
        """
        found: dict[str, float] = {}
        with self._reading() as session:
            for chunk in chunked(trial_ids):
                counting = counting_attempts(chunk).subquery()
                rows = session.execute(
                    select(Attempt.trial_id, Attempt.started_at, Attempt.ended_at, Attempt.timings)
                    .join(counting, counting.c.id == Attempt.id)
                    .where(Attempt.status == OK)
                )
                for trial_id, started, ended, timings in rows:
                    if ended is not None:
                        whole = (ended - started).total_seconds()
                        found[trial_id] = timings.get("trial_s", whole)
        return found

    def begin_attempt(
        self,
        trial_id: str,
        run_id: str,
        provenance: Mapping[str, Any] | None = None,
        log_path: str | None = None,
    ) -> int:
        """A new attempt at a trial, ``running``, numbered after the last one; its id."""

        def work(session: Session) -> int:
            number = last_number(session, trial_id) + 1
            return add_attempt(session, trial_id, number, run_id, self._me, provenance, log_path)

        return self._write(work)

    def claim(
        self,
        trial_id: str,
        run_id: str,
        provenance: Mapping[str, Any] | None = None,
        log_path: str | None = None,
        *,
        retry_failed: bool = False,
    ) -> int | None:
        """Like :meth:`begin_attempt`, but None if the trial is not due any more.

        Of several processes that claim a trial at once, one gets it.
        """

        def work(session: Session) -> int | None:
            # the number before the status: whoever claims in between takes this number
            number = last_number(session, trial_id) + 1
            if not is_due(counting_status(session, trial_id), retry_failed):
                return None
            return add_attempt(session, trial_id, number, run_id, self._me, provenance, log_path)

        return self._write(work)

    def add_epoch(self, attempt_id: int, epoch: EpochRecord) -> None:
        """Note one epoch of a training."""
        self.add_epochs(attempt_id, [epoch])

    def add_epochs(self, attempt_id: int, epochs: Iterable[EpochRecord]) -> None:
        """Note several at once: those that a training goes on after."""
        rows = [{"attempt_id": attempt_id, **asdict(epoch)} for epoch in epochs]
        self._write(lambda session: session.execute(insert(Epoch), rows))

    def finish_attempt(self, attempt_id: int, outcome: Outcome) -> None:
        """Note how an attempt ended, with its arrays, in one transaction.

        Raises
        ------
        StoreError
            There is no such attempt, or it has ended already.
        """
        self.finish_attempts({attempt_id: outcome})

    def finish_attempts(self, outcomes: Mapping[int, Outcome]) -> None:
        """Note how several attempts ended, all or none of them.

        Raises
        ------
        StoreError
            There is no such attempt, or it has ended already.
        """
        packed = [
            {"attempt_id": attempt_id, "name": name, "data": arrays.pack(members)}
            for attempt_id, outcome in outcomes.items()
            for name, members in outcome.artifacts.items()
        ]

        def work(session: Session) -> None:
            for attempt_id, outcome in outcomes.items():
                attempt = session.get(Attempt, attempt_id)
                if attempt is None:
                    raise StoreError(f"{self.where} has no attempt {attempt_id}")
                if attempt.status not in (RUNNING, INTERRUPTED):
                    raise StoreError(f"attempt {attempt_id} has ended already: {attempt.status}")
                end_attempt(attempt, outcome)
            if packed:
                session.execute(insert(Artifact), packed)

        self._write(work)

    def mark_interrupted(self) -> int:
        """Mark what killed processes left ``running`` as ``interrupted``; how many attempts.

        Called before a run plans anything. The processes of other machines
        cannot be seen: on a server their attempts are taken for dead after a day.
        """
        return self._write(lambda session: interrupt_orphans(session, self._me, self._one_machine))

    # What reports read

    def frame(
        self,
        run_id: str,
        *,
        each_path: bool = False,
        at_its_end: bool = False,
        searched: bool = False,
    ) -> pd.DataFrame:
        """One row a trial of a run, in its order, with the attempt that counts.

        Nested mappings become columns such as ``metrics.accuracy``; see
        :func:`qbench.store.frames.trial_frame` for the columns.

        Parameters
        ----------
        each_path : bool
            A row for each path of the grid that led to a trial, each with its
            own labels, instead of one row with the labels joined.
        at_its_end : bool
            As the run found and left its trials, without what later runs tried again.
        searched : bool
            The trials of the run's search, and no others.
        """
        from qbench.store.frames import trial_frame

        with self._reading() as session:
            run = session.get(Run, run_id) if at_its_end else None
            until = run.ended_at if run else None
            return trial_frame(session, run_id, each_path, until, searched)

    def epochs_frame(self, run_id: str, *, searched: bool = False) -> pd.DataFrame:
        """One row an epoch of the attempts that count for a run's trials, or its search's."""
        from qbench.store.frames import epoch_frame

        with self._reading() as session:
            return epoch_frame(session, run_id, searched)

    def trial(self, trial_id: str) -> Mapping[str, Any]:
        """The canonical form of a trial.

        Raises
        ------
        StoreError
            There is no such trial.
        """
        with self._reading() as session:
            trial = session.get(Trial, trial_id)
            if trial is None:
                raise StoreError(f"{self.where} has no trial {trial_id!r}")
            return trial.canonical

    def latest_attempt(self, trial: str) -> AttemptInfo:
        """The latest attempt at a trial, named by its id or the beginning of it.

        Raises
        ------
        UnknownNameError
            No such trial, or several; suggests the nearest.
        """
        with self._reading() as session:
            return latest_attempt(session, trial, self.where)

    def finished_attempt(self, trial: str) -> AttemptInfo:
        """The latest attempt that ended ``ok``, at a trial or at any trial of a method.

        Raises
        ------
        UnknownNameError
            No such trial or method, or none is finished.
        """
        with self._reading() as session:
            return finished_attempt(session, trial, self.where)

    def artifact_names(self, attempt_id: int) -> list[str]:
        """Names of the sets of arrays that an attempt left."""
        query = select(Artifact.name).where(Artifact.attempt_id == attempt_id)
        with self._reading() as session:
            return list(session.scalars(query.order_by(Artifact.name)))

    def artifact(self, attempt_id: int, name: str) -> dict[str, NDArray[np.generic]]:
        """The arrays of an artifact by name.

        Raises
        ------
        StoreError
            The attempt left none of that name.
        """
        with self._reading() as session:
            artifact = session.get(Artifact, (attempt_id, name))
            if artifact is None:
                raise StoreError(f"attempt {attempt_id} left no arrays named {name!r}")
            return arrays.unpack(artifact.data)


def _trial_row(trial: TrialRecord) -> dict[str, Any]:
    row = {f.name: getattr(trial, f.name) for f in fields(TrialRecord) if f.name != "labels"}
    return row | {"canonical": dict(trial.canonical), "created_at": now()}
