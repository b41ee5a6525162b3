"""The way of qiskit-machine-learning's tutorials: EstimatorQNN in a TorchConnector."""

from __future__ import annotations

from typing import Any

from qiskit_machine_learning.connectors import TorchConnector
from torch.func import functional_call

from qbench.backend import Execution, Program
from qbench.circuit import Circuit
from qbench_qiskit.program_estimator import EstimatorProgram


class ConnectorProgram(Program):
    """TorchConnector around the network of :class:`EstimatorProgram`.

    It returns float32 whatever it is given, outputs and gradients. Its own parameter is
    replaced by the weights of each call, as ``torch.func`` does it.
    """

    def __init__(self, circuit: Circuit, execution: Execution) -> None:
        network = EstimatorProgram(circuit, execution)
        self._qnn, self._inputs, self._weights = network.qnn, network.inputs, network.weights
        self._connector = TorchConnector(self._qnn)

    def __call__(self, inputs: Any, weights: Any) -> Any:
        """Outputs, shape (batch, outputs)."""
        self._qnn.input_gradients = inputs.requires_grad
        read = {"weight": weights[self._weights]}
        return functional_call(self._connector, read, (inputs[:, self._inputs],))
