"""The tables, as SQLAlchemy maps them.

A change here needs a higher ``SCHEMA_VERSION``, a migration in
:mod:`qbench.store.migrations` and a golden database of the version before.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, ForeignKey, Index, LargeBinary, Text, UniqueConstraint
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

SCHEMA_VERSION = 1

JsonMap = dict[str, Any]


class UtcDateTime(TypeDecorator[datetime]):
    """Aware datetimes, kept in UTC (SQLite has no time zones)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Into UTC; SQLite gets it without its zone."""
        if value is None:
            return None
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        """Aware, in UTC."""
        if value is None:
            return None
        stored: datetime = value
        return stored.replace(tzinfo=UTC) if stored.tzinfo is None else stored.astimezone(UTC)


class Base(DeclarativeBase):
    """Base of all tables."""

    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own protocol
        datetime: UtcDateTime(),
        JsonMap: JSON(),
        list[dict[str, str]]: JSON(),
        str: Text(),
        bytes: LargeBinary(),
    }


class Meta(Base):
    """Facts about the database itself, such as ``schema_version``."""

    __tablename__ = "meta"

    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class Run(Base):
    """One ``qbench run``: what was asked, when and where."""

    __tablename__ = "runs"

    id: Mapped[str] = mapped_column(primary_key=True)
    suite: Mapped[str] = mapped_column(index=True)
    suite_text: Mapped[str]
    profile: Mapped[str | None]
    command_line: Mapped[str]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    status: Mapped[str]
    planned: Mapped[int]
    machine: Mapped[JsonMap]
    host: Mapped[str]
    pid: Mapped[int]
    process_started: Mapped[float]


class Trial(Base):
    """What is measured, once however many runs ask for it."""

    __tablename__ = "trials"

    id: Mapped[str] = mapped_column(primary_key=True)
    task: Mapped[str]
    method: Mapped[str]
    method_kind: Mapped[str]
    backend: Mapped[str]
    backend_version: Mapped[str | None]
    variant: Mapped[str]
    device: Mapped[str | None]
    diff_method: Mapped[str | None]
    tier: Mapped[str | None]
    precision: Mapped[str | None]
    threads: Mapped[int | None]
    seed: Mapped[int]
    dataset: Mapped[str]
    canonical: Mapped[JsonMap]
    created_at: Mapped[datetime]


class RunTrial(Base):
    """A trial's place in a run, and the labels under which the run's grid reached it."""

    __tablename__ = "run_trials"

    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id"), primary_key=True)
    trial_id: Mapped[str] = mapped_column(ForeignKey("trials.id"), primary_key=True)
    position: Mapped[int]
    labels: Mapped[list[dict[str, str]]]


class Attempt(Base):
    """One try at a trial: a new row each time, never overwritten by another."""

    __tablename__ = "attempts"
    __table_args__ = (
        UniqueConstraint("trial_id", "number"),
        Index("ix_attempts_status", "status"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    trial_id: Mapped[str] = mapped_column(ForeignKey("trials.id"))
    number: Mapped[int]
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id"), index=True)
    status: Mapped[str]
    reason: Mapped[str]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    host: Mapped[str]
    pid: Mapped[int]
    process_started: Mapped[float]
    metrics: Mapped[JsonMap]
    timings: Mapped[JsonMap]
    memory: Mapped[JsonMap]
    agreement: Mapped[JsonMap]
    counts: Mapped[JsonMap]
    gradient_variance: Mapped[JsonMap]
    provenance: Mapped[JsonMap]
    log_path: Mapped[str | None]


class Epoch(Base):
    """One epoch of an attempt."""

    __tablename__ = "epochs"

    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempts.id"), primary_key=True)
    epoch: Mapped[int] = mapped_column(primary_key=True)
    train_loss: Mapped[float | None]
    validation_loss: Mapped[float | None]
    validation_accuracy: Mapped[float | None]
    learning_rate: Mapped[float | None]
    seconds: Mapped[float | None]


class Artifact(Base):
    """A named set of arrays of an attempt, an .npz as bytes."""

    __tablename__ = "artifacts"

    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempts.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    data: Mapped[bytes]
