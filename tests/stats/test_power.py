"""What a number of seeds can tell apart, against published tables and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from qbench.stats import detectable_difference, paired_power


def test_34_pairs_are_what_a_medium_effect_takes():
    # Cohen's d = 0.5, two-sided 5%, power 80%: 34 pairs in every textbook and in G*Power
    assert paired_power(0.5, 34) == pytest.approx(0.8077775, abs=1e-4)
    assert paired_power(0.5, 33) < 0.8


@pytest.mark.parametrize("n", [3, 10, 34])
def test_power_is_that_of_the_noncentral_t(n):
    bound, there = stats.t.ppf(0.975, n - 1), stats.nct(n - 1, 0.7 * math.sqrt(n))
    expected = there.sf(bound) + there.cdf(-bound)
    assert paired_power(0.7, n) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("n", [2, 5, 10, 200])
def test_the_detectable_difference_is_found_with_80_percent_power(n):
    assert paired_power(detectable_difference(1.0, n), n) == pytest.approx(0.8, abs=1e-6)


def test_ten_pairs_find_about_one_standard_deviation():
    assert detectable_difference(0.02, 10) == pytest.approx(0.02 * 0.996, rel=1e-3)


def test_simulated_t_tests_find_it_four_times_in_five():
    draws = np.random.default_rng(0).normal(detectable_difference(1.0, 6), 1.0, (20_000, 6))
    found = stats.ttest_1samp(draws, 0.0, axis=1).pvalue < 0.05
    assert found.mean() == pytest.approx(0.8, abs=0.01)


def test_one_pair_resolves_nothing():
    assert math.isnan(detectable_difference(0.1, 1))
    assert math.isnan(detectable_difference(math.nan, 10))


def test_no_effect_is_found_as_often_as_the_level_says():
    assert paired_power(0.0, 10) == pytest.approx(0.05, abs=1e-3)
