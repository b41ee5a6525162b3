"""Cells that people read, with the plain values behind them under their own names."""

from __future__ import annotations

from typing import Any

from qbench.report.table import Column, significant, with_interval
from qbench.stats import Interval


def interval_column(key: str, heading: str, rank: int = 0) -> Column:
    """The column of :func:`interval_cell`'s cells."""
    return Column(f"{key}_text", heading, parts=(key, f"{key}_low", f"{key}_high"), rank=rank)


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
