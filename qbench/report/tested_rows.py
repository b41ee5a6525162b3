"""Models of one table that are not tested on the same rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from qbench.report.frames import group_by_axes
from qbench.store.frames import TEST_ROWS


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
