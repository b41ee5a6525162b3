"""A data set in memory, before anything is chosen from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
ImageShape = tuple[int, int, int]
"""Channels, height, width."""

CLASSIFICATION = "classification"
REGRESSION = "regression"

_WHITE = 255.0
"""The largest value of a byte: pixels become 0 to 1."""


@dataclass(frozen=True)
class Table:
    """Samples in the order of their source.

    Attributes
    ----------
    x : array, shape (samples, features)
        Float features, or the pixels of images as bytes (uint8): these take an eighth
        of the memory until samples are chosen.
    y : array, shape (samples,)
        Class numbers (int64) that index ``class_names``, or float targets.
    class_names : tuple of str
        Empty for regression.
    image_shape : (channels, height, width) or None
        Where the features are the pixels of an image: channel by channel, row by row.
    official : int8 array, shape (samples,), or None
        The publisher's own split: the number of each sample's part (train 0, validation 1,
        test 2).
    source_rows : int array, shape (samples,), or None
        Which samples of the source these are; None: all.
    """

    x: NDArray[Any]
    y: NDArray[Any]
    feature_names: tuple[str, ...]
    class_names: tuple[str, ...] = ()
    image_shape: ImageShape | None = None
    official: NDArray[np.int8] | None = None
    source_rows: Indices | None = None

    @property
    def task(self) -> str:
        """``classification`` or ``regression``."""
        return CLASSIFICATION if self.class_names else REGRESSION

    def rows(self, indices: Indices) -> Floats:
        """The features of some samples as float64; bytes are scaled to [0, 1]."""
        chosen = self.x[indices]
        if chosen.dtype == np.uint8:
            chosen = np.divide(chosen, _WHITE, dtype=np.float64)
        return np.ascontiguousarray(chosen, dtype=np.float64)


def pixel_names(shape: ImageShape) -> tuple[str, ...]:
    """A name a pixel: ``pixel_ROW_COLUMN``, with its channel before it where there are several."""
    channels, height, width = shape
    places = [f"{row}_{column}" for row in range(height) for column in range(width)]
    if channels == 1:
        return tuple(f"pixel_{place}" for place in places)
    return tuple(f"pixel_{channel}_{place}" for channel in range(channels) for place in places)
