"""PennyLane's ``qml.qnn.KerasLayer`` on default.qubit, through TensorFlow and legacy Keras."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from itertools import groupby
from typing import Any

import numpy as np

os.environ["TF_USE_LEGACY_KERAS"] = "1"  # KerasLayer subclasses Keras 2's Layer

import pennylane as qml
import tensorflow as tf

from qbench.backend import Backend, Execution, Program
from qbench.circuit import (
    STATE_PREPARATION,
    Circuit,
    Expectation,
    ObservableTerm,
    Operation,
    diagonal_matrix,
)
from qbench_pennylane_keras.kernels import by_tensordot

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
    "PhaseShift": qml.U1,  # the same matrix; PhaseShift's kernel takes len() of a symbolic batch
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

TRACED_GATES = {name: by_tensordot(gate) for name, gate in GATES.items()}

PAULIS = {"X": qml.PauliX, "Y": qml.PauliY, "Z": qml.PauliZ}

DTYPES = {"double": "float64", "single": "float32"}

PER_SAMPLE = "default.qubit-per-sample"
"""How suites name default.qubit with a call of the layer for each sample of a batch."""

XLA = "default.qubit-xla"
"""How suites name default.qubit in a ``tf.function`` that XLA compiles."""


class PennyLaneKerasBackend(Backend):
    """KerasLayer around a QNode; TensorFlow differentiates through default.qubit."""

    def versions(self) -> Mapping[str, str]:
        """PennyLane, TensorFlow and legacy Keras."""
        return {name: version(name) for name in ("pennylane", "tensorflow", "tf-keras")}

    def compile(self, circuit: Circuit, execution: Execution) -> Program:
        """A program around one KerasLayer; see the modes in this backend's pyproject.toml."""
        if execution.device == PER_SAMPLE:
            return _LoopProgram(circuit, execution, None)
        if execution.tier == "tutorial":
            return _EagerProgram(circuit, execution, None)
        kind = _CompiledProgram if execution.device == XLA else _TracedProgram
        return kind(circuit, execution, _signs(circuit))


