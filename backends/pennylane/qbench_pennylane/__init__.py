"""PennyLane: a QNode on default.qubit or lightning.qubit, through the torch interface."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

import numpy as np
import pennylane as qml
import torch

from qbench.backend import Backend, Execution, Program
from qbench.circuit import (
    STATE_PREPARATION,
    Angle,
    Circuit,
    Expectation,
    ObservableTerm,
    Operation,
    diagonal_matrix,
)
from qbench.exceptions import EnvironmentUnavailableError, Unsupported
from qbench.shots import ShotSeeds

RELEASE = tuple(int(part) for part in qml.__version__.split(".")[:2])

LOSES_PHASE_GRADIENTS = RELEASE < (0, 45)
"""Before 0.45 default.qubit copies a batch of PhaseShift's angles, cutting torch's gradient;
its U1, the same matrix, keeps it."""

GATES = {
    "H": qml.Hadamard,
    "X": qml.PauliX,
    "Y": qml.PauliY,
    "Z": qml.PauliZ,
    "S": qml.S,
    "T": qml.T,
    "SX": qml.SX,
    "RX": qml.RX,
    "RY": qml.RY,
    "RZ": qml.RZ,
    "PhaseShift": qml.U1 if LOSES_PHASE_GRADIENTS else qml.PhaseShift,
    "U3": qml.U3,
    "CNOT": qml.CNOT,
    "CY": qml.CY,
    "CZ": qml.CZ,
    "SWAP": qml.SWAP,
    "CRX": qml.CRX,
    "CRY": qml.CRY,
    "CRZ": qml.CRZ,
    "CPhase": qml.ControlledPhaseShift,
    "RXX": qml.IsingXX,
    "RYY": qml.IsingYY,
    "RZZ": qml.IsingZZ,
    "Toffoli": qml.Toffoli,
}

PAULIS = {"X": qml.PauliX, "Y": qml.PauliY, "Z": qml.PauliZ}

SIGNS_UP_TO = 16
"""Qubits beyond which a table of signs is larger than what it saves."""

DTYPES = {"double": torch.float64, "single": torch.float32}

LIGHTNING_GPU = "pennylane_lightning.lightning_gpu"
"""A package of its own, beside lightning.qubit's modules."""


class PennyLaneBackend(Backend):
    """PennyLane's own simulators; gradients by PennyLane's rules."""

    def versions(self) -> Mapping[str, str]:
        """PennyLane, its lightning simulators and torch."""
        names = ["pennylane", "pennylane-lightning", "torch"]
        if find_spec(LIGHTNING_GPU) is not None:
            names.append("pennylane-lightning-gpu")
        return {name: version(name) for name in names}

    def compile(self, circuit: Circuit, execution: Execution) -> Program:
        """A program around QNodes; see the modes in this backend's pyproject.toml."""
        if execution.device == "lightning.gpu":
            _require_lightning_gpu()
        if execution.diff_method != "backprop":
            _refuse_amplitudes(circuit)
        if execution.diff_method == "adjoint" and not _expectations_only(circuit):
            raise Unsupported(f"the adjoint method of {execution.device} gives no probabilities")
        if execution.shots is not None:
            if (execution.device, execution.diff_method) != ("default.qubit", "parameter-shift"):
                raise Unsupported("shots: only default.qubit with parameter-shift samples")
            from qbench_pennylane.sampled import SampledProgram

            return SampledProgram(circuit, execution)
        if execution.tier == "tutorial":
            return _LoopProgram(circuit, execution)
        return _BatchedProgram(circuit, execution)

    def notes(self) -> Iterable[str]:
        """What this version needs done differently."""
        if LOSES_PHASE_GRADIENTS:
            yield (
                f"PennyLane {qml.__version__} loses torch's gradient to a batch of PhaseShift "
                "angles: PhaseShift runs as U1, the same matrix"
            )


def _require_lightning_gpu() -> None:
    """PennyLane itself says only that there is no such device."""
    if find_spec(LIGHTNING_GPU) is None:
        raise EnvironmentUnavailableError(
            "lightning.gpu is in the package pennylane-lightning-gpu, which this environment "
            "lacks; pennylane@0.45.1+cu12 has it (Linux, an NVIDIA GPU, CUDA 12)"
        )
    if not torch.cuda.is_available():
        raise EnvironmentUnavailableError("lightning.gpu: there is no CUDA device here")


def _expectations_only(circuit: Circuit) -> bool:
    return all(isinstance(readout, Expectation) for readout in circuit.readouts)


def _refuse_amplitudes(circuit: Circuit) -> None:
    """Shift rules and adjoint prepare states by rotations: no derivative at amplitude 0 (NaN)."""
    for operation in circuit.operations:
        if operation.gate == STATE_PREPARATION and any(a.terms for a in operation.angles):
            raise Unsupported("only backprop differentiates amplitude encoding")


