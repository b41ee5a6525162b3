"""Read-outs as Aer's save instructions."""

from __future__ import annotations

import numpy as np
from qiskit import QuantumCircuit

from qbench.backend import Array
from qbench.circuit import (
    Circuit,
    Expectation,
    ObservableTerm,
    Probabilities,
    Readout,
    diagonal_matrix,
)
from qbench_qiskit.aer import Saved
from qbench_qiskit.translate import pauli_operator

TABLE_WIRES = 12
"""Up to so many wires diagonal read-outs share one table of probabilities."""


class Readouts:
    """Appends what the read-outs need to a circuit and reads it from what Aer saved.

    Read-outs in I, Z, P0 and P1 on few wires share one ``save_probabilities``;
    any other is a ``save_expectation_value`` (or probabilities) of its own.
    """

    def __init__(self, circuit: Circuit) -> None:
        self._n_qubits = circuit.n_qubits
        self._readouts = circuit.readouts
        self._wires = sorted({w for r in circuit.readouts for w in _wires(r)})
        self._table = None
        if len(self._wires) <= TABLE_WIRES:
            position = {w: k for k, w in enumerate(self._wires)}
            local = tuple(_relabelled(r, position) for r in circuit.readouts)
            self._table = diagonal_matrix(local, len(self._wires))
        probabilities = [len(r.wires) for r in circuit.readouts if isinstance(r, Probabilities)]
        if self._table is not None:
            probabilities = [len(self._wires)]
        self.bytes_per_row = 1024.0 + 8.0 * sum(2**k for k in probabilities)

    def append(self, circuit: QuantumCircuit) -> None:
        """Append the save instructions; the first wire is most significant in what they save."""
        if self._table is not None:
            circuit.save_probabilities(self._wires[::-1], label="table")
            return
        for k, readout in enumerate(self._readouts):
            if isinstance(readout, Probabilities):
                circuit.save_probabilities(list(readout.wires[::-1]), label=f"readout{k}")
            else:
                operator = pauli_operator(readout, self._n_qubits)
                circuit.save_expectation_value(
                    operator, list(range(self._n_qubits)), label=f"readout{k}"
                )

    def outputs(self, saved: list[Saved]) -> Array:
        """Outputs of the saved rows, shape (rows, outputs)."""
        if self._table is not None:
            result: Array = np.array([row["table"] for row in saved], dtype=float) @ self._table
            return result
        labels = [f"readout{k}" for k in range(len(self._readouts))]
        return np.array([np.hstack([row[label] for label in labels]) for row in saved], dtype=float)


def _wires(readout: Readout) -> tuple[int, ...]:
    if isinstance(readout, Probabilities):
        return readout.wires
    return tuple(w for term in readout.terms for w, _ in term.factors)


def _relabelled(readout: Readout, position: dict[int, int]) -> Readout:
    if isinstance(readout, Probabilities):
        return Probabilities(tuple(position[w] for w in readout.wires))
    return Expectation(
        tuple(
            ObservableTerm(t.coefficient, tuple((position[w], f) for w, f in t.factors))
            for t in readout.terms
        )
    )
