"""The ends of a circuit: angles and amplitudes that go in, read-outs that come out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from qulacs import QuantumGateBase, QuantumState

from qbench.backend import Array
from qbench.circuit import Angle, Circuit, Expectation, Operation, Readout, diagonal_matrix
from qbench.exceptions import CircuitError
from qbench_qulacs.gates import observable, preparation


def evaluate_each(angles: Sequence[Angle], inputs: Array, weights: Array) -> Array:
    """Every angle of every sample, shape (batch, angles)."""
    values = np.empty((len(inputs), len(angles)))
    for column, angle in enumerate(angles):
        values[:, column] = angle.evaluate(inputs, weights)
    return values


Partials = Sequence[tuple[str, int, Angle]]


def partials_of(angles: Sequence[Angle]) -> list[Partials]:
    """What each angle depends on: ("input" | "weight", index, derivative)."""
    return [tuple(angle.partials()) for angle in angles]


def chain(
    partials: Sequence[Partials], gradient: Array, inputs: Array, weights: Array
) -> tuple[Array, Array]:
    """From the gradient to angles (batch, angles) to those of features and of weights."""
    d_inputs, d_weights = np.zeros_like(inputs), np.zeros_like(weights)
    for column, terms in enumerate(partials):
        for kind, index, polynomial in terms:
            local = gradient[:, column] * polynomial.evaluate(inputs, weights)
            if kind == "input":
                d_inputs[:, index] += local
            else:
                d_weights[index] += local.sum()
    return d_inputs, d_weights


class Preparation:
    """Amplitude encoding: a gate for each sample, and the way back through the norm."""

    def __init__(self, operation: Operation, n_qubits: int) -> None:
        self._operation, self._n_qubits = operation, n_qubits
        self.partials = partials_of(operation.angles)

    def gate(self, unit: Array) -> QuantumGateBase:
        """The gate that prepares one unit vector."""
        return preparation(self._operation, unit, self._n_qubits)

    def units(self, inputs: Array, weights: Array) -> tuple[Array, Array]:
        """Normalised amplitudes (batch, d) and norms (batch, 1)."""
        amplitudes = evaluate_each(self._operation.angles, inputs, weights)
        norms = np.linalg.norm(amplitudes, axis=1, keepdims=True)
        if np.any(norms == 0.0):
            row = int(np.flatnonzero(norms == 0.0)[0])
            raise CircuitError(f"amplitude encoding of row {row}: all its features are zero")
        return amplitudes / norms, norms

    def gradient(self, costates: Array, inputs: Array, weights: Array) -> Array:
        """To the amplitudes (batch, d), from the costates before the first gate."""
        units, norms = self.units(inputs, weights)
        direct = costates[:, :: costates.shape[1] // units.shape[1]]
        along = np.sum(units * direct, axis=1, keepdims=True)
        result: Array = (direct - units * along) / norms
        return result


class Readouts:
    """What is read off a state; all diagonal read-outs are one product with probabilities."""

    def __init__(self, circuit: Circuit) -> None:
        self._n_qubits = circuit.n_qubits
        self._diagonal = diagonal_matrix(circuit.readouts, circuit.n_qubits)
        self._parts = [self._part(readout) for readout in circuit.readouts]
        self._work, self._image = QuantumState(circuit.n_qubits), QuantumState(circuit.n_qubits)

    def _part(self, readout: Readout) -> object:
        if isinstance(readout, Expectation):
            return observable(readout, self._n_qubits)
        return diagonal_matrix((readout,), self._n_qubits)

    def outputs(self, state: QuantumState) -> Array:
        """Shape (outputs,)."""
        probabilities = np.abs(state.get_vector()) ** 2
        if self._diagonal is not None:
            return probabilities @ self._diagonal
        return np.concatenate(
            [
                probabilities @ part
                if isinstance(part, np.ndarray)
                else [part.get_expectation_value(state)]
                for part in self._parts
            ]
        )

    def observed(self, state: QuantumState, cotangent: Array) -> np.ndarray:
        """``sum_r cotangent_r O_r |state>``."""
        vector = state.get_vector()
        if self._diagonal is not None:
            return (self._diagonal @ cotangent) * vector
        total, column = np.zeros_like(vector), 0
        for part in self._parts:
            if isinstance(part, np.ndarray):
                end = column + part.shape[1]
                total += (part @ cotangent[column:end]) * vector
            else:
                end = column + 1
                part.apply_to_state(self._work, state, self._image)
                total += cotangent[column] * self._image.get_vector()
            column = end
        return total
