from __future__ import annotations

import numpy as np
import pytest

from qbench.circuit import (
    GATES,
    STATE_PREPARATION,
    Angle,
    Circuit,
    Expectation,
    ObservableTerm,
    Operation,
    Probabilities,
    ReferenceProgram,
    build_circuit,
    expval,
)
from qbench.exceptions import CircuitError

X, W = Angle.input, Angle.weight
READOUTS = {
    "diagonal": (expval("Z", 0), expval("ZZ", 0, 2)),
    "not diagonal": (expval("X", 1), expval("YZ", 0, 2)),
    "projectors": (Expectation((ObservableTerm(1.0, ()), ObservableTerm(-0.5, ((1, "P0"),)))),),
    "weighted": (
        Expectation(
            (ObservableTerm(0.3, ((0, "X"), (2, "P1"))), ObservableTerm(-2.0, ((1, "Z"),)))
        ),
    ),
    "probabilities": (Probabilities((2, 0)),),
    "mixed": (Probabilities((1,)), expval("X", 0), Probabilities((0, 1, 2)), expval("Z", 2)),
}


def around(gate: str, wires: tuple[int, ...]) -> Circuit:
    """The gate, with polynomial angles, between layers that hide no error."""
    angles = [X(0) * W(0) + 0.3, W(1) * 1.7 + X(1), X(0) * X(1) - W(2)][: GATES[gate].n_angles]
    before = [Operation.of("U3", q, 0.4 + q, W(3) + 0.1 * q, X(1) * 0.5) for q in range(3)]
    after = [Operation.of("CNOT", (q, (q + 1) % 3)) for q in range(3)]
    after += [Operation.of("RX", q, W(4) + q) for q in range(3)]
    readouts = (expval("Z", 0), expval("X", 1), expval("YZ", 2, 0))
    return Circuit(3, (*before, Operation.of(gate, wires, *angles), *after), readouts, 2, 5)


def check_gradients(circuit: Circuit, rng: np.random.Generator, batch: int = 3) -> None:
    program, step = ReferenceProgram(circuit), 1e-6
    x = rng.normal(size=(batch, circuit.n_inputs))
    w = rng.normal(size=circuit.n_weights)
    cotangent = rng.normal(size=(batch, circuit.n_outputs))
    outputs, d_inputs, d_weights = program.vjp(x, w, cotangent)
    np.testing.assert_allclose(outputs, program.forward(x, w), atol=1e-14)

    def value(x: np.ndarray, w: np.ndarray) -> np.ndarray:
        return np.sum(cotangent * program.forward(x, w), axis=1)

    for i in range(circuit.n_inputs):
        shift = step * np.eye(circuit.n_inputs)[i]
        numeric = (value(x + shift, w) - value(x - shift, w)) / (2 * step)
        np.testing.assert_allclose(d_inputs[:, i], numeric, atol=2e-8)
    for k in range(circuit.n_weights):
        shift = step * np.eye(circuit.n_weights)[k]
        numeric = np.sum(value(x, w + shift) - value(x, w - shift)) / (2 * step)
        np.testing.assert_allclose(d_weights[k], numeric, atol=2e-8)


