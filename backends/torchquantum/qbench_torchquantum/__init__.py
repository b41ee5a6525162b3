"""TorchQuantum: a QuantumModule on a batched QuantumDevice, differentiated by torch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from typing import Any

import numpy as np
import torch

from qbench.backend import Backend, Execution, Program
from qbench.circuit import (
    STATE_PREPARATION,
    Circuit,
    Expectation,
    ObservableTerm,
    Operation,
    Probabilities,
)
from qbench.exceptions import Unsupported
from qbench_torchquantum.stubs import stubbed_imports

with stubbed_imports() as _stubbed:
    import torchquantum as tq
    import torchquantum.functional as tqf


def _cphase(
    device: tq.QuantumDevice, wires: list[int], params: torch.Tensor, **options: Any
) -> None:
    """TorchQuantum's cp and cu1 raise NameError (as do ch, u1, u2 and ccx)."""
    tqf.phaseshift(device, wires[0], params=params / 2, **options)
    tqf.crz(device, wires, params=params, **options)


def _toffoli(device: tq.QuantumDevice, wires: list[int], params: None, **options: Any) -> None:
    tqf.multicnot(device, wires, n_wires=3, **options)


GATES = {
    "H": tqf.hadamard,
    "X": tqf.paulix,
    "Y": tqf.pauliy,
    "Z": tqf.pauliz,
    "S": tqf.s,
    "T": tqf.t,
    "SX": tqf.sx,
    "RX": tqf.rx,
    "RY": tqf.ry,
    "RZ": tqf.rz,
    "PhaseShift": tqf.phaseshift,
    "U3": tqf.u3,
    "CNOT": tqf.cnot,
    "CY": tqf.cy,
    "CZ": tqf.cz,
    "SWAP": tqf.swap,
    "CRX": tqf.crx,
    "CRY": tqf.cry,
    "CRZ": tqf.crz,
    "CPhase": _cphase,
    "RXX": tqf.rxx,
    "RYY": tqf.ryy,
    "RZZ": tqf.rzz,
    "Toffoli": _toffoli,
}

BLOCK, BATCHED_BLOCK = 4, 3
"""Wires of a block in static mode: where one matrix serves all samples, and where each has its
own. Measured from 4 to 14 wires (batch 32); static_on's own default is 3."""

Basis = tuple[tuple[int, str], ...]
"""Wires to be measured in X or Y: ((wire, "X" | "Y"), ...)."""


class TorchQuantumBackend(Backend):
    """TorchQuantum's state-vector simulator."""

    def versions(self) -> Mapping[str, str]:
        """TorchQuantum and torch."""
        return {name: version(name) for name in ("torchquantum", "torch")}

    def notes(self) -> Iterable[str]:
        """The imports that were stood in for."""
        if _stubbed:
            yield f"stand-ins for unused imports of TorchQuantum: {', '.join(sorted(_stubbed))}"

    def compile(self, circuit: Circuit, execution: Execution) -> Program:
        """A program in static mode, or for the tutorial tier a loop gate by gate."""
        if execution.shots is not None:
            raise Unsupported("shots: this adapter computes exact expectation values only")
        if execution.precision != "single":
            raise Unsupported("TorchQuantum computes in complex64: there is no double precision")
        if execution.tier == "tutorial":
            return _LoopProgram(circuit, static=False)
        return _BatchedProgram(circuit, static=True)


