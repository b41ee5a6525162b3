"""What a person looks up: a trial by the beginning of its id, and how its attempts went."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches

from sqlalchemy import case, select
from sqlalchemy.orm import Session

from qbench.exceptions import UnknownNameError
from qbench.store.records import OK
from qbench.store.schema import Attempt, Trial

_ID_SHOWN = 12
"""Digits of a trial's id that messages show."""


@dataclass(frozen=True)
class AttemptInfo:
    """An attempt at a trial, with what the trial is; no status where there is none."""

    trial_id: str
    method: str
    backend: str
    backend_version: str | None
    variant: str
    seed: int
    attempt_id: int = 0
    number: int | None = None
    run_id: str | None = None
    status: str | None = None
    reason: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    log_path: str | None = None
    traceback: str = ""
    """The worker's own, where it failed and could send one."""


def latest_attempt(session: Session, text: str, where: str) -> AttemptInfo:
    """The latest attempt at the trial whose id begins with ``text``.

    Raises
    ------
    UnknownNameError
        No trial's id begins so, or several do; suggests the nearest.
    """
    trial = _trial(session, text, where)
    latest = (
        select(Attempt).where(Attempt.trial_id == trial.id).order_by(Attempt.number.desc()).limit(1)
    )
    return _info(trial, session.scalar(latest))


def finished_attempt(session: Session, text: str, where: str) -> AttemptInfo:
    """The latest attempt that ended ``ok``, of a trial or of all trials of a method.

    Of a method's trials a training comes before whatever else was measured of it.

    Raises
    ------
    UnknownNameError
        No trial's id begins with ``text`` and no method is called so, or none is finished.
    """
    named = session.scalar(select(Trial.id).where(Trial.method == text).limit(1)) is not None
    if named:
        trained = case((Trial.task == "train", 1), else_=0)
        chosen = (
            select(Attempt)
            .join(Trial, Trial.id == Attempt.trial_id)
            .where(Attempt.status == OK, Trial.method == text)
            .order_by(trained.desc(), Attempt.id.desc())
            .limit(1)
        )
    else:
        trial = _trial(session, text, where)
        chosen = (
            select(Attempt)
            .where(Attempt.status == OK, Attempt.trial_id == trial.id)
            .order_by(Attempt.number.desc())
            .limit(1)
        )
    attempt = session.scalar(chosen)
    if attempt is None:
        raise UnknownNameError(f"no trial of {text!r} in {where} has ended ok yet")
    return _info(session.get_one(Trial, attempt.trial_id), attempt)


def _trial(session: Session, text: str, where: str) -> Trial:
    begins = Trial.id.startswith(text, autoescape=True)
    trials = list(session.scalars(select(Trial).where(begins).order_by(Trial.id).limit(9)))
    if not text or not trials:
        raise UnknownNameError(f"no trial {text!r} in {where}{_nearest(session, text)}")
    if len(trials) > 1 and trials[0].id != text:
        ids = ", ".join(trial.id[:_ID_SHOWN] for trial in trials[:8])
        raise UnknownNameError(f"{text!r} begins the ids of several trials: {ids}")
    return trials[0]


def _info(trial: Trial, attempt: Attempt | None) -> AttemptInfo:
    fixed = ("method", "backend", "backend_version", "variant", "seed")
    about = {"trial_id": trial.id, **{name: getattr(trial, name) for name in fixed}}
    if attempt is None:
        return AttemptInfo(**about)
    columns = ("number", "run_id", "status", "reason", "started_at", "ended_at", "log_path")
    found = {name: getattr(attempt, name) for name in columns}
    found["attempt_id"] = attempt.id
    return AttemptInfo(**about, **found, traceback=str(attempt.provenance.get("traceback", "")))


def _nearest(session: Session, text: str) -> str:
    ids = [trial_id[: max(len(text), 6)] for trial_id in session.scalars(select(Trial.id))]
    near = get_close_matches(text, ids, n=1, cutoff=0.5)
    return f"; did you mean {near[0]!r}?" if near else ""
