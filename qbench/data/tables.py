"""A data set in memory, before anything is chosen from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

CLASSIFICATION = "classification"
REGRESSION = "regression"


@dataclass(frozen=True)
class Table:
    """Samples in the order of their source.

    Attributes
    ----------
    x : float array, shape (samples, features)
    y : array, shape (samples,)
        Class numbers (int64) that index ``class_names``, or float targets.
    class_names : tuple of str
        Empty for regression.
    image_shape : (height, width) or None
        Where the features are the pixels of an image, row by row.
    """

    x: Floats
    y: NDArray[Any]
    feature_names: tuple[str, ...]
    class_names: tuple[str, ...] = ()
    image_shape: tuple[int, int] | None = None

    @property
    def task(self) -> str:
        """``classification`` or ``regression``."""
        return CLASSIFICATION if self.class_names else REGRESSION
