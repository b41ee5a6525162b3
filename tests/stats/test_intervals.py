import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from qbench.stats import (
    Interval,
    clopper_pearson_interval,
    least_difference,
    mean_interval,
    paired_difference,
    quotient_interval,
    ratio_interval,
    ratio_of_medians,
    wilson_interval,
)

VALUES = st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=20)


def test_the_mean_interval_is_scipys_t_interval():
    values = [0.91, 0.95, 0.89, 0.97, 0.93]
    interval = mean_interval(values)
    low, high = stats.t.interval(0.95, 4, np.mean(values), stats.sem(values))
    assert (interval.estimate, interval.n) == (pytest.approx(0.93), 5)
    assert (interval.low, interval.high) == (pytest.approx(low), pytest.approx(high))
    assert interval.half_width == pytest.approx((high - low) / 2)


def test_one_value_has_no_interval_and_none_has_no_mean():
    one, none = mean_interval([0.5]), mean_interval([])
    assert one.estimate == 0.5
    assert math.isnan(one.low)
    assert not one.excludes(0.0)
    assert math.isnan(none.estimate)
    assert none.n == 0


def test_nan_is_left_out_and_not_counted():
    assert mean_interval([1.0, math.nan, 3.0]).estimate == 2.0
    assert mean_interval([1.0, math.nan, 3.0]).n == 2


def test_equal_values_have_an_interval_of_length_zero():
    interval = mean_interval([0.5] * 4)
    assert (interval.low, interval.high) == (0.5, 0.5)


@given(VALUES)
def test_a_method_does_not_differ_from_itself(values):
    interval = paired_difference(values, values)
    assert (interval.estimate, interval.low, interval.high) == (0, 0, 0)


def test_pairing_cancels_what_the_seeds_share():
    shared = np.random.default_rng(0).normal(scale=10, size=10)
    noise = np.random.default_rng(1).normal(scale=0.01, size=10)
    interval = paired_difference(shared + 0.1 + noise, shared)
    low, high = stats.ttest_rel(shared + 0.1 + noise, shared).confidence_interval(0.95)
    assert (interval.low, interval.high) == (pytest.approx(low), pytest.approx(high))
    assert interval.excludes(0)


def test_pairs_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="pairs of 2 and 3"):
        paired_difference([1, 2], [1, 2, 3])


def test_a_ratio_is_the_inverse_of_its_inverse():
    first, second = [1.0, 1.1, 0.9, 1.2], [2.0, 2.3, 1.7, 2.2]
    there, back = ratio_interval(first, second), ratio_interval(second, first)
    assert there.estimate == pytest.approx(1 / back.estimate)
    assert there.low == pytest.approx(1 / back.high)


def test_a_ratio_of_medians_ignores_outliers_within_a_block():
    blocks = [[1.0, 1.0, 50.0], [1.1, 1.1, 1.1]]
    twice = [[2.0, 2.0, 2.0], [2.2, 2.2, 90.0]]
    interval = ratio_of_medians(twice, blocks)
    assert interval.estimate == pytest.approx(2)
    assert interval.n == 2


def test_a_ratio_of_one_block_has_no_interval():
    interval = ratio_of_medians([[2.0, 2.0]], [[1.0]])
    assert interval.estimate == pytest.approx(2)
    assert math.isnan(interval.low)


def test_a_ratio_needs_positive_times():
    with pytest.raises(ValueError, match="above 0"):
        ratio_interval([1.0, 0.0], [1.0, 1.0])


def test_binomial_intervals_have_their_known_values():
    wilson = wilson_interval(9, 10)
    assert (wilson.low, wilson.high) == (
        pytest.approx(0.5958, abs=1e-4),
        pytest.approx(0.9821, abs=1e-4),
    )
    exact = clopper_pearson_interval(0, 10)
    assert exact.low == 0
    assert exact.high == pytest.approx(1 - 0.025**0.1)
    assert clopper_pearson_interval(100, 100).high == 1
    assert math.isnan(wilson_interval(0, 0).estimate)


def test_the_least_of_one_difference_is_the_paired_difference():
    first, second = [0.9, 0.8, 0.95, 0.7], [0.85, 0.82, 0.9, 0.6]
    assert least_difference([(first, second)]) == paired_difference(first, second)


def test_the_least_difference_ends_where_the_best_rival_may_be():
    """The lower end is the least of all; the upper one is widened for the number of rivals."""
    model = np.array([0.90, 0.94, 0.92, 0.96])
    near, noisy = model - [0.01, 0.02, 0.01, 0.02], model - [0.5, -0.1, 0.4, 0.0]
    found = least_difference([(model, near), (model, noisy)])
    assert found.estimate == pytest.approx(0.015)
    assert found.low == paired_difference(model, noisy).low
    assert found.high == paired_difference(model, near, level=0.975).high
    assert found.high > paired_difference(model, near).high


@pytest.mark.parametrize("rivals", [(0.0, 0.0, 0.0, 0.0), (0.0, -3.0, -3.0, -3.0)])
def test_the_least_difference_holds_the_truth_about_the_best_rival(rivals):
    draw, held = np.random.default_rng(0), 0
    for _ in range(400):
        shared = draw.normal(size=10)
        model = shared + draw.normal(scale=0.5, size=10)
        pairs = [(model, shared + mean + draw.normal(scale=0.5, size=10)) for mean in rivals]
        held += not least_difference(pairs).excludes(0.0)
    assert held >= 0.93 * 400


def test_one_pair_has_no_interval_of_the_least_difference():
    assert math.isnan(least_difference([([0.9], [0.8]), ([0.9], [0.7])]).low)


def test_the_quotient_of_two_estimates_covers_as_stated():
    """Logarithms with normal errors: the method is exact there."""
    draw = np.random.default_rng(1)
    covered = 0
    for _ in range(2000):
        sides = []
        for true, error in ((3.0, 0.1), (0.5, 0.3)):
            found = math.log(true) + error * draw.standard_normal()
            ends = (found, found - 1.96 * error, found + 1.96 * error)
            sides.append(Interval(*map(math.exp, ends), 100))
        covered += not quotient_interval(*sides).excludes(6.0)
    assert 0.94 < covered / 2000 < 0.96


def test_bounds_that_are_not_symmetric_swap_sides_in_the_divisor():
    one = Interval(1.0, 1.0, 1.0, 9)
    skewed = Interval(2.0, 1.0, 16.0, 9)
    same = quotient_interval(skewed, one)
    assert (same.estimate, same.low, same.high) == pytest.approx((2.0, 1.0, 16.0))
    turned = quotient_interval(one, skewed)
    assert (turned.low, turned.high) == (pytest.approx(1 / 16), pytest.approx(1.0))


def test_a_quotient_with_nothing_has_no_interval():
    one, none = Interval(1.0, 0.5, 2.0, 9), Interval(0.0, 0.0, 0.0, 9)
    assert math.isnan(quotient_interval(one, none).estimate)
    wide = quotient_interval(one, Interval(1.0, 0.0, 2.0, 9))
    assert wide.estimate == 1.0
    assert math.isnan(wide.low)
