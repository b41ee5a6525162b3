"""The tutorial way: qiskit-machine-learning's EstimatorQNN on StatevectorEstimator."""

from __future__ import annotations

from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter, ParameterVector
from qiskit.primitives import StatevectorEstimator
from qiskit_algorithms.gradients import ReverseEstimatorGradient
from qiskit_machine_learning.neural_networks import EstimatorQNN

from qbench.backend import Array, Execution, NumpyProgram
from qbench.circuit import Angle, Circuit, Expectation
from qbench.exceptions import Unsupported
from qbench_qiskit.translate import BASIS, lower, pauli_operator, to_qiskit

SHIFT_BASIS = [gate for gate in BASIS if gate != "u"]
"""Its gradients cannot read a gate with both a number and a parameter, as ``u`` may be."""

REVERSE_BASIS = [gate for gate in SHIFT_BASIS if gate not in ("p", "rxx", "ryy", "rzz")]
"""ReverseEstimatorGradient differentiates rx, ry, rz, crx, cry and crz alone."""


class EstimatorProgram(NumpyProgram):
    """EstimatorQNN with its default gradient, or with ReverseEstimatorGradient.

    ``default_precision`` is 0.0: the default of 1/64 adds sampling noise.
    """

    def __init__(self, circuit: Circuit, execution: Execution) -> None:
        if len(circuit.gates) != len(circuit.operations):
            raise Unsupported("amplitude encoding: EstimatorQNN binds gate angles, not amplitudes")
        observables = [r for r in circuit.readouts if isinstance(r, Expectation)]
        if len(observables) != len(circuit.readouts):
            raise Unsupported("probabilities: EstimatorQNN yields expectation values alone")
        reverse = execution.diff_method == "adjoint"
        angles = [angle for operation in circuit.gates for angle in operation.angles]
        self.inputs = sorted({i for angle in angles for i in angle.input_indices})
        self.weights = sorted({k for angle in angles for k in angle.weight_indices})
        x, w = _parameters("x", circuit.n_inputs), _parameters("w", circuit.n_weights)
        self.qnn = EstimatorQNN(
            circuit=_lowered(circuit, x, w, REVERSE_BASIS if reverse else SHIFT_BASIS),
            estimator=StatevectorEstimator(),
            observables=[pauli_operator(r, circuit.n_qubits) for r in observables],
            input_params=[x[i] for i in self.inputs],
            weight_params=[w[k] for k in self.weights],
            gradient=ReverseEstimatorGradient() if reverse else None,
            input_gradients=True,
            default_precision=0.0,
        )

    def forward(self, inputs: Array, weights: Array) -> Array:
        """Outputs, shape (batch, outputs)."""
        return np.asarray(self.qnn.forward(*self._read(inputs, weights)), dtype=float)

    def vjp(
        self,
        inputs: Array,
        weights: Array,
        cotangent: Array,
        wrt_inputs: bool = True,
        wrt_weights: bool = True,
    ) -> tuple[Array, Array, Array]:
        """Outputs and gradients; input gradients are left out where they aren't wanted."""
        d_inputs, d_weights = np.zeros_like(inputs), np.zeros_like(weights)
        outputs = self.forward(inputs, weights)
        if (wrt_inputs and self.inputs) or (wrt_weights and self.weights):
            self.qnn.input_gradients = wrt_inputs
            by_inputs, by_weights = self.qnn.backward(*self._read(inputs, weights))
            if by_inputs is not None:
                d_inputs[:, self.inputs] = np.einsum("bo,boi->bi", cotangent, by_inputs)
            if by_weights is not None:
                d_weights[self.weights] = np.einsum("bo,bok->k", cotangent, by_weights)
        return outputs, d_inputs, d_weights

    def _read(self, inputs: Array, weights: Array) -> tuple[Array, Array]:
        """The features and weights that some gate reads."""
        return inputs[:, self.inputs], weights[self.weights]


def _parameters(name: str, count: int) -> list[Parameter]:
    """A ParameterVector's elements: scalar parameters would sort as text, x1, x10, x2."""
    return list(ParameterVector(name, count))


def _lowered(
    circuit: Circuit, x: list[Parameter], w: list[Parameter], basis: list[str]
) -> QuantumCircuit:
    def value(position: int, k: int) -> Any:
        return _expression(circuit.gates[position].angles[k], x, w)

    result = lower(to_qiskit(circuit, value), basis)
    result.global_phase = 0.0
    return result


def _expression(angle: Angle, x: list[Parameter], w: list[Parameter]) -> Any:
    """The angle's polynomial as a Qiskit parameter expression."""
    total: Any = angle.constant
    for term in angle.terms:
        product: Any = term.coefficient
        for factor in (*(x[i] for i in term.inputs), *(w[k] for k in term.weights)):
            product = product * factor
        total = total + product
    return total
