from __future__ import annotations

import json

import numpy as np
import pytest

from qbench.circuit import (
    STATE_PREPARATION,
    Angle,
    Circuit,
    Expectation,
    ObservableTerm,
    Operation,
    Probabilities,
    ReferenceProgram,
    build_circuit,
    diagonal_matrix,
    expval,
)
from qbench.exceptions import CircuitError

Z0 = (expval("Z", 0),)


def built(**slots: object) -> Circuit:
    return build_circuit(3, **slots).circuit  # type: ignore[arg-type]


CIRCUITS = {
    "re-uploading": built(
        encoding={"name": "angle", "scale": 0.5}, ansatz="real_amplitudes", reupload="each_layer"
    ),
    "feature map": built(encoding="zz_feature_map", measure={"expval": "1 - mean(P0)"}),
    "amplitudes": built(encoding="amplitude", measure={"probs": [2, 0]}),
    "gates": built(gates=[["U3", 1, "w", 0.5, "x0*w0"], ["Toffoli", [2, 0, 1]]]),
}


@pytest.mark.parametrize("circuit", CIRCUITS.values(), ids=CIRCUITS.keys())
def test_json_gives_the_circuit_back(circuit):
    again = Circuit.from_json(json.dumps(circuit.to_json()))
    assert again == circuit
    assert again.key == circuit.key


def test_keys_tell_circuits_apart():
    assert len({circuit.key for circuit in CIRCUITS.values()}) == len(CIRCUITS)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("{", "does not parse"),
        ([], "a circuit is a JSON object"),
        ({"version": 99}, "version 99"),
        ({"version": 1, "n_qubits": 1}, "not a circuit"),
        (
            {
                "version": 1,
                "n_qubits": 1,
                "n_inputs": 0,
                "n_weights": 0,
                "operations": [["RX"]],
                "measure": [],
            },
            "not a circuit",
        ),
    ],
)
def test_json_that_is_no_circuit_is_refused(value, words):
    with pytest.raises(CircuitError, match=words):
        Circuit.from_json(value)


@pytest.mark.parametrize(
    ("operations", "words"),
    [
        ([Operation.of("CX", (0, 1))], "no such gate"),
        ([Operation.of("CNOT", (0, 0))], "2 different wires"),
        ([Operation.of("RX", 0)], "takes 1 angles"),
        ([Operation.of("X", 2)], "wire 2 is outside"),
        ([Operation.of("RX", 0, Angle.input(1))], "beyond the 1 inputs"),
        ([Operation.of("RX", 0, Angle.weight(0))], "beyond the 0 weights"),
        (
            [Operation.of("X", 0), Operation.of(STATE_PREPARATION, 0, 1.0, 0.0)],
            "state preparation stands first",
        ),
    ],
)
def test_operations_that_do_not_fit_are_refused(operations, words):
    with pytest.raises(CircuitError, match=words):
        Circuit(2, tuple(operations), Z0, 1)


@pytest.mark.parametrize(
    ("readout", "words"),
    [
        (expval("Z", 5), "wire 5"),
        (expval("ZX", 0, 0), "two factors on one wire"),
        (Expectation((ObservableTerm(1.0, ((0, "Q"),)),)), "no such factor"),
        (Probabilities((0, 0)), "different wires"),
        (Probabilities(()), "different wires"),
        (Probabilities((3,)), "wire 3"),
    ],
)
def test_readouts_that_do_not_fit_are_refused(readout, words):
    with pytest.raises(CircuitError, match=words):
        Circuit(2, (), (readout,))


def test_a_circuit_counts_its_outputs_depth_and_two_qubit_gates():
    operations = (
        Operation.of("H", 0),
        Operation.of("CNOT", (0, 1)),
        Operation.of("H", 2),
        Operation.of("Toffoli", (0, 1, 2)),
    )
    circuit = Circuit(3, operations, (Probabilities((0, 1)), expval("Z", 2)))
    assert (circuit.n_outputs, circuit.depth, circuit.two_qubit_gates) == (5, 3, 7)


def test_projectors_are_half_the_identity_and_z():
    observable = Expectation((ObservableTerm(2.0, ((0, "P0"), (1, "P1"), (2, "X"))),))
    terms = {t.factors: t.coefficient for t in observable.pauli_terms()}
    assert terms == {
        ((2, "X"),): 0.5,
        ((0, "Z"), (2, "X")): 0.5,
        ((1, "Z"), (2, "X")): -0.5,
        ((0, "Z"), (1, "Z"), (2, "X")): -0.5,
    }


def test_pauli_terms_keep_the_expectation_value(rng):
    operations = CIRCUITS["re-uploading"].operations
    observable = Expectation((ObservableTerm(0.7, ((0, "P0"), (2, "P1"), (1, "Y"))),))
    both = (observable, Expectation(observable.pauli_terms()))
    n_weights = CIRCUITS["re-uploading"].n_weights
    program = ReferenceProgram(Circuit(3, operations, both, 3, n_weights))
    outputs = program.forward(rng.normal(size=(5, 3)), rng.normal(size=n_weights))
    np.testing.assert_allclose(outputs[:, 0], outputs[:, 1], atol=1e-14)


def test_diagonal_readouts_are_a_matrix_on_probabilities():
    matrix = diagonal_matrix((expval("Z", 1), Probabilities((1,))), 2)
    assert matrix is not None
    np.testing.assert_array_equal(matrix.T, [[1, -1, 1, -1], [1, 0, 1, 0], [0, 1, 0, 1]])
    assert diagonal_matrix((expval("X", 1),), 2) is None
