"""Features of samples that no trial has seen, for a model that is trained."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

import numpy as np

from qbench.data.catalogue import find_dataset
from qbench.data.columns import numbers_of, read_csv, read_parquet
from qbench.data.request import DataRequest
from qbench.data.tables import Floats, Table
from qbench.exceptions import DataError, UnknownNameError

_TABLES = {".csv": read_csv, ".tsv": read_csv, ".parquet": read_parquet}


def read_features(source: str, names: tuple[str, ...], request: DataRequest) -> Floats:
    """Raw features, shape (samples, features), in the order in which a model was given them.

    Parameters
    ----------
    source : str
        A ``.csv``, ``.tsv`` or ``.parquet`` file that has the columns ``names`` among others, a
        ``.npy`` file of shape (samples, ...) whose values are flattened row by row, or a data
        set, all of whose samples are taken as they lie. Bytes are pixels: 255 becomes 1.
    names : tuple of str
        The features that the model was trained on.
    request : DataRequest
        What it was trained on: the options of a data set of the same name.

    Raises
    ------
    DataError
        There is no such file or data set, or its features are not those of the model.
    """
    path = Path(source).expanduser()
    if path.suffix.lower() in _TABLES:
        return _columns(path, names)
    if path.suffix.lower() == ".npy":
        return _checked(_array(path), len(names), source)
    if path.exists():
        raise DataError(f"{source}: is no {', '.join([*_TABLES, '.npy'])} file")
    same = source == request.name and not request.is_own
    try:
        table = find_dataset(source).load(request.options if same else None)
    except UnknownNameError as error:
        raise DataError(f"{source}: there is no such file, and {error}") from None
    return _checked(table.rows(np.arange(len(table.x))), len(names), source)


def _columns(path: Path, names: tuple[str, ...]) -> Floats:
    if not path.is_file():
        raise DataError(f"{path}: there is no such file (from {Path.cwd()})")
    frame = _TABLES[path.suffix.lower()](path)
    there = [str(name) for name in frame.columns]
    missing = [name for name in names if name not in there]
    if missing:
        near = get_close_matches(missing[0], there, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise DataError(
            f"{path}: has no column {missing[0]!r} ({len(missing)} of {len(names)} features of the "
            f"model are missing){hint}"
        )
    if frame.empty:
        raise DataError(f"{path}: holds no rows below its heading")
    return numbers_of(frame[list(names)], path)


def _array(path: Path) -> Floats:
    try:
        array = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"{path}: cannot be read as an array: {error}") from None
    if not isinstance(array, np.ndarray) or array.ndim < 2 or not len(array):
        raise DataError(f"{path}: is no array of shape (samples, features)")
    if array.dtype.kind not in "biuf":
        raise DataError(f"{path}: holds {array.dtype}, not numbers")
    table = Table(array.reshape(len(array), -1), np.zeros(0), ())
    return table.rows(np.arange(len(array)))


def _checked(x: Floats, n_features: int, source: str) -> Floats:
    if x.shape[1] != n_features:
        raise DataError(
            f"{source}: has {x.shape[1]} features, the model was trained on {n_features}"
        )
    wrong = np.argwhere(~np.isfinite(x))
    if len(wrong):
        row, column = wrong[0]
        raise DataError(f"{source}: row {row + 1}, feature {column + 1}: no finite number")
    return x
