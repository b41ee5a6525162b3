"""Dropout masks from a counter-based generator: the same in every host and every run."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from qbench.backend import Array

_UINT64 = 2**64


def mask(seed: int, layer: int, step: int, shape: Sequence[int], p: float) -> Array:
    """A mask to multiply activations with: 0 with probability p, else 1 / (1 - p).

    Philox 4x64 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"),
    keyed by seed and layer, its counter's high word being the step. Raw words are
    used, since only these are the same in every version of NumPy.

    Parameters
    ----------
    seed, layer, step : int
        ``layer`` is the layer's ``index``; steps are counted from 0 over the training.
    p : float
        Probability of dropping, 0 <= p < 1.
    """
    key = np.array([seed % _UINT64, layer % _UINT64], dtype=np.uint64)
    counter = np.array([0, 0, 0, step % _UINT64], dtype=np.uint64)
    words = np.random.Philox(key=key, counter=counter).random_raw(math.prod(shape))
    uniform = (words >> np.uint64(11)) * 2.0**-53
    kept: Array = np.where(uniform >= p, 1.0 / (1.0 - p), 0.0).reshape(tuple(shape))
    return kept
