"""What the tests of the KerasLayer adapter measure, inside its environment.

Run as ``python -I -c`` by test_pennylane_keras_adapter.py; prints one JSON object.
"""

import json
import time
import warnings

import numpy as np
from qbench_pennylane_keras import PennyLaneKerasBackend, qml, tf

from qbench.backend import Execution
from qbench.circuit import (
    STATE_PREPARATION,
    Angle,
    Circuit,
    Operation,
    Probabilities,
    ReferenceProgram,
    expval,
)
from qbench.worker.hosts.tensorflow_host import create

WAYS = {
    "documented": ("default.qubit", "documented"),
    "xla": ("default.qubit-xla", "documented"),
    "tutorial": ("default.qubit", "tutorial"),
    "per sample": ("default.qubit-per-sample", "tutorial"),
}
calls = 0


def count_calls():
    """Count what KerasLayer itself is asked to do, in tracing or eagerly."""
    original = qml.qnn.KerasLayer.call

    def counted(layer, inputs):
        global calls
        calls += 1
        return original(layer, inputs)

    qml.qnn.KerasLayer.call = counted


def layered():
    x, w = Angle.input, Angle.weight
    gates = [
        Operation.of("RY", 0, x(0)),
        Operation.of("PhaseShift", 0, x(1) * w(0)),
        Operation.of("RX", 1, w(1)),
        Operation.of("CNOT", (0, 1)),
        Operation.of("U3", 1, x(0), 0.3, w(2)),
        Operation.of("H", 0),
    ]
    return Circuit(2, tuple(gates), (expval("Z", 0), expval("ZZ", 0, 1)), 2, 3)


def program(circuit, way):
    device, tier = WAYS[way]
    return PennyLaneKerasBackend().compile(circuit, Execution(device, "backprop", tier))


def errors(made, circuit, inputs, weights):
    """Largest differences of outputs and of both gradients from the reference."""
    cotangent = np.random.default_rng(1).normal(size=(len(inputs), circuit.n_outputs))
    expected = ReferenceProgram(circuit).vjp(inputs, weights, cotangent)
    x, w = tf.constant(inputs, tf.float64), tf.constant(weights, tf.float64)
    with tf.GradientTape() as tape:
        tape.watch([x, w])
        outputs = made(x, w)
    gradients = tape.gradient(
        outputs, [x, w], output_gradients=tf.constant(cotangent), unconnected_gradients="zero"
    )
    found = (outputs, *gradients)
    return [float(np.max(np.abs(f - e), initial=0.0)) for f, e in zip(found, expected, strict=True)]


def batches(way):
    """[rows, calls of the layer so far, largest error] of batches of several lengths."""
    circuit, rows = layered(), []
    made, draw, before = program(circuit, way), np.random.default_rng(2), calls
    for length in (6, 6, 1, 6):
        error = errors(made, circuit, draw.normal(size=(length, 2)), draw.normal(size=3))
        rows.append([length, calls - before, max(error)])
    return rows


def without_features(way):
    """Every row is the same where no operation reads a feature."""
    gates = (Operation.of("RY", 0, Angle.weight(0)), Operation.of("CNOT", (0, 1)))
    readouts = (expval("X", 0), Probabilities((1,)))
    worst = 0.0
    for n_inputs in (0, 2):
        circuit = Circuit(2, gates, readouts, n_inputs, 1)
        made = program(circuit, way)
        for length in (1, 4):
            found = errors(made, circuit, np.zeros((length, n_inputs)), np.array([0.7]))
            worst = max(worst, *found)
    return worst


def unit_amplitudes(way):
    """Rows whose norm is 1 already, of which PennyLane skips the normalisation."""
    angles = [Angle.input(i) for i in range(4)]
    gates = (Operation.of(STATE_PREPARATION, (0, 1), *angles), Operation.of("CRX", (0, 1), 0.7))
    circuit = Circuit(2, gates, (expval("Z", 0), expval("X", 1)), 4, 0)
    inputs = np.array([[1.0, 0.0, 0.0, 0.0], [0.5, 0.5, 0.5, 0.5]])
    return max(errors(program(circuit, way), circuit, inputs, np.zeros(0)))


def einsums(way):
    """Einsums among the operations of a graph that has only gates on single wires."""
    x, w = Angle.input, Angle.weight
    gates = (Operation.of("RY", 0, x(0)), Operation.of("RZ", 0, w(0)), Operation.of("H", 1))
    made = program(Circuit(2, gates, (Probabilities((0, 1)),), 1, 1), way)
    traced = tf.function(made, autograph=False).get_concrete_function(
        tf.TensorSpec((1, 1), tf.float64), tf.TensorSpec((1,), tf.float64)
    )
    graph = traced.graph.as_graph_def()
    nodes = [*graph.node, *(node for f in graph.library.function for node in f.node_def)]
    return sum(node.op == "Einsum" for node in nodes)


def evaluations(way):
    """Of three evaluations by the host: calls of the program, largest error, seconds."""
    device, tier = WAYS[way]
    circuit, host, execution = layered(), create(), Execution(device, "backprop", tier)
    made, asked = program(circuit, way), []

    def counted(inputs, weights):
        asked.append(inputs.shape)
        return made(inputs, weights)

    counted.run_eagerly = made.run_eagerly
    worst, seconds = 0.0, []
    for k in range(3):
        arrays = np.full((4, 2), 0.1 * k), np.arange(k, k + 3.0), np.ones((4, 2))
        expected = ReferenceProgram(circuit).vjp(*arrays)
        begun = time.process_time()
        found = host.evaluate(counted, execution, circuit, *arrays)
        seconds.append(time.process_time() - begun)
        worst = max(worst, *(np.max(np.abs(f - e)) for f, e in zip(found, expected, strict=True)))
    return len(asked), float(worst), seconds


def phase_shift_in_a_trace():
    """What PennyLane's own PhaseShift says to a batch inside tf.function."""
    node = qml.QNode(
        lambda angle: [qml.PhaseShift(angle, wires=0), qml.expval(qml.Z(0))][1],
        qml.device("default.qubit", wires=1),
        interface="tf",
    )
    try:
        tf.function(node, autograph=False)(tf.constant([0.1, 0.2], tf.float64))
    except TypeError as error:
        return str(error)
    return ""


warnings.simplefilter("ignore")
tf.get_logger().setLevel("ERROR")
count_calls()
print(
    json.dumps(
        {
            "batches": {way: batches(way) for way in WAYS},
            "without_features": {way: without_features(way) for way in WAYS},
            "unit_amplitudes": {way: unit_amplitudes(way) for way in WAYS},
            "evaluations": {way: evaluations(way) for way in WAYS},
            "einsums": {way: einsums(way) for way in ("documented", "tutorial")},
            "phase_shift": phase_shift_in_a_trace(),
            "eager": {way: program(layered(), way).run_eagerly for way in WAYS},
            "versions": dict(PennyLaneKerasBackend().versions()),
        }
    )
)
