"""Qulacs as its documentation has it: a ParametricQuantumCircuit, its parameters set a sample.

https://docs.qulacs.org/en/latest/guide/2.0_python_advanced.html ("Parametric Quantum Circuits",
"backprop"): one backprop of an observable gives all gradients of its expectation value. The loss
reads the outputs through their gradient, so that observable is the weighted sum of the Zs.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from native.problem import CLASSES, LAYERS, LEARNING_RATE, Problem, ring
from qulacs import Observable, ParametricQuantumCircuit, QuantumState


class Circuit:
    """The circuit, its inputs first among its parameters."""

    def __init__(self, n_qubits: int) -> None:
        self.n_qubits = n_qubits
        self.circuit = ParametricQuantumCircuit(n_qubits)
        for wire in range(n_qubits):
            self.circuit.add_parametric_RY_gate(wire, 0.0)
        for _ in range(LAYERS):
            for wire in range(n_qubits):
                self.circuit.add_parametric_RY_gate(wire, 0.0)
            for wire in range(n_qubits):
                self.circuit.add_parametric_RZ_gate(wire, 0.0)
            for control, target in ring(n_qubits):
                self.circuit.add_CNOT_gate(control, target)
        self.observables = [self._z({wire: 1.0}) for wire in range(n_qubits)]

    def bind(self, parameters: np.ndarray) -> None:
        """Set every parameter; Qulacs turns the other way than the usual definition."""
        for index, value in enumerate(parameters):
            self.circuit.set_parameter(index, -value)

    def expectations(self, parameters: np.ndarray) -> list[float]:
        """<Z> of each wire."""
        self.bind(parameters)
        state = QuantumState(self.n_qubits)
        self.circuit.update_quantum_state(state)
        return [observable.get_expectation_value(state) for observable in self.observables]

    def gradient(self, parameters: np.ndarray, cotangent: np.ndarray) -> np.ndarray:
        """Of the sum of cotangent times <Z>, to every parameter."""
        self.bind(parameters)
        return -np.array(self.circuit.backprop(self._z(dict(enumerate(cotangent)))))

    def _z(self, coefficients: dict[int, float]) -> Observable:
        observable = Observable(self.n_qubits)
        for wire, coefficient in coefficients.items():
            observable.add_operator(coefficient, f"Z {wire}")
        return observable


class Layer(torch.autograd.Function):
    """The circuit on each row of a batch."""

    @staticmethod
    def forward(ctx, circuit, x, weights):
        rows = np.hstack([x.numpy(), np.tile(weights.detach().numpy().reshape(-1), (len(x), 1))])
        ctx.circuit, ctx.rows, ctx.shape = circuit, rows, weights.shape
        return torch.tensor([circuit.expectations(row) for row in rows])

    @staticmethod
    def backward(ctx, cotangent):
        n = ctx.circuit.n_qubits
        pairs = zip(ctx.rows, cotangent.numpy(), strict=True)
        gradient = sum(ctx.circuit.gradient(row, c)[n:] for row, c in pairs)
        return None, None, torch.tensor(gradient).reshape(ctx.shape)


def training_step(problem: Problem) -> Callable[[], float]:
    """A step: its batch in, the loss before it out."""
    torch.set_default_dtype(torch.float64)
    circuit = Circuit(problem.n_qubits)
    weights = torch.nn.Parameter(torch.tensor(problem.weights))
    dense = torch.nn.Linear(problem.n_qubits, CLASSES)
    with torch.no_grad():
        dense.weight.copy_(torch.tensor(problem.kernel))
        dense.bias.copy_(torch.tensor(problem.bias))
    optimizer = torch.optim.Adam([weights, *dense.parameters()], lr=LEARNING_RATE)

    def step() -> float:
        x, y = torch.as_tensor(problem.x), torch.as_tensor(problem.y)
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(dense(Layer.apply(circuit, x, weights)), y)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step
