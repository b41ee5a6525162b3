"""Runs as pandas frames, for reports and for the user's own analysis."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from qbench.store.queries import counting_attempts, trials_of
from qbench.store.records import (
    CONFIGURATION,
    METHOD_KIND,
    METHOD_NAME,
    PLANNED,
    SUPPORT,
    VARIANT_NAME,
)
from qbench.store.schema import Attempt, Epoch, RunTrial, Trial

TRIAL_COLUMNS = (
    "task",
    "method",
    "method_kind",
    "backend",
    "backend_version",
    "variant",
    "device",
    "diff_method",
    "tier",
    "precision",
    "threads",
    "seed",
    "dataset",
)
OPTIMISE = "optimise"
"""none or safe, from the trial's execution."""
ACCELERATOR = "accelerator"
"""cpu or cuda, from the trial's execution."""
SHOTS = "shots"
"""How many, from the trial's execution; missing where values are exact."""
SELECT = "select"
"""``trainer.select``: which epoch's weights were taken; None where nothing is trained."""
TEST_ROWS = "test_rows"
"""Equal where two trials of one seed are tested on the same rows; None without data."""
_NO_MATTER = ("transform", "train_on", "inputs", "digest", "folder")
"""Of a trial's data, what moves no test row; a file of the user's goes by its name."""
ATTEMPT_COLUMNS = ("number", "status", "reason", "started_at", "ended_at", "log_path")
NESTED_COLUMNS = (
    "metrics",
    "timings",
    "memory",
    "agreement",
    "counts",
    "gradient_variance",
    "provenance",
)


def trial_frame(
    session: Session,
    run_id: str,
    each_path: bool,
    until: datetime | None = None,
    searched: bool = False,
) -> pd.DataFrame:
    """One row a trial, in the order of the plan; none of those that only support others.

    Columns: ``trial_id``, ``position``, those of TRIAL_COLUMNS, OPTIMISE, ACCELERATOR,
    SHOTS, SELECT, TEST_ROWS, ``attempt_id`` and ``attempt_run_id`` (the run that made the
    attempt, often an earlier one), those of ATTEMPT_COLUMNS, ``labels.AXIS``, and
    ``metrics.NAME``, ``timings.NAME``, ... as far as some row has them. ``status`` is
    ``planned`` where nothing was tried yet. Lists stay lists; NaN is what is missing. Attempts that
    began after ``until`` don't count. Trials of a search are there only if they alone are
    asked for, with the column ``configuration``.
    """
    counting = counting_attempts(trials_of(run_id), until).subquery()
    query = (
        select(RunTrial, Trial, Attempt)
        .join(Trial, Trial.id == RunTrial.trial_id)
        .outerjoin(counting, counting.c.trial_id == Trial.id)
        .outerjoin(Attempt, Attempt.id == counting.c.id)
        .where(RunTrial.run_id == run_id)
        .order_by(RunTrial.position)
    )
    rows = [
        row
        for join, trial, attempt in session.execute(query)
        for row in _rows(join, trial, attempt, each_path, searched)
    ]
    fixed = ["trial_id", "position", *TRIAL_COLUMNS]
    fixed += [
        OPTIMISE,
        ACCELERATOR,
        SHOTS,
        SELECT,
        TEST_ROWS,
        "attempt_id",
        "attempt_run_id",
        *ATTEMPT_COLUMNS,
        *(["configuration"] if searched else []),
    ]
    nested = dict.fromkeys(name for row in rows for name in row if name not in fixed)
    order = ("labels", *NESTED_COLUMNS)
    by_kind = sorted(nested, key=lambda name: order.index(name.partition(".")[0]))
    frame = pd.DataFrame(rows, columns=[*fixed, *by_kind])
    return frame.astype(dict.fromkeys(("threads", SHOTS, "attempt_id", "number"), "Int64"))


