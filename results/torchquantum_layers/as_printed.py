"""QuantumConvLayer with TorchQuantum's own modules, as printed: what its first batch does.

Runs in TorchQuantum's environment (see ``make``); the adapter's stand-ins let it be imported.
"""

import sys
from pathlib import Path

import torch

sys.path[:0] = [str(Path(__file__).parents[2] / "backends" / "torchquantum"), "."]
from qbench_torchquantum.stubs import stubbed_imports  # noqa: E402

with stubbed_imports():
    import torchquantum as tq


class QuantumConvLayer(tq.QuantumModule):
    """RX of the features, RY, CNOT, RZ, Z of every wire."""

    def __init__(self, **angles: bool) -> None:
        super().__init__()
        encoder = [{"input_idx": [i], "func": "rx", "wires": [i]} for i in range(4)]
        self.encoder = tq.GeneralEncoder(encoder)
        self.ry = tq.Op1QAllLayer(op=tq.RY, n_wires=4, **angles)
        self.cnot = tq.Op2QAllLayer(op=tq.CNOT, n_wires=4)
        self.rz = tq.Op1QAllLayer(op=tq.RZ, n_wires=4, **angles)
        self.measure = tq.MeasureAll(tq.PauliZ)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Expectation values, shape (batch, 4)."""
        device = tq.QuantumDevice(n_wires=4, bsz=len(x))
        self.encoder(device, x)
        for part in (self.ry, self.cnot, self.rz):
            part(device)
        return self.measure(device)


def first_batch(**angles: bool) -> str:
    """How many parameters the layer has, and what comes of two rows."""
    layer = QuantumConvLayer(**angles)
    count = sum(parameter.numel() for parameter in layer.parameters())
    try:
        layer(torch.rand(2, 4)).sum().backward()
    except (AttributeError, RuntimeError) as error:
        return f"{count} parameters; {type(error).__name__}: {error}"
    gradients = [parameter.grad for parameter in layer.parameters()]
    zero = sum(bool((g.abs() < 1e-6).all()) for g in gradients)
    return f"{count} parameters; runs, {zero} of them with a gradient of zero"


print("as printed:              ", first_batch())
print("with has_params=True:    ", first_batch(has_params=True))
print("and trainable=True:      ", first_batch(has_params=True, trainable=True))
