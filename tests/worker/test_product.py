"""A circuit without entanglement computed wire by wire is the same function, to rounding."""

from __future__ import annotations

import numpy as np
import pytest

from qbench.circuit import ReferenceProgram
from qbench.circuit.build import build_circuit
from qbench.exceptions import CircuitError
from qbench.worker.product import ProductProgram

GATES = [["RX", 0, "x0"], ["RY", 1, "x1 * x2 + w"], ["H", 2], ["SWAP", [0, 2]], ["RZ", 0, "w0"]]
GATES += [["U3", 1, "w", "x2", "w"], ["RY", 2, "w0 * x0"]]


@pytest.mark.parametrize(
    "measure",
    [
        {"expval": "Z"},
        {"expval": ["Z0 X1", "0.5*Y2 - 1.5*Z0 Z1 Z2 + 0.25", "prod(P0)", "1 - mean(P0)"]},
        {"probs": "all"},
        {"probs": [2, 0]},
    ],
)
def test_outputs_and_gradients_are_the_references(measure):
    circuit = build_circuit(3, gates=GATES, measure=measure).circuit
    draw = np.random.default_rng(0)
    x, w = draw.normal(size=(5, circuit.n_inputs)), draw.normal(size=circuit.n_weights)
    cotangent = draw.normal(size=(5, circuit.n_outputs))
    ours = ProductProgram(circuit).vjp(x, w, cotangent)
    expected = ReferenceProgram(circuit).vjp(x, w, cotangent)
    assert np.abs(expected[1]).max() > 0.01
    assert np.abs(expected[2]).max() > 0.01
    for found, right in zip(ours, expected, strict=True):
        np.testing.assert_allclose(found, right, rtol=0, atol=1e-13)
    np.testing.assert_array_equal(ProductProgram(circuit).forward(x, w), ours[0])


def test_forty_qubits_are_no_obstacle():
    built = build_circuit(40, encoding="angle", measure={"expval": ["prod(Z)", "mean(Z)"]})
    x = np.random.default_rng(1).uniform(0, 0.1, (2, 40))
    outputs = ProductProgram(built.circuit).forward(x, np.zeros(0))
    np.testing.assert_allclose(outputs[:, 0], np.cos(x).prod(axis=1))
    np.testing.assert_allclose(outputs[:, 1], np.cos(x).mean(axis=1))


@pytest.mark.parametrize(
    ("options", "gate"),
    [
        ({"ansatz": "basic_entangler"}, "CNOT"),
        ({"encoding": "amplitude"}, "StatePreparation"),
    ],
)
def test_what_entangles_is_refused(options, gate):
    with pytest.raises(CircuitError, match=f"{gate} on .* entangles wires"):
        ProductProgram(build_circuit(2, **options).circuit)
