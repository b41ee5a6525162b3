"""Batches over draws: how many rows run at once, by one rule for every host and adapter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qbench.backend import Execution
from qbench.circuit import Circuit
from qbench.worker.layers import runs_per_row, with_circuits

BATCH_BYTES = 256 * 2**20
"""Memory that the states of one batch may take, in bytes, beside the framework's own.

Larger batches gain little and cost memory that the system must first hand out: 200
rows at once of a backprop through 10 qubits and 145 gates take 1 GiB and, the first
time, six times as long as the next. A single row that needs more runs alone.
"""

MAX_ROWS = 2048
"""Rows of a batch at most: what else a row holds (angles, Python objects) is bounded too."""

_AMPLITUDE_BYTES = {"double": 16, "single": 8}


FORWARD_STATES = 4
"""State vectors that a row holds where no gradient is asked for: a state and copies."""


def states_kept(circuit: Circuit, execution: Execution) -> int:
    """State vectors that a row's gradient holds at once.

    Reverse-mode differentiation (``backprop``) keeps what each gate made (measured as
    growth of the resident memory: 2.1 to 2.5 states a gate in PennyLane's default.qubit
    with torch and TensorFlow, 0.4 where TorchQuantum joins gates); an adjoint sweep needs
    a ket, a bra and copies, a shift rule less, however long the circuit is. (Where an
    adapter saves states on the way, as Aer's does, it cuts its runs itself.)
    """
    return 4 + 5 * len(circuit.operations) // 2 if execution.diff_method == "backprop" else 8


def row_bytes(circuit: Circuit, execution: Execution) -> int:
    """Memory of one row while its gradient is computed, in bytes."""
    amplitude = _AMPLITUDE_BYTES[execution.precision]
    return states_kept(circuit, execution) * (amplitude << circuit.n_qubits)


def rows_per_batch(
    circuits: Sequence[Circuit], execution: Execution, budget: int = BATCH_BYTES
) -> int:
    """Rows that fit the budget when these circuits are held at once; at least one."""
    needed = sum(row_bytes(circuit, execution) for circuit in circuits)
    return max(1, min(MAX_ROWS, budget // max(1, needed)))


def forward_rows(circuit: Circuit, execution: Execution) -> int:
    """Rows that fit the budget without a gradient; at least one."""
    needed = FORWARD_STATES * (_AMPLITUDE_BYTES[execution.precision] << circuit.n_qubits)
    return max(1, min(MAX_ROWS, BATCH_BYTES // needed))


def drawn_rows(layers: Sequence[Mapping[str, Any]], execution: Execution) -> int:
    """The same for a model of resolved layers: circuits with all their copies and patches."""
    needed = sum(
        runs_per_row(layer) * row_bytes(Circuit.from_json(layer["circuit"]), execution)
        for layer in with_circuits(layers)
    )
    return max(1, min(MAX_ROWS, BATCH_BYTES // max(1, needed)))


def even(count: int, most: int) -> int:
    """Length of the batches that cut ``count`` rows into equal ones of at most ``most``.

    All have this length once the last is filled up, which a traced host needs (a trace
    a length); being even, fewer rows are filled up than there are batches.
    """
    return -(-count // -(-count // max(1, most))) if count else 1


def batches(array: NDArray[Any], size: int) -> Iterator[tuple[NDArray[Any], int]]:
    """Consecutive batches of exactly ``size`` rows, each with the rows that are its own."""
    for start in range(0, len(array), size):
        part = array[start : start + size]
        yield filled(part, size), len(part)


def filled(array: NDArray[Any], rows: int) -> NDArray[Any]:
    """At least ``rows`` rows: copies of the last one (zeros if there is none) follow."""
    missing = rows - len(array)
    if missing <= 0:
        return array
    last = array[-1:] if len(array) else np.zeros((1, *array.shape[1:]), array.dtype)
    return np.concatenate([array, np.repeat(last, missing, axis=0)])
