"""PennyLane's KerasLayer in a training step of TensorFlow's, traced once.

https://docs.pennylane.ai/en/stable/code/api/pennylane.qnn.KerasLayer.html and
https://www.tensorflow.org/guide/basic_training_loops
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable

os.environ["TF_USE_LEGACY_KERAS"] = "1"  # KerasLayer subclasses Keras 2's Layer

import pennylane as qml
import tensorflow as tf
from native.problem import CLASSES, LAYERS, LEARNING_RATE, Problem, ring


def training_step(problem: Problem) -> Callable[[], float]:
    """A step: its batch in, the loss before it out."""
    tf.keras.backend.set_floatx("float64")
    warnings.simplefilter("ignore")
    n = problem.n_qubits

    @qml.qnode(qml.device("default.qubit", wires=n), interface="tf", diff_method="backprop")
    def circuit(inputs, weights):
        qml.AngleEmbedding(inputs, wires=range(n), rotation="Y")
        for layer in range(LAYERS):
            for wire in range(n):
                qml.RY(weights[layer, 0, wire], wires=wire)
                qml.RZ(weights[layer, 1, wire], wires=wire)
            for control, target in ring(n):
                qml.CNOT(wires=[control, target])
        return [qml.expval(qml.PauliZ(wire)) for wire in range(n)]

    model = tf.keras.Sequential(
        [
            qml.qnn.KerasLayer(circuit, {"weights": (LAYERS, 2, n)}, output_dim=n),
            tf.keras.layers.Dense(CLASSES),
        ]
    )
    loss_of = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    optimizer = tf.keras.optimizers.Adam(LEARNING_RATE, epsilon=1e-8)
    model(tf.constant(problem.x))
    model.set_weights([problem.weights, problem.kernel.T, problem.bias])

    @tf.function(autograph=False)  # nothing depends on a tensor's value; traced 50 times as fast
    def update(x, y):
        with tf.GradientTape() as tape:
            loss = loss_of(y, model(x))
        variables = model.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        return loss

    return lambda: float(update(tf.constant(problem.x), tf.constant(problem.y)))
