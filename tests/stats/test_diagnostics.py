from __future__ import annotations

import csv
import math
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy import integrate
from scipy import stats as scipy_stats

from qbench.circuit import ReferenceProgram, build_circuit
from qbench.stats import (
    Expressibility,
    expressibility,
    fidelities,
    haar_mean_meyer_wallach,
    mean_interval,
    meyer_wallach,
)
from qbench.stats.diagnostics import haar_bias, haar_log_masses

PUBLISHED = Path(__file__).parents[1] / "assets" / "sim_2019.csv"
PAIRS = 5000


def haar_states(n_qubits: int, rows: int, rng: np.random.Generator) -> np.ndarray:
    parts = rng.normal(size=(2, rows, 2**n_qubits))
    states = parts[0] + 1j * parts[1]
    return states / np.linalg.norm(states, axis=1, keepdims=True)


def published(column: str) -> dict[int, float]:
    lines = [line for line in PUBLISHED.read_text().splitlines() if not line.startswith("#")]
    return {int(row["circuit"]): float(row[column]) for row in csv.DictReader(lines)}


@cache
def measured(number: int, n_layers: int) -> tuple[Expressibility, np.ndarray]:
    """Expressibility of 5000 pairs of states, and Q of each of their 10000 states."""
    ansatz = {"name": "sim", "number": number, "n_layers": n_layers}
    circuit = build_circuit(4, ansatz=ansatz).circuit.weights_as_inputs()
    rng = np.random.default_rng([number, n_layers])
    angles = rng.uniform(0, 2 * np.pi, (2 * PAIRS, circuit.n_inputs))
    states = ReferenceProgram(circuit).states(angles, [])
    found = expressibility(fidelities(states[:PAIRS], states[PAIRS:]), 4)
    return found, meyer_wallach(states, 4)


@pytest.mark.parametrize("n_layers", [1, 3])
@pytest.mark.parametrize("number", range(1, 20))
def test_the_expressibility_of_the_19_circuits_is_the_published_one(number, n_layers):
    """Both figures are of 5000 pairs, so their difference has twice the variance of ours."""
    found, _ = measured(number, n_layers)
    expected = published(f"expressibility_{n_layers}")[number]
    assert abs(found.divergence - expected) < 4 * math.sqrt(2) * found.standard_error


@pytest.mark.parametrize(
    ("number", "mean"), [(3, 11 / 64), (16, 11 / 64), (18, 7 / 32), (10, 3 / 8)]
)
def test_entangling_capability_meets_the_closed_forms_of_one_layer(number, mean):
    """A qubit with E[sin^2] = 1/2 dephased by each neighbour, 3/4 (CRZ) or 1/2 (CZ) on average.

    CRZ: 1/2 (1 - 3/4) at the ends of a chain, 1/2 (1 - 9/16) between; CZ ring: 1/2 (1 - 1/4).
    """
    _, q = measured(number, 1)
    assert mean_interval(q, 0.9999).low < mean < mean_interval(q, 0.9999).high


@pytest.mark.parametrize("n_layers", [1, 3])
def test_circuit_1_never_entangles_and_circuit_9_always_does_so_fully(n_layers):
    np.testing.assert_allclose(measured(1, n_layers)[1], 0, atol=1e-12)
    np.testing.assert_allclose(measured(9, n_layers)[1], 1, atol=1e-12)


@pytest.mark.parametrize("n_layers", [1, 3])
def test_the_published_order_of_entangling_capability_is_kept(n_layers):
    """The published values themselves are above 2 (1 - mean purity): see how-we-measure."""
    expected = published(f"entangling_{n_layers}")
    ours = [measured(number, n_layers)[1].mean() for number in expected]
    assert scipy_stats.spearmanr(ours, list(expected.values())).statistic > 0.95


@pytest.mark.parametrize("n_qubits", [1, 4, 12])
def test_an_idle_circuit_is_at_the_exact_greatest_divergence(n_qubits):
    found = expressibility(np.ones(20), n_qubits)
    assert found.divergence == pytest.approx((2**n_qubits - 1) * math.log(75), rel=1e-12)
    assert found.standard_error == 0


@pytest.mark.parametrize("n_qubits", [1, 2, 4, 6])
def test_haar_random_states_show_the_stated_bias_and_no_more(n_qubits):
    rng = np.random.default_rng(n_qubits)
    found = [
        expressibility(
            fidelities(haar_states(n_qubits, 500, rng), haar_states(n_qubits, 500, rng)), n_qubits
        )
        for _ in range(200)
    ]
    divergences = [one.divergence for one in found]
    interval = mean_interval(divergences, 0.9999)
    assert interval.low < found[0].bias < interval.high
    mean_error = np.mean([one.standard_error for one in found])
    assert 1 < mean_error / np.std(divergences) < 1.8