def dense_states(circuit: Circuit, x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Kronecker products and one row at a time: slow, and nothing shared with the reference."""
    n, rows = circuit.n_qubits, []
    for row in x:
        state = np.eye(2**n, dtype=complex)[0]
        for o in circuit.operations:
            matrix = GATES[o.gate].matrix(*(a.evaluate(row, w) for a in o.angles))
            full = np.zeros((2**n, 2**n), dtype=complex)
            for source in range(2**n):
                bits = [(source >> (n - 1 - q)) & 1 for q in range(n)]
                column = int("".join(str(bits[q]) for q in o.wires), 2)
                for target in range(len(matrix)):
                    moved = list(bits)
                    for q, bit in zip(o.wires, f"{target:0{len(o.wires)}b}", strict=True):
                        moved[q] = int(bit)
                    full[int("".join(map(str, moved)), 2), source] += matrix[target, column]
            state = full @ state
        rows.append(state)
    return np.array(rows)


@pytest.mark.parametrize("reverse", [False, True], ids=["wires up", "wires down"])
@pytest.mark.parametrize("gate", GATES)
def test_states_equal_those_of_dense_matrices(gate, reverse, rng):
    wires = tuple(range(GATES[gate].n_wires))
    circuit = around(gate, wires[::-1] if reverse else tuple(w + 3 - len(wires) for w in wires))
    x, w = rng.normal(size=(4, 2)), rng.normal(size=5)
    states = ReferenceProgram(circuit).states(x, w)
    np.testing.assert_allclose(states, dense_states(circuit, x, w), atol=1e-13)


@pytest.mark.parametrize("gate", GATES)
def test_adjoint_gradients_of_every_gate_equal_finite_differences(gate, rng):
    for wires in ((0, 2, 1), (1, 0, 2)):
        check_gradients(around(gate, wires[: GATES[gate].n_wires]), rng)


@pytest.mark.parametrize("readouts", READOUTS.values(), ids=READOUTS.keys())
def test_adjoint_gradients_of_every_readout_equal_finite_differences(readouts, rng):
    operations = around("CRY", (2, 0)).operations
    check_gradients(Circuit(3, operations, readouts, 2, 5), rng)


def test_adjoint_gradients_reach_through_an_amplitude_encoding(rng):
    amplitudes = [X(0), X(1) * W(0), 0.5, X(0) * X(2)]
    first = Operation.of(STATE_PREPARATION, (0, 1), *amplitudes)
    rest = (Operation.of("RY", 1, W(1)), Operation.of("CNOT", (1, 2)), Operation.of("RX", 2, X(2)))
    check_gradients(Circuit(3, (first, *rest), (expval("Z", 2), expval("X", 0)), 3, 2), rng)


def test_a_rotation_about_y_gives_a_cosine():
    circuit = Circuit(1, (Operation.of("RY", 0, X(0)),), (expval("Z", 0), expval("X", 0)), 1)
    x = np.linspace(-3, 3, 7)[:, None]
    outputs = ReferenceProgram(circuit).forward(x, [])
    np.testing.assert_allclose(outputs, np.hstack([np.cos(x), np.sin(x)]), atol=1e-15)


def test_wire_0_is_the_most_significant_bit():
    circuit = Circuit(3, (Operation.of("X", 0),), (Probabilities((0, 1, 2)), Probabilities((2, 0))))
    outputs = ReferenceProgram(circuit).forward(np.zeros((1, 0)), [])
    assert np.flatnonzero(outputs[0]).tolist() == [0b100, 8 + 0b01]


def test_gradients_that_nobody_wants_are_left_out(rng):
    circuit = around("CRX", (1, 2))
    program = ReferenceProgram(circuit)
    x, w, c = rng.normal(size=(3, 2)), rng.normal(size=5), rng.normal(size=(3, 3))
    _, d_inputs, d_weights = program.vjp(x, w, c)
    _, no_inputs, same_weights = program.vjp(x, w, c, wrt_inputs=False)
    _, same_inputs, no_weights = program.vjp(x, w, c, wrt_weights=False)
    assert not no_inputs.any()
    assert not no_weights.any()
    np.testing.assert_array_equal(same_inputs, d_inputs)
    np.testing.assert_array_equal(same_weights, d_weights)


def test_weights_as_inputs_gives_the_gradient_of_each_draw(rng):
    circuit = around("U3", (1,))
    wide = circuit.weights_as_inputs()
    assert (wide.n_inputs, wide.n_weights) == (7, 0)
    x, draws = rng.normal(size=(4, 2)), rng.normal(size=(4, 5))
    c = rng.normal(size=(4, 3))
    outputs, gradients, _ = ReferenceProgram(wide).vjp(np.hstack([x, draws]), [], c)
    for row in range(4):
        one = slice(row, row + 1)
        expected = ReferenceProgram(circuit).vjp(x[one], draws[row], c[one])
        np.testing.assert_allclose(outputs[one], expected[0], atol=1e-14)
        np.testing.assert_allclose(gradients[row, :2], expected[1][0], atol=1e-14)
        np.testing.assert_allclose(gradients[row, 2:], expected[2], atol=1e-14)


def test_an_empty_batch_gives_empty_outputs_and_no_gradient():
    circuit = build_circuit(2, "angle", "strongly_entangling", {"expval": "X"}).circuit
    w = np.ones(circuit.n_weights)
    outputs, d_inputs, d_weights = ReferenceProgram(circuit).vjp(
        np.ones((0, 2)), w, np.ones((0, 2))
    )
    assert outputs.shape == d_inputs.shape == (0, 2)
    assert not d_weights.any()


@pytest.mark.parametrize(
    ("inputs", "weights", "cotangent", "words"),
    [
        (np.zeros((1, 3)), np.zeros(5), np.zeros((1, 3)), "inputs need shape"),
        (np.zeros((1, 2)), np.zeros(4), np.zeros((1, 3)), "weights need shape"),
        (np.zeros((1, 2)), np.zeros(5), np.zeros((1, 2)), "cotangent has shape"),
    ],
)
def test_arrays_of_the_wrong_shape_are_refused(inputs, weights, cotangent, words):
    with pytest.raises(CircuitError, match=words):
        ReferenceProgram(around("RX", (0,))).vjp(inputs, weights, cotangent)


def test_a_row_of_zeros_has_no_amplitude_encoding():
    circuit = build_circuit(2, "amplitude").circuit
    rows = np.array([[1.0, 0, 0, 0], [0, 0, 0, 0]])
    with pytest.raises(CircuitError, match="row 1: all its features are zero"):
        ReferenceProgram(circuit).forward(rows, [])
