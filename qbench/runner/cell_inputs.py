"""What timed calls are made with, and what they must give."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from qbench.backend import Array
from qbench.circuit import ReferenceProgram
from qbench.data import derived_generator
from qbench.plan import Trial, feature_draws, weight_draws
from qbench.runner.gradients import REFERENCE_QUBITS
from qbench.runner.kept import Kept

_BATCHES = 2
_WEIGHTS = {"name": "uniform", "range": [0.0, 2 * np.pi]}
_KEPT_BYTES = 2**26


class CellInputs:
    """What calls are made with, and what the reference gives for it; once for all variants."""

    def __init__(self) -> None:
        self._arrays: Kept[Any, dict[str, Array]] = Kept(_bytes_by_name, _KEPT_BYTES)
        self._expected: Kept[Any, tuple[Array, Array, Array]] = Kept(_bytes, _KEPT_BYTES)

    def arrays(self, trial: Trial) -> dict[str, Array]:
        """Two batches each of ``inputs``, ``weights``, ``cotangent`` and ``targets``."""
        return self._arrays.get(_key(trial), lambda: _drawn(trial))

    def expected(self, trial: Trial) -> tuple[Array, Array, Array] | None:
        """Outputs and both gradients of the first batch; None for circuits that are too large."""
        circuit = trial.work.measured().circuit
        if circuit.n_qubits > REFERENCE_QUBITS:
            return None
        arrays = self.arrays(trial)
        first = [arrays[name][0] for name in ("inputs", "weights", "cotangent")]
        return self._expected.get(_key(trial), lambda: ReferenceProgram(circuit).vjp(*first))


def _bytes(arrays: Iterable[Array]) -> int:
    return sum(array.nbytes for array in arrays)


def _bytes_by_name(arrays: Mapping[str, Array]) -> int:
    return _bytes(arrays.values())


def _key(trial: Trial) -> Any:
    rows = int(trial.work.timed()["batch_size"])
    return trial.work.measured().circuit.key, rows, trial.streams["init"]


def _drawn(trial: Trial) -> dict[str, Array]:
    built, seed = trial.work.measured(), trial.streams["init"]
    rows = int(trial.work.timed()["batch_size"])
    generator = derived_generator(seed, "speed")
    outputs = (_BATCHES, rows, built.circuit.n_outputs)
    features = feature_draws(built, seed, _BATCHES * rows)
    return {
        "inputs": features.reshape(_BATCHES, rows, -1),
        "weights": weight_draws(built, _WEIGHTS, seed, _BATCHES),
        "cotangent": generator.normal(size=outputs) / np.sqrt(rows),
        "targets": generator.uniform(-1, 1, outputs),
    }
