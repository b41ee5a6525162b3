"""Which configuration of a search wins: by validation data alone, the first of equal ones."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from qbench.plan import Search, Trial
from qbench.store import INTERRUPTED, OK, PLANNED, RUNNING, Store

_UNFINISHED = frozenset({PLANNED, RUNNING, INTERRUPTED})
_NOT_YET = {"status": PLANNED}


@dataclass(frozen=True)
class Tried:
    """One configuration: its scores by seed, or why it has none.

    Attributes
    ----------
    scores : NaN where a trial has none
    reason : of the first trial that did not end ok; empty if all did
    unfinished : trials that are still to run
    """

    text: str
    scores: tuple[float, ...]
    reason: str
    unfinished: int

    @property
    def score(self) -> float:
        """Mean over the seeds; NaN unless every trial ended ok."""
        return math.nan if self.reason or self.unfinished else float(np.mean(self.scores))


@dataclass(frozen=True)
class Choice:
    """What a search found.

    Attributes
    ----------
    metric : that of the search; ``validation_accuracy`` where the method has no loss
    chosen : the number of the configuration that won; None if all failed or some are to run
    """

    search: Search
    metric: str
    tried: tuple[Tried, ...]
    chosen: int | None

    @property
    def is_finished(self) -> bool:
        """Whether no trial of it is still to run."""
        return not any(one.unfinished for one in self.tried)

    def reported(self) -> tuple[Trial, ...]:
        """The trials that follow; none while the search isn't finished."""
        if self.chosen is not None:
            return self.search.won(self.chosen)
        return self.search.lost(self.reason()) if self.is_finished else ()

    def reason(self) -> str:
        """Why no configuration could be chosen."""
        first = self.tried[0]
        every = f"none of the search's {len(self.tried)} configurations ended ok"
        return f"{every}; {first.text}: {first.reason}"

    def to_json(self) -> dict[str, Any]:
        """What a run keeps of it, for tables."""
        search = self.search
        return {
            "method": search.method,
            "labels": dict(search.labels),
            "variant": search.variant,
            "metric": self.metric,
            "separate_test": search.separate_test,
            "chosen": self.chosen,
            "configurations": [
                {
                    "text": one.text,
                    "scores": [None if score != score else score for score in one.scores],
                    "reason": one.reason,
                    "unfinished": one.unfinished,
                }
                for one in self.tried
            ],
        }


def choices(store: Store, run_id: str, searches: Sequence[Search]) -> list[Choice]:
    """What each search of a run has found so far."""
    rows = {row["trial_id"]: row for row in _rows(store, run_id)}
    return [_choice(search, rows) for search in searches]


def _rows(store: Store, run_id: str) -> list[dict[str, Any]]:
    """The trials of a run's search, those of a training with the selected epoch's figures."""
    frame = store.frame(run_id, searched=True)
    if "metrics.selected_epoch" in frame:
        epochs = store.epochs_frame(run_id, searched=True)
        keys = ["trial_id", "epoch"]
        columns = [*keys, "validation_loss", "validation_accuracy"]
        frame = frame.merge(
            epochs[columns],
            how="left",
            left_on=["trial_id", "metrics.selected_epoch"],
            right_on=keys,
        )
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]


def _choice(search: Search, rows: Mapping[str, Mapping[str, Any]]) -> Choice:
    metric, tried = search.metric, _every(search, rows, search.metric)
    if metric == "validation_loss" and not _has_scores(tried):
        # an SVM has no loss to compare
        by_accuracy = _every(search, rows, "validation_accuracy")
        if _has_scores(by_accuracy):
            metric, tried = "validation_accuracy", by_accuracy
    return Choice(search, metric, tried, _best(tried, metric))


def _every(search: Search, rows: Mapping[str, Mapping[str, Any]], metric: str) -> tuple[Tried, ...]:
    return tuple(
        _tried(one.text, [rows.get(trial.id, _NOT_YET) for trial in one.trials], metric)
        for one in search.configurations
    )


def _has_scores(tried: Sequence[Tried]) -> bool:
    return any(np.isfinite(one.scores).any() for one in tried)


def _tried(text: str, rows: Sequence[Mapping[str, Any]], metric: str) -> Tried:
    reasons = [_reason(row, metric) for row in rows if row["status"] not in _UNFINISHED]
    return Tried(
        text=text,
        scores=tuple(_score(row, metric) for row in rows),
        reason=next((reason for reason in reasons if reason), ""),
        unfinished=sum(row["status"] in _UNFINISHED for row in rows),
    )


def _reason(row: Mapping[str, Any], metric: str) -> str:
    if row["status"] != OK:
        return f"{row['status']}: {row['reason']}" if row["reason"] else str(row["status"])
    return "" if math.isfinite(_score(row, metric)) else f"it has no {metric}"


def _score(row: Mapping[str, Any], metric: str) -> float:
    if row["status"] != OK:
        return math.nan
    value = row.get(metric if row["task"] == "train" else f"metrics.{metric}")
    return math.nan if value is None or pd.isna(value) else float(value)


def _best(tried: Sequence[Tried], metric: str) -> int | None:
    if any(one.unfinished for one in tried):
        return None
    sign = -1 if metric == "validation_accuracy" else 1
    scored = [(sign * one.score, number) for number, one in enumerate(tried) if not one.reason]
    return min(scored)[1] if scored else None
