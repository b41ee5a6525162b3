"""Attempts at trials in the store: what is due, who is at it, and how it went."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from qbench.exceptions import StoreError
from qbench.store import arrays
from qbench.store.attempts import (
    add_attempt,
    counting_status,
    end_attempt,
    interrupt_orphans,
    last_number,
)
from qbench.store.database import Database
from qbench.store.queries import chunked, counting_attempts
from qbench.store.records import INTERRUPTED, OK, RUNNING, EpochRecord, Outcome, is_due
from qbench.store.schema import Artifact, Attempt, Epoch


class Trials(Database):
    """What the store says of each trial's attempts, and what a run writes while it goes on."""

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
