"""Gate angles as arrays: values for a batch, and the chain rule back to what they read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qbench.backend import Array
from qbench.circuit import Angle, Circuit, Operation
from qbench.exceptions import CircuitError
from qbench_qiskit.translate import reverse_bits


class AngleTable:
    """A sequence of angles, each one column of a (batch, angles) array."""

    def __init__(self, angles: Sequence[Angle]) -> None:
        self.angles = tuple(angles)
        self._partials = [tuple(angle.partials()) for angle in self.angles]

    def __len__(self) -> int:
        return len(self.angles)

    def values(self, inputs: Array, weights: Array) -> Array:
        """Every angle of every row, shape (batch, angles), radians."""
        result = np.empty((len(inputs), len(self.angles)))
        for column, angle in enumerate(self.angles):
            result[:, column] = angle.evaluate(inputs, weights)
        return result

    def wanted(self, wrt_inputs: bool, wrt_weights: bool) -> list[int]:
        """Columns on which a wanted gradient depends."""
        kinds = {"input"} if wrt_inputs else set()
        kinds |= {"weight"} if wrt_weights else set()
        return [c for c, p in enumerate(self._partials) if any(kind in kinds for kind, _, _ in p)]

    def chain(
        self, gradient: Array, inputs: Array, weights: Array, d_inputs: Array, d_weights: Array
    ) -> None:
        """Add the chain rule's terms of ``gradient`` (batch, angles) to both results in place."""
        for column, partials in enumerate(self._partials):
            for kind, index, polynomial in partials:
                local = gradient[:, column] * polynomial.evaluate(inputs, weights)
                if kind == "input":
                    d_inputs[:, index] += local
                else:
                    d_weights[index] += local.sum()


class Preparation:
    """A circuit's state preparation: unit vectors of real amplitudes, one a row."""

    def __init__(self, operation: Operation, n_qubits: int) -> None:
        self.table = AngleTable(operation.angles)
        step = 2 ** (n_qubits - len(operation.wires))
        every = reverse_bits(np.arange(2**n_qubits)[None], n_qubits)[0]
        self.positions = every[::step]
        """Where Qiskit, qubit 0 least significant, keeps each amplitude."""
        self._dimension = 2**n_qubits

    def units(self, inputs: Array, weights: Array) -> tuple[Array, Array]:
        """Normalised amplitudes (batch, d) and norms (batch, 1)."""
        amplitudes = self.table.values(inputs, weights)
        norms = np.linalg.norm(amplitudes, axis=1, keepdims=True)
        if np.any(norms == 0.0):
            row = int(np.flatnonzero(norms == 0.0)[0])
            raise CircuitError(f"amplitude encoding of row {row}: all its features are zero")
        return amplitudes / norms, norms

    def embed(self, vectors: Array) -> Array:
        """Unit vectors (batch, d) as Qiskit's states (batch, 2**n_qubits)."""
        states = np.zeros((len(vectors), self._dimension))
        states[:, self.positions] = vectors
        return states

    @staticmethod
    def through_norm(direct: Array, units: Array, norms: Array) -> Array:
        """The gradient to amplitudes from the gradient to their normalised values."""
        along = np.sum(units * direct, axis=1, keepdims=True)
        result: Array = (direct - units * along) / norms
        return result


def preparation_of(circuit: Circuit) -> Preparation | None:
    """The circuit's state preparation, or None where it starts from |0...0>."""
    if len(circuit.gates) == len(circuit.operations):
        return None
    return Preparation(circuit.operations[0], circuit.n_qubits)
