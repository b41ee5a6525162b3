"""Qiskit as Aer's documentation has it: one transpile, every shift a row of parameter binds.

https://qiskit.github.io/qiskit-aer/tutorials/8_expectation_value_snapshots.html and
https://qiskit.github.io/qiskit-aer/stubs/qiskit_aer.AerSimulator.html (``parameter_binds``,
``runtime_parameter_bind_enable``), with the two-term parameter-shift rule.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from native.problem import CLASSES, LAYERS, LEARNING_RATE, Problem, ring
from qiskit import QuantumCircuit, transpile
from qiskit.circuit import ParameterVector
from qiskit_aer import AerSimulator

ROWS = 4096
"""Rows of one run, to bound the memory of its result."""


class Circuit:
    """The circuit on Aer, its inputs first among its parameters."""

    def __init__(self, n_qubits: int) -> None:
        self.n_qubits = n_qubits
        self.parameters = list(ParameterVector("p", n_qubits * (1 + 2 * LAYERS)))
        angles = iter(self.parameters)
        circuit = QuantumCircuit(n_qubits)
        for wire in range(n_qubits):
            circuit.ry(next(angles), wire)
        for _ in range(LAYERS):
            for wire in range(n_qubits):
                circuit.ry(next(angles), wire)
            for wire in range(n_qubits):
                circuit.rz(next(angles), wire)
            for control, target in ring(n_qubits):
                circuit.cx(control, target)
        circuit.save_probabilities()
        self.simulator = AerSimulator(
            method="statevector",
            max_parallel_threads=1,
            runtime_parameter_bind_enable=True,
            shots=1,
        )
        self.circuit = transpile(circuit, self.simulator)
        bits = (np.arange(2**n_qubits)[:, None] >> np.arange(n_qubits)) & 1
        self.signs = 1.0 - 2.0 * bits

    def expectations(self, rows: np.ndarray) -> np.ndarray:
        """<Z> of each qubit, shape (rows, n_qubits)."""
        return np.concatenate([self._run(rows[k : k + ROWS]) for k in range(0, len(rows), ROWS)])

    def gradient(self, rows: np.ndarray, cotangent: np.ndarray) -> np.ndarray:
        """Of the sum of cotangent times <Z>, to every parameter but the inputs."""
        wanted = np.arange(self.n_qubits, rows.shape[1])
        shifts = np.zeros((2 * len(wanted), rows.shape[1]))
        shifts[np.arange(len(wanted)), wanted] = np.pi / 2
        shifts[len(wanted) + np.arange(len(wanted)), wanted] = -np.pi / 2
        shifted = (rows[:, None] + shifts).reshape(-1, rows.shape[1])
        values = self.expectations(shifted).reshape(len(rows), 2, len(wanted), -1)
        return np.einsum("bkw,bw->k", (values[:, 0] - values[:, 1]) / 2, cotangent)

    def _run(self, rows: np.ndarray) -> np.ndarray:
        binds = dict(zip(self.parameters, rows.T.tolist(), strict=True))
        result = self.simulator.run([self.circuit], parameter_binds=[binds]).result()
        found = [result.data(k)["probabilities"] for k in range(len(rows))]
        return np.array(found) @ self.signs


class Layer(torch.autograd.Function):
    """The circuit on a batch."""

    @staticmethod
    def forward(ctx, circuit, x, weights):
        rows = np.hstack([x.numpy(), np.tile(weights.detach().numpy().reshape(-1), (len(x), 1))])
        ctx.circuit, ctx.rows, ctx.shape = circuit, rows, weights.shape
        return torch.tensor(circuit.expectations(rows))

    @staticmethod
    def backward(ctx, cotangent):
        gradient = ctx.circuit.gradient(ctx.rows, cotangent.numpy())
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
