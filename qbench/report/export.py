"""A run's frame as the bytes of a file, every value in full."""

from __future__ import annotations

import io
import json
from typing import Any

import pandas as pd

from qbench.exceptions import QbenchError, UnknownNameError

FORMATS = ("csv", "json", "parquet")


def export_frame(frame: pd.DataFrame, fmt: str) -> bytes:
    """The frame of :meth:`qbench.store.Store.frame` as CSV, JSON (an array of rows) or Parquet.

    Lists are JSON text in CSV and Parquet; what is missing is empty, null.

    Raises
    ------
    QbenchError
        Parquet without pyarrow.
    UnknownNameError
        Another format.
    """
    if fmt == "json":
        rows = [
            {key: _value(item) for key, item in row.items()} for row in frame.to_dict("records")
        ]
        return f"{json.dumps(rows, indent=1)}\n".encode()
    plain = frame.apply(_plain_column)
    if fmt == "csv":
        return plain.to_csv(index=False, lineterminator="\n").encode()
    if fmt == "parquet":
        return _parquet(plain)
    raise UnknownNameError(f"format '{fmt}': there are {', '.join(FORMATS)}")


def _parquet(frame: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    try:
        frame.to_parquet(buffer, index=False, engine="pyarrow")
    except ImportError as error:
        raise QbenchError(
            "parquet needs pyarrow, which is not installed; get it with: "
            "pip install 'qbench[parquet]', or export as csv or json"
        ) from error
    return buffer.getvalue()


def _plain_column(column: pd.Series[Any]) -> pd.Series[Any]:
    """A column whose values are of one kind: those of several, and lists, as JSON text."""
    if column.dtype != object:
        return column
    kinds = {type(value) for value in column.dropna()}
    if len(kinds) <= 1 and not kinds & {list, dict}:
        return column
    return column.map(_text, na_action="ignore")


def _value(item: Any) -> Any:
    """What JSON can hold, in full; what is missing is None."""
    if isinstance(item, list | dict):
        return item
    if pd.isna(item):
        return None
    if isinstance(item, pd.Timestamp):
        return item.isoformat()
    return item.item() if hasattr(item, "item") else item


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)
