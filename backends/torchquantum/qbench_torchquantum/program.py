"""A circuit on a QuantumDevice: a batch at once, or a sample after the other."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import torch

from qbench.backend import Execution, Program
from qbench.circuit import STATE_PREPARATION, Circuit, Operation
from qbench_torchquantum.copies import DTYPES, torchquantum_in
from qbench_torchquantum.gates import Features, gate_modules, parameters
from qbench_torchquantum.readouts import Readouts


class BatchedProgram(Program):
    """One device for a batch."""

    def __init__(self, circuit: Circuit, execution: Execution, static: bool) -> None:
        self._tq, self._dtype = torchquantum_in(execution.precision), DTYPES[execution.precision]
        self._circuit, self._accelerator = circuit, execution.accelerator
        self._readouts = Readouts(self._tq, circuit, self._dtype)
        self._modules = gate_modules(self._tq, circuit.gates, static)

    def __call__(self, inputs: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        """Outputs, shape (batch, outputs)."""
        return self._readouts(self._run(inputs.to(self._dtype), weights.to(self._dtype)))

    def states(self, inputs: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """The device's states."""
        to: dict[str, Any] = {"dtype": self._dtype, "device": self._accelerator}
        with torch.no_grad():
            device = self._run(torch.as_tensor(inputs, **to), torch.as_tensor(weights, **to))
        return device.get_states_1d().cpu().numpy().astype(complex)

    def _run(self, inputs: torch.Tensor, weights: torch.Tensor) -> Any:
        n_wires, bsz = self._circuit.n_qubits, len(inputs)
        device = self._tq.QuantumDevice(n_wires, bsz=bsz, device=inputs.device)
        first = self._circuit.operations[:1]
        if first and first[0].gate == STATE_PREPARATION:
            _prepare(self._tq, device, first[0], inputs, weights)
        features, values = Features(inputs), weights.reshape(-1, 1, 1).unbind()
        for module in self._modules:
            module(device, features, values)
        return device


class LoopProgram(BatchedProgram):
    """One device a sample."""

    def __call__(self, inputs: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        """Outputs, shape (batch, outputs)."""
        rows = [super(LoopProgram, self).__call__(row[None], weights) for row in inputs]
        return torch.cat(rows)


def _prepare(
    tq: ModuleType, device: Any, operation: Operation, inputs: torch.Tensor, weights: torch.Tensor
) -> None:
    """TorchQuantum's encoder normalises; the wires behind the prepared ones stay |0>."""
    values = weights.reshape(-1, 1, 1).unbind()
    amplitudes = parameters(operation, Features(inputs), values).expand(len(inputs), -1)
    step = 2 ** (device.n_wires - len(operation.wires))
    spread = torch.nn.functional.pad(amplitudes[..., None], (0, step - 1))
    tq.StateEncoder()(device, spread.reshape(len(inputs), -1))
