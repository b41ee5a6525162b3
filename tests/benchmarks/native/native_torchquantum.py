"""TorchQuantum as its MNIST example has it: modules, MeasureAll, and its static mode.

https://github.com/mit-han-lab/torchquantum/blob/main/examples/mnist/mnist.py, with the encoder
and ``static_on(wires_per_block=...)`` of that example.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from native.problem import CLASSES, LAYERS, LEARNING_RATE, Problem, ring
from qbench_torchquantum.stubs import stubbed_imports

with stubbed_imports():  # what TorchQuantum imports and circuits never use
    import torchquantum as tq


class Ansatz(tq.QuantumModule):
    """The layers of trainable gates."""

    def __init__(self, n_qubits: int) -> None:
        super().__init__()
        self.pairs = ring(n_qubits)
        self.turns = tq.QuantumModuleList()
        for _ in range(LAYERS * n_qubits):
            self.turns.append(tq.RY(has_params=True, trainable=True))
            self.turns.append(tq.RZ(has_params=True, trainable=True))

    @tq.static_support
    def forward(self, q_device: tq.QuantumDevice) -> None:
        self.q_device = q_device
        n = q_device.n_wires
        for layer in range(LAYERS):
            for wire in range(n):
                first = 2 * (layer * n + wire)
                self.turns[first](q_device, wires=wire)
                self.turns[first + 1](q_device, wires=wire)
            for pair in self.pairs:
                tq.functional.cnot(
                    q_device, wires=list(pair), static=self.static_mode, parent_graph=self.graph
                )


class Model(tq.QuantumModule):
    """Encoder, ansatz, measurement and the dense layer."""

    def __init__(self, n_qubits: int) -> None:
        super().__init__()
        self.n_wires = n_qubits
        self.encoder = tq.GeneralEncoder(
            [{"input_idx": [wire], "func": "ry", "wires": [wire]} for wire in range(n_qubits)]
        )
        self.ansatz = Ansatz(n_qubits)
        self.measure = tq.MeasureAll(tq.PauliZ)
        self.dense = torch.nn.Linear(n_qubits, CLASSES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        q_device = tq.QuantumDevice(n_wires=self.n_wires, bsz=len(x), device=x.device)
        self.encoder(q_device, x)
        self.ansatz(q_device)
        return self.dense(self.measure(q_device))


def training_step(problem: Problem) -> Callable[[], float]:
    """A step: its batch in, the loss before it out."""
    torch.set_default_dtype(torch.float32)
    model = Model(problem.n_qubits)
    model.ansatz.static_on(wires_per_block=3)
    angles = torch.tensor(problem.weights).float().permute(0, 2, 1).reshape(-1)
    with torch.no_grad():
        for turn, angle in zip(model.ansatz.turns, angles, strict=True):
            turn.params.fill_(angle)
        model.dense.weight.copy_(torch.tensor(problem.kernel))
        model.dense.bias.copy_(torch.tensor(problem.bias))
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)

    def step() -> float:
        x, y = torch.as_tensor(problem.x).float(), torch.as_tensor(problem.y)
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step
