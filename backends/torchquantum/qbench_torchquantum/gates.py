"""A circuit's gates in TorchQuantum's functions, and the module that applies them."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import Any

import torch

from qbench.circuit import Operation

GATES = {
    "H": "hadamard",
    "X": "paulix",
    "Y": "pauliy",
    "Z": "pauliz",
    "S": "s",
    "T": "t",
    "SX": "sx",
    "RX": "rx",
    "RY": "ry",
    "RZ": "rz",
    "PhaseShift": "phaseshift",
    "U3": "u3",
    "CNOT": "cnot",
    "CY": "cy",
    "CZ": "cz",
    "SWAP": "swap",
    "CRX": "crx",
    "CRY": "cry",
    "CRZ": "crz",
    "RXX": "rxx",
    "RYY": "ryy",
    "RZZ": "rzz",
}
"""Names in ``torchquantum.functional``."""

BLOCK, BATCHED_BLOCK = 4, 3
"""Wires of a block in static mode: where one matrix serves all samples, and where each has its
own. Measured from 4 to 14 wires (batch 32); static_on's own default is 3."""


class GateModule:
    """Gates on a QuantumModule; in static mode TorchQuantum applies them after the last one.

    Parameters
    ----------
    tq : TorchQuantum, in the precision of its import
    wires_per_block : int or None
        Of static mode; None for gate by gate.
    """

    def __init__(
        self, tq: ModuleType, operations: Sequence[Operation], wires_per_block: int | None
    ) -> None:
        self._functions, self._operations = tq.functional, operations
        self._module = tq.QuantumModule()
        if wires_per_block is not None:
            self._module.static_on(wires_per_block=wires_per_block)
        self._run = tq.static_support(self._forward)

    def __call__(self, device: Any, features: Features, weights: Sequence[torch.Tensor]) -> None:
        """Turn the device's states."""
        self._run(self._module, device, features, weights)

    def _forward(
        self, module: Any, device: Any, features: Features, weights: Sequence[torch.Tensor]
    ) -> None:
        module.q_device = device
        options = {"static": module.static_mode, "parent_graph": module.graph}
        for operation in self._operations:
            params = parameters(operation, features, weights)
            _apply(self._functions, operation, device, params, options)


def gate_modules(
    tq: ModuleType, gates: Sequence[Operation], static: bool = False
) -> list[GateModule]:
    """One module gate by gate; in static mode two, with their blocks.

    These are the gates up to the last one that reads a feature, and the rest. TorchQuantum makes
    one matrix of each block of gates. Where a single gate of a block differs from sample to
    sample, so does the block's matrix: apart, the blocks of the rest are one matrix for all
    samples. One layer of gates is quicker by itself than as blocks.
    """
    if not static:
        return [GateModule(tq, gates, None)]
    reading = [k for k, gate in enumerate(gates) if any(a.input_indices for a in gate.angles)]
    end = 1 + max(reading, default=-1)
    encoding, rest = gates[:end], gates[end:]
    wires = [wire for gate in encoding for wire in gate.wires]
    blocks = BATCHED_BLOCK if len(wires) > len(set(wires)) else None
    parts = [(encoding, blocks), (rest, BLOCK)]
    return [GateModule(tq, part, wires_per_block) for part, wires_per_block in parts if part]


def _apply(
    functions: ModuleType,
    operation: Operation,
    device: Any,
    params: torch.Tensor | None,
    options: dict[str, Any],
) -> None:
    """TorchQuantum's cp, cu1 and ccx raise NameError (as do ch, u1 and u2)."""
    wires = list(operation.wires)
    if operation.gate == "CPhase":
        functions.phaseshift(device, wires[0], params=params / 2, **options)
        functions.crz(device, wires, params=params, **options)
    elif operation.gate == "Toffoli":
        functions.multicnot(device, wires, n_wires=3, **options)
    else:
        getattr(functions, GATES[operation.gate])(device, wires, params=params, **options)


class Features:
    """Columns (batch, 1), taken apart once: backward, a slice costs a batch of zeros."""

    def __init__(self, inputs: torch.Tensor) -> None:
        self._columns = inputs.unsqueeze(-1).unbind(1)
        self.like = {"dtype": inputs.dtype, "device": inputs.device}

    def __getitem__(self, key: tuple[Any, int]) -> torch.Tensor:
        return self._columns[key[-1]]


def parameters(
    operation: Operation, features: Features, weights: Sequence[torch.Tensor]
) -> torch.Tensor | None:
    """Shape (batch or 1, angles), as TorchQuantum wants; None for a fixed gate."""
    if not operation.angles:
        return None
    angles = [
        angle.evaluate(features, weights)
        if angle.terms
        else torch.full((1, 1), angle.constant, **features.like)
        for angle in operation.angles
    ]
    return angles[0] if len(angles) == 1 else torch.cat(torch.broadcast_tensors(*angles), dim=1)
