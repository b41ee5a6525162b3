"""Gradients of draws: one call, cut into batches, each equal to a gradient on its own."""

from dataclasses import replace

import numpy as np
import pytest

from qbench.backend import Execution
from qbench.circuit import Angle, Circuit, Operation, ReferenceProgram, build_circuit, expval
from qbench.plan import circuit_inputs
from qbench.worker.shift import takes_two_terms

pytestmark = pytest.mark.environments


def circuit_of(n_qubits, layers=1, **changes):
    """Layers of RX and RY on each wire with a ladder of CZ; every angle is a weight."""
    gates, count = [], 0
    for _ in range(layers):
        for gate in ("RX", "RY"):
            for wire in range(n_qubits):
                gates.append(Operation.of(gate, wire, Angle.weight(count)))
                count += 1
        gates += [Operation.of("CZ", (q, q + 1)) for q in range(n_qubits - 1)]
    fields = {"readouts": (expval("Z", 0),), "n_inputs": 0, "n_weights": count, **changes}
    return Circuit(n_qubits, tuple(gates), **fields)


def draws_of(circuit, count, seed=0):
    return np.random.default_rng(seed).uniform(0, 2 * np.pi, (count, circuit.n_inputs))


def gradients(worker, circuit, components, inputs, outputs=False):
    request = {"circuit": circuit.to_json(), "components": components, "outputs": outputs}
    return worker.ask("gradients", {"inputs": inputs}, execution=worker.EXECUTION, **request)


@pytest.mark.parametrize("name", ["reference", "keras"])
def test_each_draw_has_the_gradient_of_its_own_circuit(request, name):
    worker, circuit = request.getfixturevalue(name), circuit_of(3, layers=2)
    drawn = circuit.weights_as_inputs()
    inputs, components = draws_of(drawn, 7), [11, 0, 4]
    result, found = gradients(worker, drawn, components, inputs)
    program = ReferenceProgram(circuit)
    for row, weights in enumerate(inputs):
        outputs, _, d_weights = program.vjp(np.zeros((1, 0)), weights, np.ones((1, 1)))
        np.testing.assert_allclose(found["outputs"][row], outputs[0, 0], atol=1e-13)
        np.testing.assert_allclose(found["gradients"][row], d_weights[components], atol=1e-13)
    assert result["rows_per_batch"] == 7
    assert result["seconds"] > 0


@pytest.mark.parametrize("name", ["reference", "keras"])
@pytest.mark.parametrize("entangler", ["CZ", "CRX"])
def test_one_component_is_shifted_where_that_is_exact(request, name, entangler):
    worker = request.getfixturevalue(name)
    ansatz = {"name": "hardware_efficient", "entangler": entangler, "entanglement": "linear"}
    built = build_circuit(3, ansatz=ansatz, measure={"expval": "X0 Z2 - Y1"})
    drawn = built.circuit.weights_as_inputs()
    inputs = draws_of(drawn, 6)
    last = drawn.n_inputs - 1  # of CRX, whose rule has four terms
    shifted, found = gradients(worker, drawn, [last], inputs)
    whole, expected = gradients(worker, drawn, [last], inputs, outputs=True)
    assert shifted["rule"] == ("two-term shift" if entangler == "CZ" else whole["rule"])
    assert ("outputs" in found) == (entangler == "CRX")
    np.testing.assert_allclose(found["gradients"], expected["gradients"], atol=1e-13)
    assert np.abs(expected["gradients"]).min() > 0


def test_a_random_axis_is_shifted_and_what_is_scaled_or_repeated_is_not():
    execution = Execution("numpy", "adjoint")
    built = build_circuit(2, ansatz={"name": "random_pauli", "n_layers": 2})
    drawn = built.circuit.weights_as_inputs()
    one_hot = circuit_inputs(built, {"name": "uniform", "range": [0, 6]}, 3, 5)
    first = built.circuit.n_inputs
    assert takes_two_terms(drawn, execution, first, one_hot)
    assert not takes_two_terms(drawn, execution, first, np.ones_like(one_hot))
    assert not takes_two_terms(drawn, replace(execution, diff_method="spsa"), first, one_hot)
    for gates in ("2*x0", "x0*x0", "x0*x1"):
        circuit = build_circuit(1, gates=[["RX", 0, gates]]).circuit
        assert not takes_two_terms(circuit, execution, 0, np.full((2, circuit.n_inputs), 0.3))
    twice = build_circuit(1, gates=[["RX", 0, "x0"], ["RY", 0, "x0"]]).circuit
    assert not takes_two_terms(twice, execution, 0, np.full((2, 1), 0.3))
    against = build_circuit(1, gates=[["RX", 0, "-1*x0"]]).circuit
    assert takes_two_terms(against, execution, 0, np.full((2, 1), 0.3))


@pytest.mark.parametrize(("name", "n_qubits"), [("reference", 15), ("keras", 10)])
def test_more_draws_than_the_budget_holds_are_cut_into_batches(request, name, n_qubits):
    worker = request.getfixturevalue(name)
    drawn = circuit_of(n_qubits, layers=1).weights_as_inputs()
    inputs = draws_of(drawn, 301)
    result, together = gradients(worker, drawn, [0, 1], inputs)
    assert result["rows_per_batch"] < 301
    for row in (0, result["rows_per_batch"], 300):
        _, apart = gradients(worker, drawn, [0, 1], inputs[row : row + 1])
        np.testing.assert_allclose(together["gradients"][row], apart["gradients"][0], atol=1e-14)
    assert together["gradients"].shape == (301, 2)
    assert len(np.unique(together["outputs"])) == 301


@pytest.mark.parametrize(
    ("changes", "components", "message"),
    [
        ({}, [0, 6], "component 6 is out of range: the circuit has 6 inputs, 0 to 5"),
        ({}, [-1], "component -1 is out of range"),
        ({"readouts": (expval("Z", 0), expval("Z", 1))}, [0], "one output, this one has 2"),
    ],
)
def test_what_has_no_such_gradient_is_refused(reference, changes, components, message):
    drawn = circuit_of(3, **changes).weights_as_inputs()
    with pytest.raises(reference.Error, match=message):
        gradients(reference, drawn, components, draws_of(drawn, 2))


def test_a_circuit_with_weights_is_refused(reference):
    with pytest.raises(reference.Error, match=r"has 6: take weights_as_inputs\(\)"):
        gradients(reference, circuit_of(3), [0], np.zeros((2, 0)))


def test_no_draws_are_refused(reference):
    drawn = circuit_of(2).weights_as_inputs()
    with pytest.raises(reference.Error, match="at least one row"):
        gradients(reference, drawn, [0], np.zeros((0, 4)))
