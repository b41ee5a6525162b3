"""What a script calls: ``qbench.evaluate``, ``qbench.run`` and ``qbench.load``."""

from __future__ import annotations

import json

import numpy as np
import pytest

import qbench
from qbench.circuit import Angle, Operation, expval
from qbench.circuit.build import build_circuit
from qbench.exceptions import CircuitError, SpecError, StoreError, UnknownNameError, Unsupported

BACKENDS = [
    "reference",
    pytest.param("pennylane", marks=pytest.mark.environments),
    pytest.param(
        "pennylane[device=lightning.qubit,diff_method=adjoint]", marks=pytest.mark.environments
    ),
]

SUITE = """\
qbench: 1
name: scripted
seeds: 2
data: {name: iris, transform: [{min_max: [0, =pi]}]}
circuits:
  pqc: {n_qubits: 4, encoding: angle, ansatz: hardware_efficient}
models:
  qnn: {layers: [{quantum: pqc}, {dense: n_classes}]}
backends: [reference]
trainer: {epochs: 1}
record: {gradient_variance: off}
profiles: {quick: {seeds: 1}}
"""


@pytest.fixture(scope="module")
def circuit():
    return build_circuit(
        n_qubits=3,
        encoding={"name": "zz_feature_map", "n_layers": 1, "entanglement": "linear"},
        ansatz={"name": "strongly_entangling", "n_layers": 1},
        measure={"expval": ["Z0 Z1", "0.5*X1 + Y2"]},
    ).circuit


@pytest.fixture(scope="module")
def point(circuit):
    draw = np.random.default_rng(3)
    return draw.uniform(0, 2, (4, circuit.n_inputs)), draw.uniform(0, 6, circuit.n_weights)


@pytest.mark.parametrize("backend", BACKENDS)
def test_outputs_and_jacobians_are_right_on_every_backend(circuit, point, backend):
    inputs, weights = point
    found = qbench.evaluate(circuit, inputs, weights, backend=backend, gradients=True)
    reference = qbench.evaluate(circuit, inputs, weights)
    assert reference.input_jacobian is reference.weight_jacobian is None
    np.testing.assert_allclose(found.outputs, reference.outputs, rtol=0, atol=1e-9)

    def slope(axis_inputs, axis_weights, step=1e-5):
        up, down = (
            qbench.evaluate(circuit, inputs + s * axis_inputs, weights + s * axis_weights).outputs
            for s in (step, -step)
        )
        return (up - down) / (2 * step)

    assert found.input_jacobian.shape == (4, 2, circuit.n_inputs)
    assert found.weight_jacobian.shape == (4, 2, circuit.n_weights)
    for n, axis in enumerate(np.eye(circuit.n_inputs)):
        np.testing.assert_allclose(found.input_jacobian[..., n], slope(axis, 0), atol=1e-8)
    for n, axis in enumerate(np.eye(circuit.n_weights)):
        np.testing.assert_allclose(found.weight_jacobian[..., n], slope(0, axis), atol=1e-8)


def test_a_circuit_in_json_is_as_good(circuit, point):
    plain = qbench.evaluate(circuit, *point)
    for written in (circuit.to_json(), json.dumps(circuit.to_json())):
        np.testing.assert_array_equal(qbench.evaluate(written, *point).outputs, plain.outputs)


def test_a_circuit_without_inputs_or_weights_is_evaluated():
    circuit = qbench.Circuit(1, (Operation.of("RY", 0, Angle.weight(0)),), (expval("Z", 0),), 0, 1)
    found = qbench.evaluate(circuit, [[], []], [0.3], gradients=True)
    np.testing.assert_allclose(found.outputs, np.full((2, 1), np.cos(0.3)))
    np.testing.assert_allclose(found.weight_jacobian, np.full((2, 1, 1), -np.sin(0.3)))
    assert found.input_jacobian.shape == (2, 1, 0)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"weights": [1.0]}, CircuitError, r"inputs need shape \(batch, 3\)"),
        ({"inputs": [1.0, 2.0, 3.0]}, CircuitError, r"not \(3,\) and"),
        ({"circuit": "{"}, CircuitError, "JSON"),
        ({"backend": "pennylan"}, UnknownNameError, "did you mean 'pennylane'"),
        ({"backend": "pennylane[devise=x]"}, SpecError, "did you mean 'device'"),
        ({"backend": "pennylane[diff_method=spsa]"}, Unsupported, "no mode with diff_method=spsa"),
        ({"backend": "reference[precision=single]"}, Unsupported, "single precision: not offered"),
    ],
)
def test_what_cannot_be_evaluated_is_told(circuit, point, change, error, message):
    asked = {"circuit": circuit, "inputs": point[0], "weights": point[1]} | change
    with pytest.raises(error, match=message):
        qbench.evaluate(**asked)


@pytest.mark.environments
def test_a_suite_runs_from_a_script_and_its_results_load_as_a_frame(tmp_path):
    (tmp_path / "suite.yaml").write_text(SUITE)
    store = tmp_path / "results.db"
    quick = qbench.run(tmp_path / "suite.yaml", profile="quick", store=store)
    whole = qbench.run(str(tmp_path / "suite.yaml"), store=str(store))
    assert quick != whole
    one, two = qbench.load(quick, store=store), qbench.load(store=store)
    assert (len(one), len(two)) == (1, 2)
    assert set(two["status"]) == {"ok"}
    assert one.iloc[0]["attempt_id"] == two.iloc[0]["attempt_id"], "run twice"
    assert two["metrics.accuracy"].between(0, 1).all()
    assert qbench.load("scripted", store=store).equals(two)
    longer = qbench.run(tmp_path / "suite.yaml", overrides=["trainer.epochs=2"], store=store)
    assert set(qbench.load(longer, store=store)["metrics.epochs"]) == {2}


def test_nothing_to_load_is_told(tmp_path):
    with pytest.raises(StoreError, match="no results yet"):
        qbench.load(store=tmp_path / "none.db")


def test_the_public_names_are_listed_and_others_refused():
    assert {"Circuit", "evaluate", "load", "run"} <= set(dir(qbench))
    with pytest.raises(AttributeError, match="no attribute 'benchmark'"):
        _ = qbench.benchmark
