"""The quantum convolutional network: its gate list, the wires that it keeps, its weights."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from qbench.circuit import Angle, Operation, ReferenceProgram, build_circuit, expval
from qbench.circuit.qcnn import block, kept_wires
from qbench.exceptions import CircuitError

W = Angle.weight


def convolution(first: int, second: int, start: int) -> list[Operation]:
    """A block as the page of the language has it."""
    w = [W(start + k) for k in range(15)]
    return [
        Operation.of("U3", first, *w[:3]),
        Operation.of("U3", second, *w[3:6]),
        Operation.of("RXX", (first, second), w[6]),
        Operation.of("RYY", (first, second), w[7]),
        Operation.of("RZZ", (first, second), w[8]),
        Operation.of("U3", first, *w[9:12]),
        Operation.of("U3", second, *w[12:]),
    ]


def pooling(given_up: int, kept: int, start: int) -> list[Operation]:
    return [
        Operation.of("CRZ", (given_up, kept), W(start)),
        Operation.of("X", given_up),
        Operation.of("CRX", (given_up, kept), W(start + 1)),
        Operation.of("X", given_up),
    ]


def operations(n_qubits: int, **options) -> list[Operation]:
    return list(build_circuit(n_qubits, ansatz={"name": "qcnn", **options}).circuit.operations)


def test_four_wires_are_convolved_and_halved_twice():
    assert operations(4) == [
        *convolution(0, 1, 0), *convolution(2, 3, 0), *convolution(1, 2, 0),
        *pooling(0, 1, 15), *pooling(2, 3, 15),
        *convolution(1, 3, 17),
        *pooling(1, 3, 32),
    ]  # fmt: skip


def test_an_odd_wire_goes_on_as_it_is():
    assert operations(3) == [
        *convolution(0, 1, 0), *convolution(1, 2, 0),
        *pooling(0, 1, 15),
        *convolution(1, 2, 17),
        *pooling(1, 2, 32),
    ]  # fmt: skip


def test_weights_of_its_own_for_each_pair_and_several_convolutions():
    assert operations(3, n_layers=2, shared=False, keep=2) == [
        *convolution(0, 1, 0), *convolution(1, 2, 15),
        *convolution(0, 1, 30), *convolution(1, 2, 45),
        *pooling(0, 1, 60),
        *convolution(1, 2, 62), *convolution(1, 2, 77),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("n_qubits", "levels"),
    [
        (2, [(1,)]),
        (3, [(1, 2), (2,)]),
        (5, [(1, 3, 4), (3, 4), (4,)]),
        (6, [(1, 3, 5), (3, 5), (5,)]),
        (7, [(1, 3, 5, 6), (3, 6), (6,)]),
        (8, [(1, 3, 5, 7), (3, 7), (7,)]),
    ],
)
def test_wires_are_halved_until_the_last_one_is_left(n_qubits, levels):
    assert kept_wires(n_qubits) == [tuple(range(n_qubits)), *levels]
    built = build_circuit(n_qubits, ansatz="qcnn").circuit
    assert built.readouts == (expval("Z", n_qubits - 1),)
    assert built.n_weights == 17 * len(levels)
    read = {k for o in built.operations for angle in o.angles for k in angle.weight_indices}
    assert read == set(range(built.n_weights))


@pytest.mark.parametrize(("keep", "wires"), [(2, (3, 6)), (3, (1, 3, 5, 6)), (4, (1, 3, 5, 6))])
def test_pooling_ends_before_fewer_wires_than_asked_are_left(keep, wires):
    assert kept_wires(7, keep)[-1] == wires
    built = build_circuit(7, ansatz={"name": "qcnn", "keep": keep}).circuit
    assert built.readouts == tuple(expval("Z", wire) for wire in wires)
    assert {o.wires for o in built.operations[-7:]} <= {(a,) for a in wires} | set(pairwise(wires))


def test_no_gate_follows_on_a_wire_that_was_given_up():
    """Pooled wires control and are controlled by nothing later: they could be measured there."""
    found = operations(8)
    for level, after in pairwise(kept_wires(8)):
        for wire in set(level) - set(after):
            last = max(k for k, o in enumerate(found) if wire in o.wires)
            assert found[last] == Operation.of("X", wire)


def test_what_is_measured_can_be_said():
    asked = build_circuit(4, ansatz="qcnn", measure={"expval": "Z"}).circuit
    assert asked.readouts == tuple(expval("Z", wire) for wire in range(4))


def test_a_block_can_swap_two_wires():
    """RXX, RYY and RZZ of pi/2 are a SWAP up to a phase: the block isn't a product."""
    angles = [Angle(np.pi / 2 if 6 <= k < 9 else 0.0) for k in range(15)]
    circuit = build_circuit(2, "angle").circuit
    swapped = type(circuit)(
        2, (*circuit.operations, *block((0, 1), angles)), circuit.readouts, 2, 0
    )
    x = np.array([[0.3, 1.1]])
    outputs = ReferenceProgram(swapped).forward(x, np.zeros(0))
    np.testing.assert_allclose(outputs, np.cos(x[:, ::-1]), atol=1e-14)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"n_qubits": 1}, "pooling needs 2 qubits, not 1"),
        (
            {"n_qubits": 4, "ansatz": {"name": "qcnn", "keep": 4}},
            "keep is a whole number from 1 to",
        ),
        ({"n_qubits": 4, "encoding": "angle", "reupload": "each_layer"}, "features enter it once"),
    ],
)
def test_what_it_is_not_defined_for_is_refused(arguments, words):
    with pytest.raises(CircuitError, match=words):
        build_circuit(**{"ansatz": "qcnn"} | arguments)