class _BatchedProgram(Program):
    """One device for a batch."""

    def __init__(self, circuit: Circuit, static: bool) -> None:
        self._circuit, self._readouts = circuit, _Readouts(circuit)
        self._parts = _parts(circuit.gates) if static else [_Module(circuit.gates, None)]

    def __call__(self, inputs: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        return self._readouts(self._run(inputs.float(), weights.float()))

    def states(self, inputs: np.ndarray, weights: np.ndarray) -> np.ndarray:
        x, w = torch.as_tensor(inputs).float(), torch.as_tensor(weights).float()
        with torch.no_grad():
            return self._run(x, w).get_states_1d().numpy().astype(complex)

    def _run(self, inputs: torch.Tensor, weights: torch.Tensor) -> tq.QuantumDevice:
        device = tq.QuantumDevice(self._circuit.n_qubits, bsz=len(inputs), device=inputs.device)
        first = self._circuit.operations[:1]
        if first and first[0].gate == STATE_PREPARATION:
            _prepare(device, first[0], inputs, weights)
        features, values = _Features(inputs), weights.reshape(-1, 1, 1).unbind()
        for part in self._parts:
            part(device, features, values)
        return device


class _LoopProgram(_BatchedProgram):
    """One device a sample."""

    def __call__(self, inputs: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        rows = [super(_LoopProgram, self).__call__(row[None], weights) for row in inputs]
        return torch.cat(rows)


def _parts(gates: Sequence[Operation]) -> list[_Module]:
    """The gates up to the last one that reads a feature, and the rest.

    TorchQuantum makes one matrix of each block of gates. Where a single gate of a block
    differs from sample to sample, so does the block's matrix: apart, the blocks of the rest
    are one matrix for all samples. One layer of gates is quicker by itself than as blocks.
    """
    reading = [k for k, gate in enumerate(gates) if any(a.input_indices for a in gate.angles)]
    end = 1 + max(reading, default=-1)
    encoding, rest = gates[:end], gates[end:]
    wires = [wire for gate in encoding for wire in gate.wires]
    blocks = BATCHED_BLOCK if len(wires) > len(set(wires)) else None
    parts = [(encoding, blocks), (rest, BLOCK)]
    return [_Module(part, wires_per_block) for part, wires_per_block in parts if part]


class _Module(tq.QuantumModule):
    """The gates of a circuit; in static mode TorchQuantum applies them after ``forward``."""

    def __init__(self, operations: Sequence[Operation], wires_per_block: int | None) -> None:
        super().__init__()
        self._operations = operations
        if wires_per_block is not None:
            self.static_on(wires_per_block=wires_per_block)

    @tq.static_support
    def forward(
        self, device: tq.QuantumDevice, features: _Features, weights: Sequence[torch.Tensor]
    ) -> None:
        self.q_device = device
        options = {"static": self.static_mode, "parent_graph": self.graph}
        for operation in self._operations:
            wires, params = list(operation.wires), _params(operation, features, weights)
            GATES[operation.gate](device, wires, params=params, **options)


class _Features:
    """Columns (batch, 1), taken apart once: backward, a slice costs a batch of zeros."""

    def __init__(self, inputs: torch.Tensor) -> None:
        self._columns = inputs.unsqueeze(-1).unbind(1)
        self.like = {"dtype": inputs.dtype, "device": inputs.device}

    def __getitem__(self, key: tuple[Any, int]) -> torch.Tensor:
        return self._columns[key[-1]]


def _params(
    operation: Operation, features: _Features, weights: Sequence[torch.Tensor]
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


def _prepare(
    device: tq.QuantumDevice, operation: Operation, inputs: torch.Tensor, weights: torch.Tensor
) -> None:
    """TorchQuantum's encoder normalises; the wires behind the prepared ones stay |0>."""
    values = weights.reshape(-1, 1, 1).unbind()
    amplitudes = _params(operation, _Features(inputs), values).expand(len(inputs), -1)
    step = 2 ** (device.n_wires - len(operation.wires))
    spread = torch.nn.functional.pad(amplitudes[..., None], (0, step - 1))
    tq.StateEncoder()(device, spread.reshape(len(inputs), -1))


class _Readouts:
    """Signs and coefficients times |psi|^2, in each basis that some observable needs."""

    def __init__(self, circuit: Circuit) -> None:
        self._readouts, self._n_qubits = circuit.readouts, circuit.n_qubits
        self._signs: dict[Basis, torch.Tensor] = {}
        for column, readout in enumerate(circuit.readouts):
            if isinstance(readout, Expectation):
                for term in readout.terms:
                    self._add(column, term)

    def _add(self, column: int, term: ObservableTerm) -> None:
        basis = tuple(sorted((wire, f) for wire, f in term.factors if f in "XY"))
        turned = tuple((wire, "Z" if f in "XY" else f) for wire, f in term.factors)
        diagonal = Expectation((ObservableTerm(term.coefficient, turned),)).diagonal(self._n_qubits)
        shape = (2**self._n_qubits, len(self._readouts))
        signs = self._signs.setdefault(basis, torch.zeros(shape, dtype=torch.float32))
        signs[:, column] += torch.as_tensor(diagonal, dtype=torch.float32)

    def __call__(self, device: tq.QuantumDevice) -> torch.Tensor:
        psi = device.get_states_1d()
        values = torch.zeros(len(psi), len(self._readouts), device=psi.device)
        for basis, signs in self._signs.items():
            values = values + _populations(_turned(device, basis)) @ signs.to(psi.device)
        columns = [
            self._marginal(psi, readout) if isinstance(readout, Probabilities) else value[:, None]
            for readout, value in zip(self._readouts, values.unbind(1), strict=True)
        ]
        return torch.cat(columns, dim=1)

    def _marginal(self, psi: torch.Tensor, readout: Probabilities) -> torch.Tensor:
        n, wires = self._n_qubits, readout.wires
        others = [wire for wire in range(n) if wire not in wires]
        axes = [0, *(1 + wire for wire in (*wires, *others))]
        cube = _populations(psi).reshape(-1, *(2,) * n).permute(axes)
        return cube.reshape(len(psi), 2 ** len(wires), -1).sum(dim=2)


def _turned(device: tq.QuantumDevice, basis: Basis) -> torch.Tensor:
    """The states after TorchQuantum's gates that turn X or Y into Z."""
    if not basis:
        return device.get_states_1d()
    turned = tq.QuantumDevice(device.n_wires, bsz=len(device.states), device=device.device)
    turned.set_states(device.get_states_1d())
    for wire, factor in basis:
        if factor == "Y":
            tqf.sdg(turned, wire)
        tqf.hadamard(turned, wire)
    return turned.get_states_1d()


def _populations(psi: torch.Tensor) -> Any:
    return psi.real.square() + psi.imag.square()