def test_the_standard_error_is_the_spread_of_repeated_estimates():
    rng = np.random.default_rng(4)
    found = [expressibility(rng.beta(1, 4, 1000), 4, bins=20) for _ in range(300)]
    spread = np.std([one.divergence for one in found])
    assert np.mean([one.standard_error for one in found]) == pytest.approx(spread, rel=0.15)


def test_the_bias_of_many_pairs_is_half_the_free_bins_over_the_pairs():
    assert haar_bias(10**6, haar_log_masses(1, 75)) == pytest.approx(74 / 2e6, rel=1e-3)


def test_the_bias_of_two_pairs_is_the_sum_over_every_outcome():
    masses = np.exp(haar_log_masses(2, 3))
    outcomes = [(a, b) for a in range(3) for b in range(3)]
    expected = 0.0
    for outcome in outcomes:
        shares = np.bincount(outcome, minlength=3) / 2
        found = shares > 0
        divergence = np.sum(shares[found] * np.log(shares[found] / masses[found]))
        expected += masses[list(outcome)].prod() * divergence
    assert haar_bias(2, np.log(masses)) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("n_qubits", [1, 3, 5])
def test_haar_masses_are_integrals_of_the_density(n_qubits):
    size = 2**n_qubits
    masses = np.exp(haar_log_masses(n_qubits, 10))
    for index, mass in enumerate(masses):
        expected, _ = integrate.quad(
            lambda f: (size - 1) * (1 - f) ** (size - 2), index / 10, (index + 1) / 10
        )
        assert mass == pytest.approx(expected, rel=1e-9)
    assert masses.sum() == pytest.approx(1)


def test_haar_masses_do_not_underflow_at_many_qubits():
    assert np.isfinite(haar_log_masses(14, 75)).all()


@pytest.mark.parametrize("n_qubits", [1, 2, 4, 6])
def test_haar_random_states_have_the_known_mean_entanglement(n_qubits):
    q = meyer_wallach(haar_states(n_qubits, 5000, np.random.default_rng(n_qubits)), n_qubits)
    mean = haar_mean_meyer_wallach(n_qubits)
    assert mean == pytest.approx({1: 0, 2: 2 / 5, 4: 14 / 17, 6: 62 / 65}[n_qubits])
    assert q.mean() == pytest.approx(mean, abs=1e-12 + 4 * q.std() / math.sqrt(len(q)))


def test_product_states_have_no_entanglement_and_ghz_all():
    rng = np.random.default_rng(1)
    product = haar_states(1, 50, rng)
    for _ in range(3):
        product = np.einsum("ra,rb->rab", product, haar_states(1, 50, rng)).reshape(50, -1)
    np.testing.assert_allclose(meyer_wallach(product, 4), 0, atol=1e-12)
    ghz = np.zeros((1, 16), complex)
    ghz[0, [0, 15]] = 1 / math.sqrt(2)
    np.testing.assert_allclose(meyer_wallach(ghz, 4), 1)


def test_q_is_the_mean_over_wires_of_what_density_matrices_say():
    states = haar_states(3, 1, np.random.default_rng(2))
    tensor = states.reshape(2, 2, 2)
    purities = []
    for wire in range(3):
        rows = np.moveaxis(tensor, wire, 0).reshape(2, 4)
        density = rows @ rows.conj().T
        purities.append(np.trace(density @ density).real)
    assert meyer_wallach(states, 3)[0] == pytest.approx(2 * (1 - np.mean(purities)))


def test_fidelity_is_blind_to_phases_and_sees_orthogonal_states():
    first = np.array([[1, 0], [1, 0], [1, 0]], complex)
    second = np.array([[1j, 0], [0, 1], [1 / math.sqrt(2), 1j / math.sqrt(2)]])
    np.testing.assert_allclose(fidelities(first, second), [1, 0, 0.5])


@pytest.mark.parametrize(
    ("values", "bins", "words"),
    [
        ([0.5], 75, "2 pairs"),
        ([0.5, 0.5], 1, "2 bins"),
        ([0.5, 1.5], 75, "not normalised"),
        ([0.5, math.nan], 75, "between 0 and 1"),
    ],
)
def test_wrong_fidelities_are_refused(values, bins, words):
    with pytest.raises(ValueError, match=words):
        expressibility(values, 2, bins)


def test_states_of_another_size_are_refused():
    with pytest.raises(ValueError, match=r"\(rows, 8\), not \(4, 16\)"):
        meyer_wallach(np.zeros((4, 16), complex), 3)
