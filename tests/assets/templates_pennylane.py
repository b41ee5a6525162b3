"""Prints the states of PennyLane's own templates as JSON, for tests/circuit/test_templates.py.

Run by the Python of the pennylane environment. Feature i is 0.4 + 0.35 i, weight
k is sin(1 + k); a state is [[real parts], [imaginary parts]], wire 0 most
significant.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable

import numpy as np
import pennylane as qml


def features(count: int) -> np.ndarray:
    return np.array([0.4 + 0.35 * i for i in range(count)])


def weights(*shape: int) -> np.ndarray:
    return np.array([math.sin(1 + k) for k in range(math.prod(shape))]).reshape(shape)


def state(n_qubits: int, apply: Callable[[range], object]) -> list[list[float]]:
    @qml.qnode(qml.device("default.qubit", wires=n_qubits))
    def circuit() -> object:
        apply(range(n_qubits))
        return qml.state()

    vector = np.asarray(circuit())
    return [vector.real.tolist(), vector.imag.tolist()]


def spread(wires: range) -> None:
    """A state in which a diagonal encoding shows."""
    for wire in wires:
        qml.Hadamard(wire)


def encodings(n: int) -> dict[str, list[list[float]]]:
    x, bits = features(n), [(i + 1) % 2 for i in range(n)]
    short = features(2**n - 1)
    states = {
        f"angle {axis} {n}": state(n, lambda w, axis=axis: qml.AngleEmbedding(x, w, rotation=axis))
        for axis in "XY"
    }

    def with_hadamards(wires: range) -> None:
        spread(wires)
        qml.AngleEmbedding(x, wires, rotation="Z")

    states[f"angle Z {n}"] = state(n, with_hadamards)
    states[f"amplitude {n}"] = state(
        n, lambda w: qml.AmplitudeEmbedding(short, w, pad_with=0.3, normalize=True)
    )
    states[f"basis {n}"] = state(n, lambda w: qml.BasisEmbedding(bits, w))
    for repeats in (1, 2):
        states[f"iqp {n} {repeats}"] = state(
            n, lambda w, repeats=repeats: qml.IQPEmbedding(x, w, n_repeats=repeats)
        )
    return states


def ansatze(n: int) -> dict[str, list[list[float]]]:
    states = {}
    for gate in (qml.RX, qml.RY):
        states[f"basic_entangler {gate.__name__} {n}"] = state(
            n, lambda w, gate=gate: qml.BasicEntanglerLayers(weights(2, n), w, rotation=gate)
        )
    states[f"strongly_entangling {n}"] = state(
        n, lambda w: qml.StronglyEntanglingLayers(weights(5, n, 3), w)
    )
    if n > 1:
        states[f"strongly_entangling CZ {n}"] = state(
            n,
            lambda w: qml.StronglyEntanglingLayers(
                weights(2, n, 3), w, ranges=[n - 1, 1], imprimitive=qml.CZ
            ),
        )
    return states


def ring(n: int) -> list[list[int]]:
    template = qml.BasicEntanglerLayers(np.zeros((1, n)), range(n))
    return [list(o.wires) for o in template.decomposition() if len(o.wires) == 2]


result: dict[str, object] = {"states": {}, "pairs": {}}
for count in (1, 2, 3, 4):
    result["states"].update(encodings(count))  # type: ignore[attr-defined]
    result["states"].update(ansatze(count))  # type: ignore[attr-defined]
for count in (1, 2, 3, 4, 5):
    result["pairs"][f"ring {count}"] = ring(count)  # type: ignore[index]
print(json.dumps(result))
