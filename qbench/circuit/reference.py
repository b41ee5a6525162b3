"""The oracle: an exact state-vector simulator in NumPy with adjoint gradients.

Complex128 throughout. It is small and plain on purpose: conformance of every
backend is judged by it, and it is itself judged by closed forms and by finite
differences. Gradients: the adjoint method (Jones and Gacon 2020, "Efficient
calculation of gradients in classical simulations of variational quantum
algorithms", arXiv:2009.02823).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qbench.circuit.angle import Angle
from qbench.circuit.circuit import Circuit, Operation
from qbench.circuit.gates import GATES, STATE_PREPARATION, Real
from qbench.circuit.readout import Expectation, Probabilities, diagonal_matrix
from qbench.circuit.statevector import apply_gate, apply_observable, bilinear
from qbench.exceptions import CircuitError

State = NDArray[np.complex128]

Partials = tuple[tuple[str, int, Angle], ...]


class ReferenceProgram:
    """A circuit ready to run in NumPy; also a :class:`qbench.backend.NumpyProgram`.

    Examples
    --------
    >>> from qbench.circuit import Angle, Circuit, Operation, expval
    >>> circuit = Circuit(1, (Operation.of("RY", 0, Angle.weight(0)),), (expval("Z", 0),), 0, 1)
    >>> ReferenceProgram(circuit).forward(np.zeros((1, 0)), np.array([0.0]))
    array([[1.]])
    """

    def __init__(self, circuit: Circuit) -> None:
        self.circuit = circuit
        self._diagonal = diagonal_matrix(circuit.readouts, circuit.n_qubits)
        self._partials = [[tuple(a.partials()) for a in o.angles] for o in circuit.gates]

    def states(self, inputs: ArrayLike, weights: ArrayLike) -> State:
        """Final states, shape (batch, 2**n_qubits), wire 0 most significant."""
        run = _Run(self.circuit, *self._check(inputs, weights))
        return np.ascontiguousarray(run.forward().T)

    def forward(self, inputs: ArrayLike, weights: ArrayLike) -> Real:
        """Outputs, shape (batch, outputs), for inputs (batch, features) and weights (weights,)."""
        return self._measure(_Run(self.circuit, *self._check(inputs, weights)).forward())

    def vjp(
        self,
        inputs: ArrayLike,
        weights: ArrayLike,
        cotangent: ArrayLike,
        wrt_inputs: bool = True,
        wrt_weights: bool = True,
    ) -> tuple[Real, Real, Real]:
        """Outputs and the vector-Jacobian products of ``sum(cotangent * outputs)``.

        Parameters
        ----------
        cotangent : array, shape (batch, outputs)
        wrt_inputs, wrt_weights : bool
            Where False, that gradient comes back as zeros.

        Returns
        -------
        outputs (batch, outputs), input gradient (batch, features), weight gradient (weights,)
        """
        run = _Run(self.circuit, *self._check(inputs, weights))
        ket = run.forward()
        outputs = self._measure(ket)
        c = np.asarray(cotangent, dtype=float)
        if c.shape != outputs.shape:
            raise CircuitError(f"cotangent has shape {c.shape}, outputs have {outputs.shape}")
        wanted = {kind for kind, on in (("input", wrt_inputs), ("weight", wrt_weights)) if on}
        run.backward(np.stack([ket, self._observe(ket, c)]), self._partials, wanted)
        return outputs, run.d_inputs, run.d_weights

    def _check(self, inputs: ArrayLike, weights: ArrayLike) -> tuple[Real, Real]:
        x, w = np.asarray(inputs, dtype=float), np.asarray(weights, dtype=float)
        if x.ndim != 2 or x.shape[1] != self.circuit.n_inputs:
            raise CircuitError(f"inputs need shape (batch, {self.circuit.n_inputs}), not {x.shape}")
        if w.shape != (self.circuit.n_weights,):
            raise CircuitError(f"weights need shape ({self.circuit.n_weights},), not {w.shape}")
        return x, w

    def _measure(self, ket: State) -> Real:
        probabilities = ket.real**2 + ket.imag**2
        if self._diagonal is not None:
            return probabilities.T @ self._diagonal
        columns: list[Real] = []
        for readout in self.circuit.readouts:
            if isinstance(readout, Expectation):
                image = apply_observable(ket, readout, self.circuit.n_qubits)
                columns.append(np.sum(ket.conj() * image, axis=0).real[:, None])
            else:
                columns.append(probabilities.T @ self._readout_matrix(readout))
        return np.concatenate(columns, axis=1)

    def _observe(self, ket: State, cotangent: Real) -> State:
        """sum_r cotangent_r O_r |ket>."""
        if self._diagonal is not None:
            return ket * (self._diagonal @ cotangent.T)
        total, column = np.zeros_like(ket), 0
        for readout in self.circuit.readouts:
            if isinstance(readout, Expectation):
                image = apply_observable(ket, readout, self.circuit.n_qubits)
                total += cotangent[:, column] * image
                column += 1
            else:
                end = column + 2 ** len(readout.wires)
                total += ket * (self._readout_matrix(readout) @ cotangent[:, column:end].T)
                column = end
        return total

    def _readout_matrix(self, readout: Probabilities) -> Real:
        matrix = diagonal_matrix((readout,), self.circuit.n_qubits)
        assert matrix is not None
        return matrix


class _Run:
    """One batch through a circuit: forward, then backward with ket and bra together."""

    def __init__(self, circuit: Circuit, x: Real, w: Real) -> None:
        self.circuit, self.gates, self.x, self.w = circuit, circuit.gates, x, w
        self.d_inputs, self.d_weights = np.zeros_like(x), np.zeros_like(w)
        self.values = [[a.evaluate(x, w) for a in o.angles] for o in self.gates]
        self.matrices = [
            GATES[o.gate].matrix(*v) for o, v in zip(self.gates, self.values, strict=True)
        ]
        first = circuit.operations[0] if circuit.operations else None
        self.preparation = first if first and first.gate == STATE_PREPARATION else None

    def forward(self) -> State:
        """Final states, shape (2**n_qubits, batch)."""
        n = self.circuit.n_qubits
        ket = np.zeros((2**n, len(self.x)), dtype=complex)
        if self.preparation is None:
            ket[0] = 1.0
        else:
            amplitudes, norm = self._amplitudes(self.preparation)
            ket[:: 2 ** (n - len(self.preparation.wires))] = amplitudes / norm
        for operation, matrix in zip(self.gates, self.matrices, strict=True):
            apply_gate(ket, operation.gate, operation.wires, matrix, n)
        return ket

    def backward(self, pair: State, partials: list[list[Partials]], wanted: set[str]) -> None:
        """Undo the gates on (ket, bra), shape (2, 2**n_qubits, batch), collecting gradients."""
        n = self.circuit.n_qubits
        for k in reversed(range(len(self.gates))):
            operation, matrix = self.gates[k], self.matrices[k]
            asked = [[p for p in angle if p[0] in wanted] for angle in partials[k]]
            if any(asked):
                generators = GATES[operation.gate].generators(*self.values[k])
                for generator, terms in zip(generators, asked, strict=True):
                    if terms:
                        summed = generator.ndim == 2 and _batch_free(terms)
                        inner = bilinear(pair[1], generator, pair[0], operation.wires, n, summed)
                        self._chain(terms, 2.0 * inner.imag)
            dagger = np.swapaxes(matrix.conj(), -1, -2)
            apply_gate(pair, operation.gate, operation.wires, dagger, n)
        if self.preparation is not None:
            self._chain_preparation(self.preparation, pair[1], wanted)

    def _amplitudes(self, operation: Operation) -> tuple[Real, Real]:
        values = [a.evaluate(self.x, self.w) for a in operation.angles]
        amplitudes = np.stack([np.broadcast_to(v, (len(self.x),)) for v in values]).astype(float)
        norm = np.linalg.norm(amplitudes, axis=0)
        if np.any(norm == 0.0):
            row = int(np.flatnonzero(norm == 0.0)[0])
            raise CircuitError(f"amplitude encoding of row {row}: all its features are zero")
        return amplitudes, norm

    def _chain_preparation(self, operation: Operation, bra: State, wanted: set[str]) -> None:
        amplitudes, norm = self._amplitudes(operation)
        direct = 2.0 * bra[:: 2 ** (self.circuit.n_qubits - len(operation.wires))].real
        unit = amplitudes / norm
        gradient = (direct - unit * np.sum(unit * direct, axis=0)) / norm
        for row, angle in zip(gradient, operation.angles, strict=True):
            self._chain([p for p in angle.partials() if p[0] in wanted], row)

    def _chain(self, terms: list[tuple[str, int, Angle]], gradient: Real) -> None:
        """Add an angle's gradient, shape (batch,) or summed, to its features and weights."""
        for kind, index, polynomial in terms:
            local = gradient * polynomial.evaluate(self.x, self.w)
            if kind == "input":
                self.d_inputs[:, index] += local
            else:
                self.d_weights[index] += np.sum(local)


def _batch_free(terms: list[tuple[str, int, Angle]]) -> bool:
    """Whether only the sum over the batch is needed: weights that no feature multiplies."""
    return all(kind == "weight" and not p.input_indices for kind, _, p in terms)
