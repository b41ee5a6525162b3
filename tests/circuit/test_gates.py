from __future__ import annotations

import numpy as np
import pytest

from qbench.circuit import GATES

THETA = 0.731
C, S = np.cos(THETA / 2), np.sin(THETA / 2)
E, PHASE = np.exp(-0.5j * THETA), np.exp(1j * THETA)
I2 = np.eye(2)


def controlled(matrix: np.ndarray) -> np.ndarray:
    return np.block([[np.eye(len(matrix)), np.zeros_like(matrix)], [np.zeros_like(matrix), matrix]])


RX = np.array([[C, -1j * S], [-1j * S, C]])
RY = np.array([[C, -S], [S, C]])
RZ = np.diag([E, 1 / E])
X = np.array([[0, 1], [1, 0]])
Y = np.array([[0, -1j], [1j, 0]])
ANTI = np.fliplr(np.eye(4))

FIXED = {
    "H": np.array([[1, 1], [1, -1]]) / np.sqrt(2),
    "X": X,
    "Y": Y,
    "Z": np.diag([1, -1]),
    "S": np.diag([1, 1j]),
    "T": np.diag([1, (1 + 1j) / np.sqrt(2)]),
    "SX": np.array([[1 + 1j, 1 - 1j], [1 - 1j, 1 + 1j]]) / 2,
    "CNOT": np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]]),
    "CY": controlled(Y),
    "CZ": np.diag([1, 1, 1, -1]),
    "SWAP": np.eye(4)[[0, 2, 1, 3]],
    "Toffoli": np.eye(8)[[0, 1, 2, 3, 4, 5, 7, 6]],
}
ROTATIONS = {
    "RX": RX,
    "RY": RY,
    "RZ": RZ,
    "PhaseShift": np.diag([1, PHASE]),
    "CRX": controlled(RX),
    "CRY": controlled(RY),
    "CRZ": controlled(RZ),
    "CPhase": np.diag([1, 1, 1, PHASE]),
    "RXX": C * np.eye(4) - 1j * S * ANTI,
    "RYY": C * np.eye(4) - 1j * S * np.diag([-1, 1, 1, -1]) @ ANTI,
    "RZZ": np.diag([E, 1 / E, 1 / E, E]),
}


def test_the_catalogue_is_covered_here():
    assert set(FIXED) | set(ROTATIONS) | {"U3"} == set(GATES)


@pytest.mark.parametrize("name", FIXED)
def test_a_fixed_gate_has_its_textbook_matrix(name):
    np.testing.assert_allclose(GATES[name].matrix(), FIXED[name], atol=1e-15)


@pytest.mark.parametrize("name", ROTATIONS)
def test_a_rotation_has_its_closed_form(name):
    np.testing.assert_allclose(GATES[name].matrix(THETA), ROTATIONS[name], atol=1e-14)


def test_u3_is_a_phase_and_three_rotations():
    theta, phi, lam = 0.3, 1.1, -0.7
    rz, ry = GATES["RZ"].matrix, GATES["RY"].matrix
    expected = np.exp(0.5j * (phi + lam)) * rz(phi) @ ry(theta) @ rz(lam)
    np.testing.assert_allclose(GATES["U3"].matrix(theta, phi, lam), expected, atol=1e-15)


@pytest.mark.parametrize("name", GATES)
def test_every_gate_is_unitary_and_broadcasts_over_angles(name):
    gate = GATES[name]
    angles = np.linspace(-2, 3, 5 * gate.n_angles).reshape(gate.n_angles, 5)
    matrices = np.broadcast_to(gate.matrix(*angles), (5, 2**gate.n_wires, 2**gate.n_wires))
    for column, matrix in zip(angles.T, matrices, strict=True):
        np.testing.assert_allclose(matrix @ matrix.conj().T, np.eye(len(matrix)), atol=1e-14)
        np.testing.assert_allclose(matrix, gate.matrix(*column), atol=1e-15)


@pytest.mark.parametrize("name", [g for g in GATES if GATES[g].n_angles])
def test_generators_give_the_derivative_of_the_matrix(name):
    gate, step = GATES[name], 1e-6
    angles = np.array([0.4, -1.2, 2.1])[: gate.n_angles]
    for k, generator in enumerate(gate.generators(*angles)):
        shift = step * np.eye(gate.n_angles)[k]
        numeric = (gate.matrix(*(angles + shift)) - gate.matrix(*(angles - shift))) / (2 * step)
        np.testing.assert_allclose(-1j * generator @ gate.matrix(*angles), numeric, atol=1e-9)


@pytest.mark.parametrize("name", [g for g in GATES if GATES[g].n_angles])
def test_frequencies_hold_every_gap_of_the_spectrum(name):
    """An expectation value is a trigonometric polynomial of just these frequencies."""
    gate, rng = GATES[name], np.random.default_rng(1)
    dim = 2**gate.n_wires
    state = rng.normal(size=dim) + 1j * rng.normal(size=dim)
    observable = rng.normal(size=(dim, dim)) + 1j * rng.normal(size=(dim, dim))
    observable += observable.conj().T
    fixed = [0.3, -0.8, 1.7][: gate.n_angles]
    for k, frequencies in enumerate(gate.frequencies):
        grid = np.linspace(0, 4 * np.pi, 41)
        values = []
        for angle in grid:
            moved = gate.matrix(*[*fixed[:k], angle, *fixed[k + 1 :]]) @ state
            values.append((moved.conj() @ observable @ moved).real)
        columns = [np.ones_like(grid)]
        columns += [f(r * grid) for r in frequencies for f in (np.cos, np.sin)]
        basis = np.stack(columns, axis=1)
        fit = basis @ np.linalg.lstsq(basis, np.array(values), rcond=None)[0]
        np.testing.assert_allclose(fit, values, atol=1e-10)
