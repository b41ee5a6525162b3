"""How far two computations of the same thing lie apart."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike


def max_difference(first: ArrayLike, second: ArrayLike) -> float:
    """Largest absolute difference; NaN in one but not the other is infinitely far.

    Raises
    ------
    ValueError
        The shapes differ.
    """
    a, b = np.asarray(first), np.asarray(second)
    if a.shape != b.shape:
        raise ValueError(f"arrays of shapes {a.shape} and {b.shape}")
    if a.size == 0:
        return 0.0
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    with np.errstate(invalid="ignore"):
        differences = np.where(same, 0.0, np.abs(a - b))
    return float(np.max(np.where(np.isnan(differences), math.inf, differences)))


def max_relative_difference(first: ArrayLike, second: ArrayLike) -> float:
    """Largest ``|a - b| / max(|a|, |b|)``, 0 where both are 0; for loss curves.

    Raises
    ------
    ValueError
        The shapes differ.
    """
    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if a.shape != b.shape:
        raise ValueError(f"arrays of shapes {a.shape} and {b.shape}")
    scale = np.maximum(np.abs(a), np.abs(b))
    scale = np.where((scale == 0) | ~np.isfinite(scale), 1.0, scale)
    return max_difference(a / scale, b / scale)


def worst_pair(arrays: Mapping[str, ArrayLike]) -> tuple[float, tuple[str, str] | None]:
    """The largest difference between any two of the named arrays, and the two names.

    0 and None for fewer than two arrays.
    """
    worst, pair = 0.0, None
    for first, second in combinations(arrays, 2):
        difference = max_difference(arrays[first], arrays[second])
        if pair is None or difference > worst:
            worst, pair = difference, (first, second)
    return worst, pair
