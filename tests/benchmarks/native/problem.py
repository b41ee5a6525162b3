"""The training step that every program of this folder takes, as arrays.

RY(x_i) on each wire, three layers of RY and RZ on each wire and a ring of CNOTs, <Z> on each
wire, a dense layer to two classes, cross-entropy, Adam.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LAYERS = 3
CLASSES = 2
LEARNING_RATE = 0.01


@dataclass(frozen=True)
class Problem:
    """One batch and the parameters to start from.

    Attributes
    ----------
    x : shape (batch, n_qubits), radians
    y : shape (batch,), class labels
    weights : shape (LAYERS, 2, n_qubits): RY and RZ of each layer
    kernel : shape (CLASSES, n_qubits)
    bias : shape (CLASSES,)
    """

    x: np.ndarray
    y: np.ndarray
    weights: np.ndarray
    kernel: np.ndarray
    bias: np.ndarray

    @property
    def n_qubits(self) -> int:
        return self.x.shape[1]


def problem(n_qubits: int, batch: int) -> Problem:
    """The same batch and parameters in every process."""
    draw = np.random.default_rng(n_qubits)
    return Problem(
        draw.uniform(-np.pi, np.pi, (batch, n_qubits)),
        draw.integers(0, CLASSES, batch),
        draw.uniform(-np.pi, np.pi, (LAYERS, 2, n_qubits)),
        draw.normal(size=(CLASSES, n_qubits)),
        draw.normal(size=CLASSES),
    )


def ring(n_qubits: int) -> list[tuple[int, int]]:
    """Control and target of each CNOT of a layer."""
    return [(wire, (wire + 1) % n_qubits) for wire in range(n_qubits)]