class _BatchedProgram(Program):
    """One broadcast call a batch."""

    def __init__(self, circuit: Circuit, execution: Execution) -> None:
        self._circuit, self._dtype = circuit, DTYPES[execution.precision]
        self._signs = _signs(circuit) if execution.device == "default.qubit" else None
        self._reads_inputs = any(a.input_indices for o in circuit.operations for a in o.angles)
        whole = [qml.probs(wires=range(circuit.n_qubits))]
        measure = _measurements(circuit) if self._signs is None else whole
        self._node = _node(circuit, execution, measure)
        forward = replace(execution, diff_method="none")
        self._state_node = _node(circuit, forward, [qml.state()])

    def __call__(self, inputs: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        with _default_dtype(self._dtype):
            results = self._node(inputs, weights)
        # PennyLane drops the batch axis where no operation reads a feature
        rows = len(inputs) if self._reads_inputs else 1
        outputs = _join(results, rows).expand(len(inputs), -1)
        if self._signs is not None:
            outputs = outputs @ self._signs.to(outputs)
        return outputs.to(self._dtype)

    def states(self, inputs: np.ndarray, weights: np.ndarray) -> np.ndarray:
        x, w = (torch.as_tensor(array, dtype=self._dtype) for array in (inputs, weights))
        with torch.no_grad(), _default_dtype(self._dtype):
            rows = self._state_node(x, w)[0].reshape(-1, 2**self._circuit.n_qubits)
        return rows.expand(len(x), -1).numpy().astype(complex)


class _LoopProgram(_BatchedProgram):
    """One call a sample, one expectation value an observable."""

    def __init__(self, circuit: Circuit, execution: Execution) -> None:
        super().__init__(circuit, execution)
        self._node = _node(circuit, execution, _measurements(circuit))

    def __call__(self, inputs: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        rows = [_join(self._node(row, weights), 1) for row in inputs]
        return torch.cat(rows).to(self._dtype)


def _node(
    circuit: Circuit,
    execution: Execution,
    measurements: Sequence[Any],
    seeds: ShotSeeds | None = None,
) -> Callable:
    """A QNode (inputs, weights) -> list of results, one a measurement; with seeds it samples."""
    options: dict[str, Any] = {} if seeds is None else {"seed": seeds.generator}
    if execution.device.startswith("lightning."):
        options["c_dtype"] = np.complex128 if execution.precision == "double" else np.complex64
    device = qml.device(execution.device, wires=circuit.n_qubits, **options)
    operations = circuit.operations
    if execution.diff_method == "adjoint":
        operations = tuple(part for o in operations for part in _rotations(o))

    def run(inputs: torch.Tensor, weights: torch.Tensor) -> list[Any]:
        features, values = _Features(inputs), weights.unbind()
        for operation in operations:
            _apply(operation, features, values)
        return [qml.apply(measurement) for measurement in measurements]

    rule = None if execution.diff_method == "none" else execution.diff_method
    node = qml.QNode(run, device, interface="torch", diff_method=rule)
    if seeds is not None:
        node = qml.set_shots(node, execution.shots)
    if execution.diff_method in ("parameter-shift", "finite-diff"):
        return qml.transforms.broadcast_expand(node)
    return node


def _rotations(operation: Operation) -> Iterator[Operation]:
    """U3 as RZ, RY and RZ, the same expectation values: PennyLane's own way takes five gates."""
    if operation.gate != "U3":
        yield operation
        return
    theta, phi, lam = operation.angles
    for gate, angle in (("RZ", lam), ("RY", theta), ("RZ", phi)):
        if angle != Angle():
            yield Operation(gate, operation.wires, (angle,))


class _Features:
    """Columns of a batch, taken apart once: backward, a slice costs a batch of zeros."""

    def __init__(self, inputs: torch.Tensor) -> None:
        self._columns = inputs.unbind(-1)
        self.like = {"dtype": inputs.dtype, "device": inputs.device}

    def __getitem__(self, key: tuple[Any, int]) -> torch.Tensor:
        return self._columns[key[-1]]


def _apply(operation: Operation, features: _Features, weights: Sequence[torch.Tensor]) -> None:
    angles = [angle.evaluate(features, weights) for angle in operation.angles]
    wires = list(operation.wires)
    if len(angles) > 1:  # PennyLane's U3 can't mix floats, tensors and batches of them
        tensors = (torch.as_tensor(angle, **features.like) for angle in angles)
        angles = list(torch.broadcast_tensors(*tensors))
    if operation.gate == STATE_PREPARATION:
        # PennyLane leaves a norm of 1 undivided, and then the gradient lacks the division
        amplitudes = torch.stack(angles, dim=-1)
        unit = amplitudes / torch.linalg.vector_norm(amplitudes, dim=-1, keepdim=True)
        qml.AmplitudeEmbedding(unit, wires=wires, normalize=True)
    else:
        GATES[operation.gate](*angles, wires=wires)


def _measurements(circuit: Circuit) -> list[Any]:
    return [
        qml.expval(_observable(readout))
        if isinstance(readout, Expectation)
        else qml.probs(wires=list(readout.wires))
        for readout in circuit.readouts
    ]


def _observable(readout: Expectation) -> Any:
    """A linear combination of Pauli words; the identity on wire 0 carries constants."""
    terms = readout.pauli_terms() or (ObservableTerm(0.0, ()),)
    words = [
        qml.prod(*(PAULIS[factor](wire) for wire, factor in term.factors))
        if term.factors
        else qml.Identity(0)
        for term in terms
    ]
    return qml.dot([term.coefficient for term in terms], words)


def _signs(circuit: Circuit) -> torch.Tensor | None:
    """The observables' diagonals, shape (2**n_qubits, outputs), if diagonal observables are all."""
    if not _expectations_only(circuit) or circuit.n_qubits > SIGNS_UP_TO:
        return None
    matrix = diagonal_matrix(circuit.readouts, circuit.n_qubits)
    return None if matrix is None else torch.as_tensor(matrix)


def _join(results: Sequence[torch.Tensor], batch: int) -> torch.Tensor:
    """The measurements' results side by side, shape (batch, outputs)."""
    return torch.cat([result.reshape(batch, -1) for result in results], dim=1)


@contextmanager
def _default_dtype(dtype: torch.dtype) -> Iterator[None]:
    """Lightning returns Python floats, which become tensors of torch's default type."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)
