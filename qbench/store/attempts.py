"""Rows of attempts: a new one, its end, and those whose process is gone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from qbench.store.processes import ProcessMark
from qbench.store.queries import chunked, counting_attempts
from qbench.store.records import INTERRUPTED, RUN_INTERRUPTED, RUN_RUNNING, RUNNING, Outcome
from qbench.store.schema import Attempt, Run

MAPPINGS = ("metrics", "timings", "memory", "agreement", "counts", "gradient_variance")
"""Columns that an outcome fills."""

_STALE = timedelta(days=1)
"""On a server, a running attempt of another machine this old is taken for dead."""


def last_number(session: Session, trial_id: str) -> int:
    """Number of a trial's last attempt, 0 without one."""
    query = select(func.max(Attempt.number)).where(Attempt.trial_id == trial_id)
    return session.scalar(query) or 0


def counting_status(session: Session, trial_id: str) -> str | None:
    """Status of the attempt that counts, None without one."""
    counting = counting_attempts([trial_id]).subquery()
    query = select(Attempt.status).join(counting, counting.c.id == Attempt.id)
    return session.scalar(query)


def add_attempt(
    session: Session,
    trial_id: str,
    number: int,
    run_id: str,
    owner: ProcessMark,
    provenance: Mapping[str, Any] | None,
    log_path: str | None,
) -> int:
    """A running attempt; its id. Raises IntegrityError where the number is taken."""
    attempt = Attempt(
        trial_id=trial_id,
        number=number,
        run_id=run_id,
        status=RUNNING,
        reason="",
        started_at=now(),
        ended_at=None,
        host=owner.host,
        pid=owner.pid,
        process_started=owner.started,
        provenance=dict(provenance or {}),
        log_path=log_path,
        **{name: {} for name in MAPPINGS},
    )
    session.add(attempt)
    session.flush()
    return attempt.id


def end_attempt(attempt: Attempt, outcome: Outcome) -> None:
    """Fill in how an attempt ended."""
    attempt.status = outcome.status
    attempt.reason = outcome.reason
    attempt.ended_at = now()
    for name in MAPPINGS:
        setattr(attempt, name, dict(getattr(outcome, name)))
    attempt.provenance = {**attempt.provenance, **outcome.provenance}
    attempt.log_path = outcome.log_path or attempt.log_path


def interrupt_orphans(session: Session, me: ProcessMark, one_machine: bool) -> int:
    """Mark attempts and runs as interrupted whose process is gone; how many attempts.

    Parameters
    ----------
    one_machine : bool
        Every process that writes runs on this machine, as with a SQLite file,
        though the machine may have had another name.
    """
    orphans = list(_orphans(session, me, one_machine))
    for ids in chunked(orphans):
        session.execute(
            update(Attempt)
            .where(Attempt.id.in_(ids), Attempt.status == RUNNING)
            .values(status=INTERRUPTED, reason="the process that ran it ended", ended_at=now())
        )
    for run in session.scalars(select(Run).where(Run.status == RUN_RUNNING)):
        if _is_gone(run, me, one_machine):
            run.status, run.ended_at = RUN_INTERRUPTED, now()
    return len(orphans)


def abandoned(session: Session, me: ProcessMark, one_machine: bool) -> set[str]:
    """Ids of the runs that are noted as running though their process is gone."""
    running = session.scalars(select(Run).where(Run.status == RUN_RUNNING))
    return {run.id for run in running if _is_gone(run, me, one_machine)}


def _orphans(session: Session, me: ProcessMark, one_machine: bool) -> Iterator[int]:
    for attempt in session.scalars(select(Attempt).where(Attempt.status == RUNNING)):
        if _is_gone(attempt, me, one_machine):
            yield attempt.id


def _is_gone(owned: Attempt | Run, me: ProcessMark, one_machine: bool) -> bool:
    if one_machine or owned.host == me.host:
        return not ProcessMark(owned.host, owned.pid, owned.process_started).is_alive()
    return now() - owned.started_at > _STALE


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)
