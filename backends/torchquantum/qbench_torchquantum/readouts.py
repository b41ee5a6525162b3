"""Expectation values and probabilities from the states of a QuantumDevice."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import torch

from qbench.circuit import Circuit, Expectation, ObservableTerm, Probabilities

Basis = tuple[tuple[int, str], ...]
"""Wires to be measured in X or Y: ((wire, "X" | "Y"), ...)."""


class Readouts:
    """Signs and coefficients times |psi|^2, in each basis that some observable needs."""

    def __init__(self, tq: ModuleType, circuit: Circuit, dtype: torch.dtype) -> None:
        self._tq, self._dtype = tq, dtype
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
        signs = self._signs.setdefault(basis, torch.zeros(shape, dtype=self._dtype))
        signs[:, column] += torch.as_tensor(diagonal, dtype=self._dtype)

    def __call__(self, device: Any) -> torch.Tensor:
        """Outputs, shape (batch, outputs), of a device's states."""
        psi = device.get_states_1d()
        like = {"dtype": self._dtype, "device": psi.device}
        values = torch.zeros(len(psi), len(self._readouts), **like)
        for basis, signs in self._signs.items():
            values = values + _populations(self._turned(device, basis)) @ signs.to(psi.device)
        columns = [
            self._marginal(psi, readout) if isinstance(readout, Probabilities) else value[:, None]
            for readout, value in zip(self._readouts, values.unbind(1), strict=True)
        ]
        return torch.cat(columns, dim=1)

    def _turned(self, device: Any, basis: Basis) -> torch.Tensor:
        """The states after TorchQuantum's gates that turn X or Y into Z."""
        if not basis:
            return device.get_states_1d()
        functions, bsz = self._tq.functional, len(device.states)
        turned = self._tq.QuantumDevice(device.n_wires, bsz=bsz, device=device.device)
        turned.set_states(device.get_states_1d())
        for wire, factor in basis:
            if factor == "Y":
                functions.sdg(turned, wire)
            functions.hadamard(turned, wire)
        return turned.get_states_1d()

    def _marginal(self, psi: torch.Tensor, readout: Probabilities) -> torch.Tensor:
        n, wires = self._n_qubits, readout.wires
        others = [wire for wire in range(n) if wire not in wires]
        axes = [0, *(1 + wire for wire in (*wires, *others))]
        cube = _populations(psi).reshape(-1, *(2,) * n).permute(axes)
        return cube.reshape(len(psi), 2 ** len(wires), -1).sum(dim=2)


def _populations(psi: torch.Tensor) -> Any:
    return psi.real.square() + psi.imag.square()
