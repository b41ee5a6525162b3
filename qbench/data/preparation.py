"""From a request and a seed to the arrays that every method gets."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qbench.data.catalogue import find_dataset
from qbench.data.own import load_own
from qbench.data.request import PARTS, DataRequest
from qbench.data.seeds import derived_generator
from qbench.data.splits import split_indices
from qbench.data.tables import REGRESSION, Floats, ImageShape, Indices, Table
from qbench.data.transforms import Fitted, fit_transforms, resize_size
from qbench.exceptions import DataError

_DIGEST_SCHEME = 1
"""Raised when the same request gives other arrays than before."""


@dataclass(frozen=True)
class Prepared:
    """Arrays of one data set and one seed, float64 and C-contiguous.

    ``x_*`` (samples, features) after the transforms, ``raw_*`` the same samples
    before them; ``y_*`` (samples,) are int64 class numbers, or float targets
    standardised with ``target_scale``. None where a part has size 0.
    """

    x_train: Floats
    y_train: NDArray[Any]
    x_validation: Floats | None
    y_validation: NDArray[Any] | None
    x_test: Floats | None
    y_test: NDArray[Any] | None
    raw_train: Floats
    raw_validation: Floats | None
    raw_test: Floats | None
    indices: Mapping[str, Indices]
    """Rows of the source (after the choice of classes), by part."""
    source_rows: Mapping[str, Indices]
    """The same, counted before the choice of classes."""
    task: str
    """``classification`` or ``regression``."""
    n_classes: int
    """0 for regression."""
    class_labels: tuple[str, ...]
    feature_names: tuple[str, ...]
    """Of the raw features."""
    target_scale: tuple[float, float] | None
    """Mean and standard deviation of the training targets, in original units."""
    digest: str
    """SHA-256 of the raw arrays, labels, split and transforms: all that the arrays follow from.
    The transformed ones are left out, whose last bits depend on the machine's linear algebra.
    Rows of the user's own file that this split leaves out are in it, since other seeds read them.
    """
    transform: Fitted
    """What brings raw features to those of ``x_*``, as fitted on the training part."""
    image_shape: ImageShape | None = None
    """Channels, height and width of the rows of ``x_*``, where these are still pixels."""


def prepare(request: DataRequest, seed: int) -> Prepared:
    """Load, choose, split and transform; the same arrays for the same arguments.

    Parameters
    ----------
    request : DataRequest
    seed : int
        Drives the split; of ``order: random`` only.

    Raises
    ------
    UnknownNameError
        There is no such data set.
    DataError
        It cannot be split or transformed as asked.
    """
    return prepare_table(_load(request), request, seed)


def _load(request: DataRequest) -> Table:
    if not request.is_own:
        return find_dataset(request.name).load(request.options)
    first = request.transform[0] if request.transform else ("", None)
    size = resize_size(first[1]) if first[0] == "resize" else None
    return load_own(**request.options, size=size, folder=request.folder)


def prepare_table(table: Table, request: DataRequest, seed: int) -> Prepared:
    """Like :func:`prepare`, for a table at hand; options of the request are not looked at."""
    if request.order not in ("random", "first"):
        raise DataError(f"order: random or first, not {request.order!r}")
    table = choose_classes(table, request.classes)
    strata = table.y if table.class_names else np.zeros(len(table.y), dtype=np.int64)
    generator = derived_generator(seed, "split") if request.order == "random" else None
    indices = split_indices(strata, table.class_names, request.split, generator, table.official)
    if request.train_on == "all":
        indices["train"] = _all_others(indices, len(table.y))
    _check_training_part(table, indices["train"])
    raw = {part: table.rows(indices[part]) for part in PARTS}
    targets = {part: np.ascontiguousarray(table.y[indices[part]]) for part in PARTS}
    apply = fit_transforms(raw["train"], request.transform, table.image_shape)
    scale = _target_scale(targets["train"]) if table.task == REGRESSION else None
    digest = _digest(table, raw, targets, indices, request)
    parts: dict[str, Any] = {}
    for part in PARTS:
        there = len(indices[part]) > 0
        parts[f"x_{part}"] = apply(raw[part]) if there else None
        parts[f"raw_{part}"] = raw[part] if there else None
        y = targets[part] if scale is None else (targets[part] - scale[0]) / scale[1]
        parts[f"y_{part}"] = y if there else None
    return Prepared(
        **parts,
        indices=indices,
        source_rows=indices if (of := table.source_rows) is None else _rows(of, indices),
        task=table.task,
        n_classes=len(table.class_names),
        class_labels=table.class_names,
        feature_names=table.feature_names,
        target_scale=scale,
        digest=digest,
        transform=apply,
        image_shape=apply.image_shape,
    )


def choose_classes(table: Table, classes: str | Sequence[Any]) -> Table:
    """The samples of some classes, numbered in the order in which they are named.

    Raises
    ------
    DataError
        A class that there is not, one named twice, or fewer than two.
    """
    if isinstance(classes, str):
        if classes != "all":
            raise DataError(f"classes: all or a list, not {classes!r}")
        return table
    if not table.class_names:
        raise DataError("classes: this data set is a regression and has none")
    old = [_class_number(table, label) for label in classes]
    if len(set(old)) < len(old):
        raise DataError(f"classes: one is named twice in {list(classes)}")
    if len(old) < 2:
        raise DataError("classes: name at least two")
    renumbered = np.full(len(table.class_names), -1, dtype=np.int64)
    renumbered[old] = np.arange(len(old))
    y = renumbered[table.y]
    kept = y >= 0
    return replace(
        table,
        x=table.x[kept],
        y=y[kept],
        class_names=tuple(table.class_names[number] for number in old),
        official=None if table.official is None else table.official[kept],
        source_rows=np.flatnonzero(kept),
    )


def _class_number(table: Table, label: Any) -> int:
    """By name; a whole number is the class's number in the source."""
    names = table.class_names
    if str(label) in names:
        return names.index(str(label))
    if isinstance(label, int) and not isinstance(label, bool) and 0 <= label < len(names):
        return label
    near = get_close_matches(label, names, n=1) if isinstance(label, str) else []
    hint = f"did you mean {near[0]!r}? " if near else ""
    raise DataError(f"no class {label!r} in this data set; {hint}there are: {', '.join(names)}")


