"""Selections that several questions share."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from datetime import datetime
from difflib import get_close_matches
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Select, case, func, select, true
from sqlalchemy.orm import Session

from qbench.exceptions import UnknownNameError
from qbench.store.records import FINAL
from qbench.store.schema import Attempt, Run, RunTrial

T = TypeVar("T")

_CHUNK = 500
"""Identities in one query; SQLite's oldest limit on parameters is 999."""


def chunked(items: Iterable[T], size: int = _CHUNK) -> Iterator[list[T]]:
    """Lists of at most ``size`` items."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


def counting_attempts(trial_ids: Any, until: datetime | None = None) -> Select[int, str]:
    """Id and trial of the attempt that counts for each of the trials.

    That is the latest final one, or the latest where none is final: when two
    runs worked on one trial at once, the one that was killed hides no result.

    Parameters
    ----------
    trial_ids : list or sub-select of trial ids
    until : leave attempts that began later out of account
    """
    final = case((Attempt.status.in_(FINAL), 1), else_=0)
    order = (final.desc(), Attempt.number.desc())
    rank = func.row_number().over(partition_by=Attempt.trial_id, order_by=order)
    ranked = (
        select(Attempt.id, Attempt.trial_id, rank.label("rank"))
        .where(Attempt.trial_id.in_(trial_ids))
        .where(true() if until is None else Attempt.started_at <= until)
        .subquery()
    )
    return select(ranked.c.id, ranked.c.trial_id).where(ranked.c.rank == 1)


def trials_of(run_id: str) -> Select[str]:
    """Ids of a run's trials."""
    return select(RunTrial.trial_id).where(RunTrial.run_id == run_id)


def find_run(session: Session, text: str | None, where: str) -> str:
    """The id of the run that ``text`` means.

    An exact id, else a suite's name (its latest run), else the only id that
    begins so; None means the latest run of all.

    Raises
    ------
    UnknownNameError
        No such run, or several; suggests the nearest names.
    """
    rows = session.execute(select(Run.id, Run.suite).order_by(Run.started_at.desc(), Run.id))
    suites: dict[str, str] = {row.id: row.suite for row in rows}  # the latest first
    if not suites:
        raise UnknownNameError(f"{where} holds no runs yet; run a suite first")
    latest = next(iter(suites))
    if text is None:
        return latest
    if text in suites:
        return text
    of_suite = [run_id for run_id, suite in suites.items() if suite == text]
    if of_suite:
        return of_suite[0]
    matches = [run_id for run_id in suites if run_id.startswith(text)] if text else []
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise UnknownNameError(f"{text!r} begins several runs: {', '.join(matches[:8])}")
    near = get_close_matches(text, [*suites.values(), *suites], n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else f"the latest is {latest}"
    raise UnknownNameError(f"no run or suite {text!r} in {where}; {hint}")


def new_run_id() -> str:
    """A short id that can be read aloud, such as ``lomika``; one of 0.6 million."""
    syllables = (secrets.choice("bdfghklmnprstvwyz") + secrets.choice("aeiou") for _ in range(3))
    return "".join(syllables)
