"""Outputs of a model for any number of rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qbench.backend import Array, Execution
from qbench.worker.hosts.base import HostModel, Layer

DTYPES = {"double": np.float64, "single": np.float32}

_ROWS = 1024
_AMPLITUDES = 2**22
"""A batch of evaluation holds at most so many rows and amplitudes of its states."""


def predict(
    model: HostModel, layers: Sequence[Layer], x: NDArray[Any], execution: Execution
) -> Array:
    """Outputs of all rows, in batches that bound memory and are the same for every backend."""
    widest = max(
        (layer["circuit"]["n_qubits"] for layer in layers if "circuit" in layer), default=0
    )
    size = max(1, min(_ROWS, _AMPLITUDES >> widest))
    x = np.ascontiguousarray(x, dtype=DTYPES[execution.precision])
    parts = [model.predict(x[i : i + size]) for i in range(0, max(1, len(x)), size)]
    return np.concatenate(parts)
