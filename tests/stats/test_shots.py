"""Intervals of estimates from shots, held against binomial ones and against many samples."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from qbench.circuit import (
    Angle,
    Circuit,
    Expectation,
    ObservableTerm,
    Operation,
    Probabilities,
    expval,
)
from qbench.stats.shots import FALSE_ALARM, noise_share, shot_bounds, shot_variances

TURN = (Operation.of("RY", 0, Angle.input(0) + 2.0 * Angle.weight(0)),)


def circuit(*readouts):
    return Circuit(1, TURN, readouts, 1, 1)


def bounds(shots, *readouts, cotangent=None):
    made = circuit(*readouts)
    one = np.ones((1, made.n_outputs)) if cotangent is None else np.array([cotangent])
    return shot_bounds(made, np.array([[0.3]]), np.array([0.1]), one, shots)


@pytest.mark.parametrize("p", [0.5, 0.9, 0.999])
def test_the_interval_holds_the_binomial_one(p):
    (half,), _, _ = bounds(400, Probabilities((0,)))
    low, high = stats.binom.ppf([FALSE_ALARM / 2, 1 - FALSE_ALARM / 2], 400, p) / 400
    assert high - p <= half[1]
    assert p - low <= half[1]


def test_an_interval_shrinks_with_the_root_of_the_shots():
    for few, many in zip(bounds(100, expval("Z", 0)), bounds(10_000, expval("Z", 0)), strict=True):
        np.testing.assert_allclose(few, 10 * many)


def test_a_pauli_string_is_twice_as_wide_as_a_probability_and_a_slope_scales_a_gradient():
    pauli, d_inputs, d_weights = bounds(100, expval("Z", 0))
    (probability, _), *_ = bounds(100, Probabilities((0,)))[0]
    assert pauli[0, 0] == pytest.approx(2 * probability)
    assert d_inputs[0, 0] == pytest.approx(pauli[0, 0] * np.sqrt(0.5))
    assert d_weights[0] == pytest.approx(2 * d_inputs[0, 0])


def test_equal_cotangents_of_all_probabilities_leave_no_noise():
    _, d_inputs, _ = bounds(100, Probabilities((0,)), cotangent=[0.7, 0.7])
    assert d_inputs[0, 0] == 0.0


def test_the_variance_of_one_shot_is_known_of_single_terms():
    sum_of_two = Expectation((ObservableTerm(1.0, ((0, "Z"),)), ObservableTerm(1.0, ((0, "X"),))))
    projector = Expectation((ObservableTerm(3.0, ((0, "P1"),)),))
    made = circuit(expval("Z", 0), projector, Probabilities((0,)), sum_of_two)
    found = shot_variances(made, np.array([[0.5]]), np.zeros(1))[0]
    p = np.sin(0.25) ** 2
    np.testing.assert_allclose(found[:4], [np.sin(0.5) ** 2, 9 * p * (1 - p), *[p * (1 - p)] * 2])
    assert np.isnan(found[4])


def test_no_number_is_no_noise():
    assert not noise_share(np.array([np.nan, 0.0]), np.ones(2)) <= 1.0
