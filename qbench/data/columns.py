"""Tables of the user's: numeric features, and a target that is a class or a number."""

from __future__ import annotations

from collections.abc import Hashable
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qbench.data.tables import Floats, Indices, Table
from qbench.exceptions import DataError

_MOST_CLASSES = 20
"""A target of whole numbers with more different values is taken for a regression."""


def read_csv(path: Path) -> pd.DataFrame:
    """Every cell as text; empty ones and the usual words for nothing are missing.

    Raises
    ------
    DataError
        Not text in UTF-8, rows of different lengths, a column named twice, or no rows.
    """
    separator = "\t" if path.suffix.lower() == ".tsv" else ","
    try:
        frame = pd.read_csv(path, sep=separator, dtype=str, header=None, index_col=False,
                            encoding="utf-8-sig", skipinitialspace=True)  # fmt: skip
    except pd.errors.EmptyDataError:
        raise DataError(f"{path}: is empty") from None
    except (pd.errors.ParserError, UnicodeDecodeError, OSError) as error:
        raise DataError(f"{path}: cannot be read as a table: {_first_line(error)}") from None
    names = frame.iloc[0]
    if names.isna().any():
        column = int(np.flatnonzero(names.isna())[0]) + 1
        raise DataError(f"{path}: column {column} has no name in the first line")
    return frame.iloc[1:].set_axis([str(name).strip() for name in names], axis=1)


def read_parquet(path: Path) -> pd.DataFrame:
    """The columns with the types that the file gives them.

    Raises
    ------
    DataError
        pyarrow is not installed, or this is no Parquet file.
    """
    try:
        import pyarrow
    except ImportError:
        raise DataError(
            f"{path}: Parquet needs pyarrow, which is not installed; get it with: "
            "pip install 'qbench[parquet]'"
        ) from None
    try:
        frame = pd.read_parquet(path, engine="pyarrow")
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read as Parquet: {_first_line(error)}") from None
    return frame.set_axis([str(name) for name in frame.columns], axis=1)


def table_of(frame: pd.DataFrame, target: str, task: str, path: Path) -> Table:
    """Features and target of a table, every value checked.

    Raises
    ------
    DataError
        No such target; a value that is missing or no number, with its row (from 1, below the
        heading) and column; no rows; one class alone.
    """
    columns = [str(name) for name in frame.columns]
    twice = [name for name in dict.fromkeys(columns) if columns.count(name) > 1]
    if twice:
        raise DataError(f"{path}: the column {twice[0]!r} is there twice")
    _check_target(target, columns, path)
    if frame.empty:
        raise DataError(f"{path}: holds no rows below its heading")
    _check_missing(frame, path)
    names = tuple(name for name in columns if name != target)
    if not names:
        raise DataError(f"{path}: has no column besides the target {target!r}")
    x = numbers_of(frame[list(names)], path)
    y, classes = _target(frame[target], task, path)
    return Table(np.ascontiguousarray(x), y, names, classes)


def numbers_of(frame: pd.DataFrame, path: Path) -> Floats:
    """All columns as float64, shape (rows, columns).

    Raises
    ------
    DataError
        A value that is missing or no number, with its row and column.
    """
    _check_missing(frame, path)
    return np.stack([_numbers(frame[name], path) for name in frame.columns], axis=1)


def _check_target(target: str, columns: list[str], path: Path) -> None:
    shown = ", ".join(columns[:12]) + (", ..." if len(columns) > 12 else "")
    if not target:
        raise DataError(f"{path}: needs `target`, the column to predict; there are: {shown}")
    if target not in columns:
        near = get_close_matches(target, columns, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise DataError(f"{path}: has no column {target!r}; {hint}there are: {shown}")


def _check_missing(frame: pd.DataFrame, path: Path) -> None:
    missing = frame.isna().to_numpy()
    if missing.any():
        row, column = np.argwhere(missing)[0]
        many = int(missing.sum())
        more = f" ({many} values are missing)" if many > 1 else ""
        raise DataError(
            f"{path}: row {row + 1}, column {frame.columns[column]!r}: no value{more}; "
            "fill it in or leave the row out"
        )


def _numbers(column: pd.Series[Any], path: Path) -> Floats:
    """The column as float64.

    Raises
    ------
    DataError
        Text, or a number that is not finite.
    """
    values = _read_as_numbers(column)
    wrong = np.flatnonzero(~np.isfinite(values))
    if len(wrong):
        raise DataError(
            f"{_place(column, int(wrong[0]), path)} is no number; features are numbers "
            "(write categories as columns of 0 and 1)"
        )
    return values


def _read_as_numbers(column: pd.Series[Any]) -> Floats:
    """The column as float64, NaN where it holds text."""
    if not pd.api.types.is_numeric_dtype(column.dtype):
        column = column.astype(str)
    return np.asarray(pd.to_numeric(column, errors="coerce"), dtype=np.float64)


def _place(column: pd.Series[Any], row: int, path: Path) -> str:
    return f"{path}: row {row + 1}, column {column.name!r}: {str(column.iloc[row])!r}"


def _target(column: pd.Series[Any], task: str, path: Path) -> tuple[NDArray[Any], tuple[str, ...]]:
    """The target and the names of its classes, which are none for a regression."""
    if task == "regression":
        return _numbers(column, path), ()
    values = _read_as_numbers(column)
    text = ~np.isfinite(values)
    if task == "auto":
        if text.any() and not text.all():
            row = int(np.flatnonzero(text)[0])
            raise DataError(
                f"{_place(column, row, path)} is text among numbers; if the target is a class, "
                "say so: options: {task: classification}"
            )
        if not text.any() and not _few_whole(values):
            return values, ()
    labels = [str(value).strip() for value in column]
    if not text.any() and column.dtype != bool:
        labels = [str(int(value) if value.is_integer() else value) for value in values.tolist()]
    return _classes(labels, column.name, path, numeric=not text.any())


def _few_whole(values: Floats) -> bool:
    return bool((values == np.floor(values)).all()) and len(np.unique(values)) <= _MOST_CLASSES


def _classes(
    labels: list[str], column: Hashable, path: Path, numeric: bool
) -> tuple[Indices, tuple[str, ...]]:
    """Class numbers, and the names in the order of their values."""
    by_value = numeric and not {"True", "False"}.intersection(labels)
    names = sorted(set(labels), key=float) if by_value else sorted(set(labels))
    if len(names) < 2:
        raise DataError(
            f"{path}: the target {column!r} has one class alone, {names[0]!r}; "
            "a classification needs two"
        )
    numbers = {name: number for number, name in enumerate(names)}
    return np.array([numbers[label] for label in labels], dtype=np.int64), tuple(names)


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