class _EagerProgram(Program):
    """One call of the KerasLayer a batch.

    Parameters
    ----------
    signs : array, shape (2**n_qubits, outputs), or None
        Where given, the layer returns all probabilities, and these times ``signs``
        are the outputs; else it returns one measurement a read-out.
    """

    run_eagerly = True
    gates: Mapping[str, Any] = GATES

    def __init__(self, circuit: Circuit, execution: Execution, signs: np.ndarray | None) -> None:
        self._circuit, self._dtype = circuit, tf.as_dtype(DTYPES[execution.precision])
        self._reads_inputs = any(a.input_indices for o in circuit.operations for a in o.angles)
        self._signs = None if signs is None else tf.constant(signs, self._dtype)
        whole = [qml.probs(wires=range(circuit.n_qubits))]
        measurements = _measurements(circuit) if signs is None else whole
        self._layer = _layer(_node(circuit, measurements, self.gates), circuit, self._dtype)

    def __call__(self, inputs: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
        inputs, weights = tf.cast(inputs, self._dtype), tf.cast(weights, self._dtype)
        if self._reads_inputs:
            return self._run(inputs, weights)
        # PennyLane drops the batch axis where no operation reads a feature
        return tf.repeat(self._run(inputs[:1], weights), tf.shape(inputs)[0], axis=0)

    def _run(self, inputs: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
        """The layer's own call, with the host's weights in the place of its variable."""
        variables = dict(self._layer.qnode_weights)
        self._layer.qnode_weights["weights"] = weights
        try:
            results = self._layer(inputs if self._reads_inputs else inputs[0])
        finally:
            self._layer.qnode_weights.update(variables)
        results = tf.cast(tf.reshape(results, (inputs.shape[0], -1)), self._dtype)
        return results if self._signs is None else tf.matmul(results, self._signs)

    def states(self, inputs: np.ndarray, weights: np.ndarray) -> np.ndarray:
        node = _node(self._circuit, [qml.state()], self.gates)
        rows = node(tf.constant(inputs, self._dtype), tf.constant(weights, self._dtype))
        flat = np.reshape(rows, (-1, 2**self._circuit.n_qubits))
        return np.broadcast_to(flat, (len(inputs), flat.shape[1])).astype(complex)


class _LoopProgram(_EagerProgram):
    """One call of the KerasLayer a sample."""

    def __call__(self, inputs: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
        call = super().__call__
        rows = [call(inputs[row : row + 1], weights) for row in range(len(inputs))]
        return tf.concat(rows, axis=0)


class _TracedProgram(_EagerProgram):
    """The layer in a tf.function, with a trace for each length of a batch.

    PennyLane must know the length when it builds the graph. Autograph stays off: no
    Python in here depends on a tensor, and converting PennyLane's own code takes
    about 50 times as long as the trace.
    """

    run_eagerly = False
    compiled = False
    gates = TRACED_GATES

    def __init__(self, circuit: Circuit, execution: Execution, signs: np.ndarray | None) -> None:
        super().__init__(circuit, execution, signs)
        self._untraced, xla = super()._run, self.compiled
        self._traced = tf.function(self._untraced, autograph=False, jit_compile=xla)

    def _run(self, inputs: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
        return self._traced(inputs, weights)


class _CompiledProgram(_TracedProgram):
    """The layer compiled by XLA, and in a second function its gradients.

    The second runs the layer again: that costs less than to hand over all that it reads.
    """

    compiled = True

    def __init__(self, circuit: Circuit, execution: Execution, signs: np.ndarray | None) -> None:
        super().__init__(circuit, execution, signs)
        self._gradients = tf.function(self._vjp, autograph=False, jit_compile=True)

    def _run(self, inputs: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
        @tf.custom_gradient
        def run(x: tf.Tensor, w: tf.Tensor) -> tuple[tf.Tensor, Any]:
            return self._traced(x, w), lambda cotangent: self._gradients(x, w, cotangent)

        return run(inputs, weights)

    def _vjp(self, *tensors: tf.Tensor) -> list[tf.Tensor]:
        of, cotangent = list(tensors[:2]), tensors[2]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(of)
            outputs = self._untraced(*of)
        return tape.gradient(outputs, of, cotangent, unconnected_gradients="zero")


def _signs(circuit: Circuit) -> np.ndarray | None:
    """The observables' diagonals, shape (2**n_qubits, outputs), if diagonal observables are all."""
    if not all(isinstance(readout, Expectation) for readout in circuit.readouts):
        return None
    return diagonal_matrix(circuit.readouts, circuit.n_qubits)


def _layer(node: qml.QNode, circuit: Circuit, dtype: tf.DType) -> Any:
    """A KerasLayer; the initial value of its own variable is never read."""
    with warnings.catch_warnings():
        # that KerasLayer ends with this release is why its version is pinned
        warnings.simplefilter("ignore", qml.PennyLaneDeprecationWarning)
        return qml.qnn.KerasLayer(
            node,
            weight_shapes={"weights": (circuit.n_weights,)},
            output_dim=circuit.n_outputs,
            weight_specs={"weights": {"initializer": "zeros"}},
            dtype=dtype,
        )


def _wire_by_wire(operations: Sequence[Operation]) -> list[Operation]:
    """Between gates on several wires, the gates of each wire one after the other.

    Gates on different wires commute. PennyLane's tensordot moves a gate's wire to the front
    and back again, and TensorFlow leaves out what neighbours on one wire undo.
    """
    runs = groupby(operations, key=lambda operation: len(operation.wires) == 1)
    return [
        operation
        for single, run in runs
        for operation in (sorted(run, key=lambda o: o.wires) if single else run)
    ]


def _node(circuit: Circuit, measurements: Sequence[Any], gates: Mapping[str, Any]) -> qml.QNode:
    operations = _wire_by_wire(circuit.operations)

    def run(inputs: tf.Tensor, weights: tf.Tensor) -> Any:
        features, values = _Features(inputs), tf.unstack(weights)
        for operation in operations:
            _apply(operation, gates, features, values, inputs.dtype)
        results = [qml.apply(measurement) for measurement in measurements]
        return results[0] if len(results) == 1 else results

    device = qml.device("default.qubit", wires=circuit.n_qubits)
    return qml.QNode(run, device, interface="tf", diff_method="backprop")


class _Features:
    """Columns of a batch, taken apart once: a slice of its own for each angle costs a node each."""

    def __init__(self, inputs: tf.Tensor) -> None:
        self._columns = tf.unstack(inputs, axis=-1)

    def __getitem__(self, key: tuple[Any, int]) -> tf.Tensor:
        return self._columns[key[-1]]


def _apply(
    operation: Operation,
    gates: Mapping[str, Any],
    features: _Features,
    weights: Sequence[tf.Tensor],
    dtype: tf.DType,
) -> None:
    angles = [angle.evaluate(features, weights) for angle in operation.angles]
    wires = list(operation.wires)
    if operation.gate == STATE_PREPARATION:
        # PennyLane leaves a norm of 1 undivided, and then the gradient lacks the division
        amplitudes = _stacked(angles, dtype)
        unit = amplitudes / tf.norm(amplitudes, axis=-1, keepdims=True)
        qml.AmplitudeEmbedding(unit, wires=wires, normalize=True)
    elif operation.gate == "U3":
        gates["U3"](*tf.unstack(_stacked(angles, dtype), axis=-1), wires=wires)
    else:
        gates[operation.gate](*angles, wires=wires)


def _stacked(angles: Sequence[Any], dtype: tf.DType) -> tf.Tensor:
    """Angles of which some are constants or lack the batch axis, shape ([batch,] angles)."""
    tensors = [tf.convert_to_tensor(angle, dtype) for angle in angles]
    shape = max((tensor.shape for tensor in tensors), key=len)
    return tf.stack([tf.broadcast_to(tensor, shape) for tensor in tensors], axis=-1)


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
