"""The article's Keras model as printed, four outputs for ten classes: what its first batch does.

Runs in the environment of pennylane_keras (see ``make``).
"""

import os

os.environ |= {"TF_USE_LEGACY_KERAS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
import numpy as np
import pennylane as qml
import tensorflow as tf

N_QUBITS = 4


@qml.qnode(qml.device("default.qubit", wires=N_QUBITS), interface="tf")
def circuit(inputs, weights):
    """RY(pi x), RZ, a ring of CNOT, RY; Z of every wire."""
    for i in range(N_QUBITS):
        qml.RY(np.pi * inputs[..., i], wires=i)
        qml.RZ(weights[0, i], wires=i)
    for i in range(N_QUBITS):
        qml.CNOT(wires=[i, (i + 1) % N_QUBITS])
    for i in range(N_QUBITS):
        qml.RY(weights[1, i], wires=i)
    return [qml.expval(qml.PauliZ(i)) for i in range(N_QUBITS)]


def first_batch(loss: str, labels: np.ndarray, head: bool) -> str:
    """The loss of one batch of images, or why there is none."""
    keras = tf.keras
    layers = [
        keras.layers.Conv2D(32, 3, activation="relu", input_shape=(28, 28, 1)),
        keras.layers.MaxPooling2D(),
        keras.layers.Conv2D(64, 3, activation="relu"),
        keras.layers.MaxPooling2D(),
        keras.layers.Flatten(),
        keras.layers.Dense(128, activation="relu"),
        keras.layers.Dense(10),
        keras.layers.Dense(N_QUBITS),
        qml.qnn.KerasLayer(circuit, {"weights": (2, N_QUBITS)}, output_dim=N_QUBITS),
        *([keras.layers.Dense(10)] if head else []),
        keras.layers.Activation("softmax"),
    ]
    model = keras.Sequential(layers)
    model.compile(optimizer="adam", loss=loss, run_eagerly=True)
    images = np.random.default_rng(0).random((len(labels), 28, 28, 1), dtype=np.float32)
    try:
        history = model.fit(images, labels, batch_size=len(labels), epochs=1, verbose=0)
    except (ValueError, tf.errors.InvalidArgumentError) as error:
        said = str(error).strip().splitlines()
        return f"{type(error).__name__}: {said[-1] if 'Shapes' in said[-1] else said[0]}"
    return f"runs, loss {history.history['loss'][0]:.3f}"


tf.random.set_seed(0)
numbers = np.arange(10)
one_hot = np.eye(10, dtype=np.float32)
for name, labels in (
    ("categorical_crossentropy", one_hot),
    ("sparse_categorical_crossentropy", numbers),
):
    print(f"as printed, {name}: {first_batch(name, labels, head=False)}")
    print(f"with a dense head, {name}: {first_batch(name, labels, head=True)}")
