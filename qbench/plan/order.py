"""The order in which training rows are visited, the same for every backend."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qbench.data import derived_generator


def batch_order(seed: int, epochs: int, n_train: int, *, shuffle: bool) -> NDArray[np.int64]:
    """Training rows by epoch, int64, shape (epochs, n_train); batches are slices of a row."""
    rows = np.arange(n_train, dtype=np.int64)
    if not shuffle:
        return np.tile(rows, (epochs, 1))
    generator = derived_generator(seed, "batches")
    return np.stack([generator.permutation(rows) for _ in range(epochs)])