def _rows(
    join: RunTrial, trial: Trial, attempt: Attempt | None, each_path: bool, searched: bool
) -> Iterator[dict[str, Any]]:
    own = _own_paths(join.labels, searched)
    if not own:
        return
    row: dict[str, Any] = {"trial_id": trial.id, "position": join.position}
    row |= {name: getattr(trial, name) for name in TRIAL_COLUMNS}
    execution = trial.canonical.get("execution") or {}
    row[OPTIMISE] = None if trial.diff_method is None else execution.get(OPTIMISE, "none")
    row[ACCELERATOR] = execution.get(ACCELERATOR)
    row[SHOTS] = execution.get(SHOTS)
    row[SELECT] = (trial.canonical.get("trainer") or {}).get(SELECT)
    row[TEST_ROWS] = _test_rows(trial)
    if attempt is None:
        row["status"] = PLANNED
    else:
        row |= {"attempt_id": attempt.id, "attempt_run_id": attempt.run_id}
        row |= {name: getattr(attempt, name) for name in ATTEMPT_COLUMNS}
        for name in NESTED_COLUMNS:
            row |= dict(_flatten(name, getattr(attempt, name)))
    for labels in own if each_path else [_joined(own)]:
        yield row | _named(labels)


def _test_rows(trial: Trial) -> str | None:
    data = trial.canonical.get("data")
    if data is None:
        return None
    options = {key: value for key, value in data["options"].items() if key != "path"}
    words = {key: value for key, value in data.items() if key not in _NO_MATTER}
    text = json.dumps(words | {"options": options}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _own_paths(labels: list[dict[str, str]], searched: bool) -> list[dict[str, str]]:
    """The paths that lead to a trial for its own sake, or as one of a search."""
    return [
        path
        for path in labels or [{}]
        if path.get(METHOD_KIND) != SUPPORT and (CONFIGURATION in path) == searched
    ]


_NAMES = {
    METHOD_NAME: "method",
    VARIANT_NAME: "variant",
    METHOD_KIND: "method_kind",
    CONFIGURATION: "configuration",
}


def _named(labels: Mapping[str, str]) -> dict[str, str]:
    """The columns of a path: its axes, and what it calls the trial."""
    return {_NAMES.get(key, f"labels.{key}"): value for key, value in labels.items()}


def _flatten(prefix: str, value: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, item in value.items():
        name = f"{prefix}.{key}"
        if isinstance(item, Mapping):
            yield from _flatten(name, item)
        else:
            yield name, item


def _joined(paths: list[dict[str, str]]) -> dict[str, str]:
    """The labels of all paths in one mapping, different values of an axis side by side.

    A trial of several names goes by the first of them.
    """
    values: dict[str, dict[str, None]] = {}
    for labels in paths:
        for axis, value in labels.items():
            values.setdefault(axis, {})[value] = None
    return {
        axis: next(iter(each)) if axis in _NAMES else ", ".join(each)
        for axis, each in values.items()
    }


EPOCH_COLUMNS = (
    "epoch",
    "train_loss",
    "validation_loss",
    "validation_accuracy",
    "learning_rate",
    "seconds",
)


def epoch_frame(session: Session, run_id: str, searched: bool = False) -> pd.DataFrame:
    """One row an epoch: the trial, its method, variant and seed, and the EPOCH_COLUMNS.

    Those of a search are there only if they alone are asked for.
    """
    counting = counting_attempts(trials_of(run_id)).subquery()
    about = (Trial.method, Trial.backend, Trial.variant, Trial.seed, Trial.dataset)
    query = (
        select(
            Trial.id.label("trial_id"),
            Epoch.attempt_id,
            *about,
            *(getattr(Epoch, name) for name in EPOCH_COLUMNS),
            RunTrial.labels,
        )
        .join(counting, counting.c.id == Epoch.attempt_id)
        .join(Trial, Trial.id == counting.c.trial_id)
        .join(RunTrial, RunTrial.trial_id == Trial.id)
        .where(RunTrial.run_id == run_id)
        .order_by(RunTrial.position, Epoch.epoch)
    )
    rows = []
    for found in session.execute(query).mappings():
        row = dict(found)
        own = _own_paths(row.pop("labels"), searched)
        if not own:
            continue
        names = _joined(own)
        rows.append(row | {_NAMES[key]: names[key] for key in names if key in _NAMES})
    columns = ["trial_id", "attempt_id", *(c.key for c in about), *EPOCH_COLUMNS]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.astype({name: "float64" for name in EPOCH_COLUMNS if name != "epoch"})
