"""What goes into the store and comes out of it, and the statuses of attempts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from numpy.typing import NDArray

PLANNED = "planned"
"""No attempt yet; appears in frames only, never in the database."""

RUNNING = "running"
OK = "ok"
DIVERGED = "diverged"
UNSUPPORTED = "unsupported"
INTERRUPTED = "interrupted"
UNAVAILABLE = "unavailable"
FAILED = "failed"
TIMEOUT = "timeout"
OUT_OF_MEMORY = "out_of_memory"
SKIPPED = "skipped"
"""Not finished, since it would have taken longer than its limit; says how long."""

FINAL = frozenset({OK, DIVERGED, UNSUPPORTED})
"""Never run again."""

RETRIED_NEXT_RUN = frozenset({INTERRUPTED, UNAVAILABLE})
"""Run again whenever a run plans the trial."""

RETRIED_WHEN_ASKED = frozenset({FAILED, TIMEOUT, OUT_OF_MEMORY, SKIPPED})
"""Run again with ``--retry-failed`` only."""

STATUSES = frozenset({RUNNING}) | FINAL | RETRIED_NEXT_RUN | RETRIED_WHEN_ASKED

RUN_RUNNING = "running"
RUN_FINISHED = "finished"
RUN_INTERRUPTED = "interrupted"


def is_due(status: str | None, retry_failed: bool = False) -> bool:
    """Whether a trial whose counting attempt has ``status`` (None: no attempt) is to be run.

    ``running`` is not due: after ``Store.mark_interrupted`` it means that a
    living process is at it.
    """
    if status is None or status == PLANNED or status in RETRIED_NEXT_RUN:
        return True
    return retry_failed and status in RETRIED_WHEN_ASKED


METHOD_NAME, VARIANT_NAME, METHOD_KIND = "@method", "@variant", "@kind"
"""Keys of a path's labels that no axis can have."""

SUPPORT = "support"
"""The kind of a trial that is there because others need it: frames have no row of it."""
CONFIGURATION = "@configuration"
"""Likewise; a path that has it is that of a trial of a search, which gives no row of a table."""


@dataclass(frozen=True)
class TrialRecord:
    """A planned trial: its identity, the columns tables are made from, its canonical form."""

    id: str
    """Hash of what makes the trial this trial."""
    task: str
    method: str
    """Name of the model or baseline."""
    method_kind: str
    """``model``, ``baseline`` or ``circuit``."""
    backend: str
    variant: str
    """Backend with its options, as the user writes it."""
    dataset: str
    seed: int
    backend_version: str | None = None
    device: str | None = None
    diff_method: str | None = None
    tier: str | None = None
    precision: str | None = None
    threads: int | None = None
    canonical: Mapping[str, Any] = field(default_factory=dict)
    """The resolved form that was hashed, JSON."""
    labels: Sequence[Mapping[str, str]] = ()
    """Axis labels, one mapping for each path of the grid that led to this trial.

    Under METHOD_NAME, VARIANT_NAME and METHOD_KIND (``control``) a path may say what it
    calls the trial: these are no part of what makes a trial the same trial, so another
    suite, or another model of this one, may call it otherwise.
    """


@dataclass(frozen=True)
class EpochRecord:
    """One epoch of a training, epochs counted from 1."""

    epoch: int
    train_loss: float
    validation_loss: float | None = None
    validation_accuracy: float | None = None
    learning_rate: float | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class Outcome:
    """How an attempt ended. Mappings hold JSON values; NumPy scalars and NaN are welcome."""

    status: str
    reason: str = ""
    """One line for the user; empty if ``ok``."""
    metrics: Mapping[str, Any] = field(default_factory=dict)
    timings: Mapping[str, Any] = field(default_factory=dict)
    """Seconds. Figures only; long lists (every step) belong into an artifact."""
    memory: Mapping[str, Any] = field(default_factory=dict)
    """Bytes."""
    agreement: Mapping[str, Any] = field(default_factory=dict)
    counts: Mapping[str, Any] = field(default_factory=dict)
    """Parameters, gates, depth."""
    gradient_variance: Mapping[str, Any] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)
    """Added to what ``begin_attempt`` was given."""
    artifacts: Mapping[str, Mapping[str, NDArray[Any]]] = field(default_factory=dict)
    """Named sets of arrays, no object dtypes."""
    log_path: str | None = None
    """None keeps the one given at the beginning."""

    def __post_init__(self) -> None:
        if self.status not in STATUSES - {RUNNING}:
            raise ValueError(f"no status that an attempt ends with: {self.status!r}")


@dataclass(frozen=True)
class RunInfo:
    """One run, as ``qbench runs`` lists it."""

    id: str
    suite: str
    profile: str | None
    command_line: str
    started_at: datetime
    ended_at: datetime | None
    status: str
    planned: int
    machine: Mapping[str, Any]
    suite_text: str
