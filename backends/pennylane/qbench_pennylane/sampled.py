"""default.qubit with shots: parameter shift over estimates from counts."""

from __future__ import annotations

import pennylane as qml
import torch

from qbench.backend import Execution
from qbench.circuit import Circuit
from qbench.shots import ShotSeeds
from qbench_pennylane import _BatchedProgram, _measurements, _node


class SampledProgram(_BatchedProgram):
    """One execution a sample and shift, each with all the shots.

    Where all observables are diagonal, all of them are read from the same counts.
    """

    def __init__(self, circuit: Circuit, execution: Execution) -> None:
        super().__init__(circuit, execution)
        self.seeds = ShotSeeds(circuit)
        whole = [qml.probs(wires=range(circuit.n_qubits))]
        measure = _measurements(circuit) if self._signs is None else whole
        self._node = _node(circuit, execution, measure, self.seeds)

    def __call__(self, inputs: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        """Outputs, shape (batch, outputs), estimated from the shots."""
        once = super().__call__
        if self._reads_inputs:
            return once(inputs, weights)
        # PennyLane would run the circuit once, and every row would have the same noise
        return torch.cat([once(row[None], weights) for row in inputs])
