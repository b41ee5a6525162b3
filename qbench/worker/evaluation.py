"""Outputs of a model for any number of rows."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qbench.backend import Array, Execution
from qbench.worker.hosts.base import HostModel, Layer
from qbench.worker.layers import received_shapes, runs_per_row

DTYPES = {"double": np.float64, "single": np.float32}

_ROWS = 1024
_AMPLITUDES = 2**22
_VALUES = 2**24
"""A batch of evaluation holds at most so many rows, amplitudes of its states, and numbers
that one layer hands to the next."""


def predict(
    model: HostModel, layers: Sequence[Layer], x: NDArray[Any], execution: Execution
) -> Array:
    """Outputs of all rows, in batches that bound memory and are the same for every backend."""
    size = rows_at_once(layers, np.shape(x)[1:])
    x = np.ascontiguousarray(x, dtype=DTYPES[execution.precision])
    parts = [model.predict(x[i : i + size]) for i in range(0, max(1, len(x)), size)]
    return np.concatenate(parts)


def rows_at_once(layers: Sequence[Layer], shape: Sequence[int]) -> int:
    """Rows of one batch of evaluation, at least one; ``shape`` is that of a row."""
    amplitudes = values = 1
    for layer, received in received_shapes(layers, tuple(shape)):
        values = max(values, prod(received))
        if "circuit" in layer:
            patches = runs_per_row(layer) if layer["type"] == "quanv2d" else 1
            amplitudes = max(amplitudes, patches << int(layer["circuit"]["n_qubits"]))
    return max(1, min(_ROWS, _AMPLITUDES // amplitudes, _VALUES // values))
