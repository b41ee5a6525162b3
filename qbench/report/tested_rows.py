"""What test rows can't tell: models that have others, and models that they have chosen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from qbench.report.frames import group_by_axes
from qbench.report.table import Column
from qbench.store.frames import SELECT, TEST_ROWS

_BEST_TEST = "best_test"


def tested_apart_lines(models: pd.DataFrame, axes: Sequence[str]) -> Iterator[str]:
    """Which models were tested apart, once for each way in which they fall apart.

    Parameters
    ----------
    models : the trained rows of a run
    axes : at equal labels of these, models are compared with each other
    """
    said: dict[str, None] = {}
    for _, group in group_by_axes(models, axes):
        tested = group.dropna(subset=TEST_ROWS).groupby(["dataset", TEST_ROWS], sort=False)
        if len(tested) > 1:
            several = group["dataset"].nunique() > 1
            said["; ".join(_names(rows, several) for _, rows in tested)] = None
    for parts in said:
        yield (
            f"not all tested on the same rows: {parts}; a difference between models of two of "
            "these groups is one of their test rows too"
        )


def _names(rows: pd.DataFrame, with_dataset: bool) -> str:
    names = ", ".join(dict.fromkeys(rows["method"]))
    return f"{names} ({rows['dataset'].iloc[0]})" if with_dataset else names


def selection_column() -> Column:
    """The column of :func:`selection_cell`; empty, and so left out, where all is well."""
    return Column("selected_by", "selected by", numeric=False)


def selection_cell(rows: pd.DataFrame) -> dict[str, Any]:
    """The mark of a model whose epoch was chosen by the rows that it is tested on."""
    return {"selected_by": "test rows"} if (rows[SELECT] == _BEST_TEST).any() else {}


def selection_lines(models: pd.DataFrame) -> Iterator[str]:
    """What the mark means."""
    if (models[SELECT] == _BEST_TEST).any():
        yield (
            "selected by test rows: select: best_test took the epoch with the least test loss, so "
            "the figures are too good; rows that nobody has seen would give worse ones"
        )
