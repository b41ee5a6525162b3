"""PennyLane as its documentation has it: a TorchLayer on default.qubit, a batch broadcast.

https://docs.pennylane.ai/en/stable/code/api/pennylane.qnn.TorchLayer.html
"""

from __future__ import annotations

from collections.abc import Callable

import pennylane as qml
import torch
from native.problem import CLASSES, LAYERS, LEARNING_RATE, Problem, ring

DEVICE, DIFF_METHOD = "default.qubit", "backprop"


def training_step(problem: Problem) -> Callable[[], float]:
    """A step: its batch in, the loss before it out."""
    return step_on(problem, DEVICE, DIFF_METHOD)


def step_on(problem: Problem, device: str, diff_method: str) -> Callable[[], float]:
    """The same on a device of PennyLane's, by one of its gradient rules."""
    torch.set_default_dtype(torch.float64)
    n = problem.n_qubits

    @qml.qnode(qml.device(device, wires=n), interface="torch", diff_method=diff_method)
    def circuit(inputs, weights):
        qml.AngleEmbedding(inputs, wires=range(n), rotation="Y")
        for layer in range(LAYERS):
            for wire in range(n):
                qml.RY(weights[layer, 0, wire], wires=wire)
                qml.RZ(weights[layer, 1, wire], wires=wire)
            for control, target in ring(n):
                qml.CNOT(wires=[control, target])
        return [qml.expval(qml.PauliZ(wire)) for wire in range(n)]

    quantum = qml.qnn.TorchLayer(circuit, {"weights": (LAYERS, 2, n)})
    dense = torch.nn.Linear(n, CLASSES)
    with torch.no_grad():
        quantum.weights.copy_(torch.tensor(problem.weights))
        dense.weight.copy_(torch.tensor(problem.kernel))
        dense.bias.copy_(torch.tensor(problem.bias))
    model = torch.nn.Sequential(quantum, dense)
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)

    def step() -> float:
        x, y = torch.as_tensor(problem.x), torch.as_tensor(problem.y)
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step
