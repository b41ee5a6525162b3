"""Cells that people read, with the plain values behind them under their own names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from qbench.report.table import Column, significant, with_interval
from qbench.stats import Interval
from qbench.store import OK

AGREEMENT = Column(
    "agreement_text",
    "agreement of backends",
    parts=("agreement_outputs", "agreement_gradients"),
    rank=1,
    wrap=13,
)
"""The column of :func:`agreement_cell`."""


def interval_column(key: str, heading: str, rank: int = 0, wrap: int | None = None) -> Column:
    """The column of :func:`interval_cell`'s cells."""
    parts = (key, f"{key}_low", f"{key}_high")
    return Column(f"{key}_text", heading, parts=parts, rank=rank, wrap=wrap)


def interval_cell(key: str, interval: Interval, sign: str = "") -> dict[str, Any]:
    """An estimate at three decimals with its interval; nothing if there is no estimate."""
    if interval.estimate != interval.estimate:
        return {}
    text = with_interval(interval.estimate, interval.low, interval.high, sign=sign)
    return _cell(key, interval, text)


def significant_cell(key: str, interval: Interval) -> dict[str, Any]:
    """An estimate at three significant digits with its interval, for ratios and small values."""
    if interval.estimate != interval.estimate:
        return {}
    text = significant(interval.estimate)
    if interval.low == interval.low and interval.high == interval.high:
        text += f" [{significant(interval.low)}, {significant(interval.high)}]"
    return _cell(key, interval, text)


def _cell(key: str, interval: Interval, text: str) -> dict[str, Any]:
    return {
        key: interval.estimate,
        f"{key}_low": interval.low,
        f"{key}_high": interval.high,
        f"{key}_text": text,
    }


def agreement_cell(rows: pd.DataFrame) -> dict[str, Any]:
    """The largest difference of outputs and of gradients from the reference; nothing if none."""
    if "agreement.outputs" not in rows:
        return {}
    outputs, gradients = (rows[f"agreement.{n}"].dropna().max() for n in ("outputs", "gradients"))
    if pd.isna(outputs):
        return {}
    return {
        "agreement_outputs": float(outputs),
        "agreement_gradients": float(gradients),
        "agreement_text": f"{outputs:.0e} / {gradients:.0e}",
    }


def problems(rows: pd.DataFrame) -> str:
    """``2 failed, 1 timeout``: how many rows are not ok."""
    counts = rows.loc[rows["status"] != OK, "status"].value_counts()
    return ", ".join(f"{n} {status}" for status, n in counts.items())


def figure(row: Mapping[str, Any] | pd.Series[Any], key: str) -> float | None:
    """A figure of a row of a frame; None where the row has none."""
    value = row.get(key)
    return None if value is None or pd.isna(value) else float(value)


def whole(row: Mapping[str, Any] | pd.Series[Any], key: str) -> int | None:
    """Likewise a whole number."""
    value = figure(row, key)
    return None if value is None else int(value)
