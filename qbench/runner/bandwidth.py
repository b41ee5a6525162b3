"""The machine's memory-bandwidth bound of a cell: what merely moving its states takes."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from qbench.plan import Trial

_AMPLITUDE_BYTES = {"double": 16, "single": 8}
_LEAST, _MOST = 2**20, 2**28
"""Bytes of the array that is copied; a copy of less would measure its call, not memory."""
_REPEATS = 5

PASSES = {"forward": 1, "gradient_weights": 3, "gradient": 3, "step": 3}
"""Times that every gate passes over the state: an adjoint gradient runs it forward once and
two states backward (Jones and Gacon 2020, arXiv:2009.02823)."""


class MemoryFloors:
    """Floors of the cells of one run; copies of one size are timed once."""

    def __init__(self) -> None:
        self._took: dict[int, float] = {}

    def of(self, trial: Trial) -> dict[str, Any]:
        """Seconds of one copy of the batch's states for each gate and pass, on one thread.

        As in STREAM's copy (McCalpin 1995) each byte is read once and written once, which is
        what applying a gate to a state in memory takes. A simulator that fuses gates, or
        whose states stay in a cache, can be below it.
        """
        work = trial.work
        circuit, speed = work.measured().circuit, work.timed()
        size = _AMPLITUDE_BYTES[work.trained()[1].precision] * int(speed["batch_size"])
        size <<= circuit.n_qubits
        copied = min(max(size, _LEAST), _MOST)
        if copied not in self._took:
            self._took[copied] = _copy_seconds(copied)
        per_copy = self._took[copied] * size / copied
        passes = PASSES[speed["measure"]] * len(circuit.gates)
        return {"floor_s": passes * per_copy, "copy_bytes_per_s": 2 * size / per_copy}


def _copy_seconds(size: int) -> float:
    """The least of a few copies of so many bytes: memory has no quicker way."""
    source = np.ones(size // 8)
    target = np.empty_like(source)
    np.copyto(target, source)
    took = []
    for _ in range(_REPEATS):
        begun = time.perf_counter()
        np.copyto(target, source)
        took.append(time.perf_counter() - begun)
    return min(took)
