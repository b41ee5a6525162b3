"""Test sets whose classes are unbalanced: an accuracy alone would flatter the largest one."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

UNBALANCED = 1.5
"""Rows of the largest class of a test set to those of the smallest from which it counts as such."""

_FURTHER = ("balanced_accuracy", "roc_auc")


def further_metrics(frame: pd.DataFrame, shown: str | None) -> list[str]:
    """Columns of the recorded metrics that are to stand beside an accuracy."""
    if shown != "metrics.accuracy" or _ratio(frame) < UNBALANCED:
        return []
    columns = (f"metrics.{name}" for name in _FURTHER)
    return [column for column in columns if column in frame and frame[column].notna().any()]


def unbalanced_lines(frame: pd.DataFrame, shown: str | None) -> Iterator[str]:
    """How unbalanced the test set is, and what would be worth recording."""
    ratio = _ratio(frame)
    if shown != "metrics.accuracy" or ratio < UNBALANCED:
        return
    said = f"the largest class of the test set has {ratio:.1f} times the rows of the smallest"
    if missing := [name for name in _FURTHER if f"metrics.{name}" not in frame]:
        yield f"{said}, and {' and '.join(missing)} are not recorded: add them to record.metrics"
    else:
        yield f"{said}: balanced accuracy and AUC stand beside the accuracy"


def _ratio(frame: pd.DataFrame) -> float:
    """The largest one of any test set; 1 where nothing is known of them."""
    columns = ["counts.test_largest_class", "counts.test_smallest_class"]
    if not set(columns) <= set(frame.columns):
        return 1.0
    ratio = (frame[columns[0]] / frame[columns[1]]).max()
    return 1.0 if pd.isna(ratio) else float(ratio)