def _all_others(indices: Mapping[str, Indices], n_samples: int) -> Indices:
    """The samples that are neither validation nor test, in their order."""
    held_out = np.concatenate([indices["validation"], indices["test"]])
    return np.setdiff1d(np.arange(n_samples), held_out)


def _rows(source: Indices, indices: Mapping[str, Indices]) -> dict[str, Indices]:
    return {part: source[of_part] for part, of_part in indices.items()}


def _check_training_part(table: Table, train: Indices) -> None:
    if len(train) == 0:
        raise DataError("split: train: no samples; training needs at least one")
    if not table.class_names:
        return
    counts = np.bincount(table.y[train], minlength=len(table.class_names))
    missing = [name for name, count in zip(table.class_names, counts, strict=True) if count == 0]
    if missing:
        raise DataError(
            f"split: the {len(train)} training samples hold none of class "
            f"{', '.join(missing)}; ask for more, use order: random, or name fewer classes"
        )


def _target_scale(y_train: Floats) -> tuple[float, float]:
    spread = float(y_train.std())
    return float(y_train.mean()), spread if spread > 0 else 1.0


def _written(shape: ImageShape | None) -> tuple[int, ...] | None:
    """As the digest has it: one channel is not written."""
    return shape[1:] if shape is not None and shape[0] == 1 else shape


def _digest(
    table: Table,
    raw: Mapping[str, Floats],
    targets: Mapping[str, NDArray[Any]],
    indices: Mapping[str, Indices],
    request: DataRequest,
) -> str:
    words = {
        "scheme": _DIGEST_SCHEME,
        "classes": table.class_names,
        "features": table.feature_names,
        "image_shape": _written(table.image_shape),
        "transform": request.to_json()["transform"],
    }
    digest = hashlib.sha256(json.dumps(words, sort_keys=True).encode())
    for arrays in (raw, targets, indices):
        for part in PARTS:
            array = arrays[part]
            digest.update(f"{part} {array.dtype.str} {array.shape}".encode())
            digest.update(array.tobytes())
    unread = sum(map(len, indices.values())) < len(table.y)
    if unread and request.is_own and request.order == "random":
        for array in (table.x, table.y):
            digest.update(array.tobytes())
    return digest.hexdigest()
