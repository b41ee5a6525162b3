"""Ground states of the transverse-field Ising chain: energies, signs, labels, refusals."""

from __future__ import annotations

import numpy as np
import pytest

from qbench.circuit.gates import PAULIS
from qbench.data import find_dataset
from qbench.data.ising import ground_state
from qbench.exceptions import DataError


def hamiltonian(n_qubits: int, field: float, periodic: bool) -> np.ndarray:
    """From Kronecker products, wire 0 first."""

    def on(factors: dict[int, str]) -> np.ndarray:
        whole = np.eye(1)
        for wire in range(n_qubits):
            whole = np.kron(whole, PAULIS[factors.get(wire, "I")].real)
        return whole

    bonds = range(n_qubits if periodic else n_qubits - 1)
    energy = -sum(on({i: "Z", (i + 1) % n_qubits: "Z"}) for i in bonds)
    return energy - field * sum(on({i: "X"}) for i in range(n_qubits))


@pytest.mark.parametrize("n_qubits", [3, 4, 5, 8])
@pytest.mark.parametrize("field", [0.1, 0.7, 1.0, 1.9])
def test_periodic_energies_are_those_of_free_fermions(n_qubits, field):
    """Pfeuty 1970: minus the sum of sqrt(1 + h² - 2 h cos k), k = pi (2 j + 1) / n."""
    momenta = np.pi * (2 * np.arange(n_qubits) + 1) / n_qubits
    free = -np.sqrt(1 + field**2 - 2 * field * np.cos(momenta)).sum()
    energy, _ = ground_state(n_qubits, field, periodic=True)
    assert energy == pytest.approx(free, abs=1e-12)


@pytest.mark.parametrize("periodic", [False, True])
@pytest.mark.parametrize("field", [0.2, 1.0, 1.5])
def test_states_are_the_lowest_of_the_whole_hamiltonian(periodic, field):
    matrix = hamiltonian(5, field, periodic)
    energy, state = ground_state(5, field, periodic)
    np.testing.assert_allclose(matrix @ state, energy * state, atol=1e-12)
    assert energy == pytest.approx(np.linalg.eigvalsh(matrix)[0], abs=1e-12)


def test_two_open_spins_have_the_state_that_one_finds_by_hand():
    """In the basis (00 + 11), (01 + 10), each over the root of 2: [[-1, -2 h], [-2 h, 1]]."""
    energy, state = ground_state(2, 0.5, periodic=False)
    assert energy == pytest.approx(-np.sqrt(2))
    ratio = np.sqrt(2) - 1
    np.testing.assert_allclose(state / state[0], [1, ratio, ratio, 1], atol=1e-14)


def test_rows_are_states_of_norm_one_with_positive_amplitudes():
    table = find_dataset("tfim").load({"n_qubits": 6, "n_samples": 20, "h_min": 0.05})
    assert table.x.shape == (20, 64)
    np.testing.assert_allclose((table.x**2).sum(axis=1), 1, atol=1e-10)
    assert table.x.min() >= 0
    assert (table.x == table.x[:, ::-1]).all()


def test_labels_tell_the_phases_apart_by_their_order():
    """The ordered phase has more of <Z_0 Z_last> than the paramagnetic one."""
    table = find_dataset("tfim").load({"n_qubits": 6, "n_samples": 40})
    bits = np.arange(64)
    ends = np.where((bits >> 5) == (bits & 1), 1.0, -1.0)
    order = (table.x**2) @ ends
    assert order[table.y == 0].min() > order[table.y == 1].max()
    assert table.class_names == ("ordered", "paramagnetic")
    assert (table.y == 0).sum() == 20


def test_the_seed_and_the_ends_change_the_rows():
    info = find_dataset("tfim")
    first = info.load({"n_samples": 5}).x
    assert (first == info.load({"n_samples": 5}).x).all()
    assert not (first == info.load({"n_samples": 5, "random_state": 1}).x).all()
    assert not (first == info.load({"n_samples": 5, "boundary": "periodic"}).x).all()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"n_qubits": 11}, "n_qubits of a chain with open ends is 2 to 10, not 11"),
        ({"n_qubits": 2, "boundary": "periodic"}, "periodic ends is 3 to 10, not 2"),
        ({"boundary": "closed"}, "boundary is one of open, periodic"),
        ({"gap": 0}, "leave one of them empty"),
        ({"h_max": 1.1}, "leave one of them empty"),
        ({"h_min": 0}, "leave one of them empty"),
    ],
)
def test_options_that_leave_no_states_are_refused(options, words):
    with pytest.raises(DataError, match=words):
        find_dataset("tfim").load(options)
