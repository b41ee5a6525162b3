import math

import numpy as np
import pytest

from qbench.stats import gradient_variance


def test_components_have_their_unbiased_variances():
    samples = np.random.default_rng(0).normal(size=(50, 3)) * [1, 2, 3]
    result = gradient_variance(samples)
    assert result.components == pytest.approx(samples.var(axis=0, ddof=1))
    assert result.mean.estimate == pytest.approx(samples.var(axis=0, ddof=1).mean())
    assert result.mean.n == 50


def test_the_kurtosis_of_a_two_valued_gradient_is_one_and_of_a_normal_one_three():
    assert gradient_variance([[1.0], [-1.0]] * 20).kurtosis == pytest.approx(1)
    normal = np.random.default_rng(0).normal(size=(200_000, 1))
    assert gradient_variance(normal).kurtosis == pytest.approx(3, abs=0.05)


def test_the_standard_error_of_a_normal_variance_is_the_known_one():
    result = gradient_variance(np.random.default_rng(0).normal(size=(100_000, 1)))
    assert result.standard_errors[0] == pytest.approx(math.sqrt(2 / 1e5), rel=0.05)


@pytest.mark.parametrize("power", [1, 3])
def test_the_interval_covers_the_true_variance_also_with_heavy_tails(power):
    """Entries z and z**3 of normal z have variances 1 and 15."""
    truth = {1: 1.0, 3: 15.0}[power]
    generator = np.random.default_rng(5)
    draws = generator.normal(size=(300, 200, 4)) ** power
    covered = np.mean([not gradient_variance(each).mean.excludes(truth) for each in draws])
    assert covered > (0.91 if power == 1 else 0.80)


def test_correlated_components_do_not_shorten_the_interval():
    one = np.random.default_rng(0).normal(size=(100, 1))
    alone, copied = gradient_variance(one).mean, gradient_variance(np.tile(one, 8)).mean
    assert copied.low == pytest.approx(alone.low)
    assert copied.high == pytest.approx(alone.high)


def test_components_that_are_always_zero_are_counted_and_stay_in_the_mean():
    samples = np.zeros((20, 4))
    samples[:, 0] = np.random.default_rng(0).normal(size=20)
    result = gradient_variance(samples)
    assert result.zero_share == 0.75
    assert result.mean.estimate == pytest.approx(samples[:, 0].var(ddof=1) / 4)


def test_no_variation_has_no_interval():
    result = gradient_variance(np.zeros((10, 2)))
    assert result.mean.estimate == 0
    assert math.isnan(result.mean.low)
    assert math.isnan(result.kurtosis)


def test_a_single_draw_has_no_variance():
    assert math.isnan(gradient_variance([[1.0, 2.0]]).mean.estimate)


def test_gradients_that_are_no_matrix_are_refused():
    with pytest.raises(ValueError, match="samples, components"):
        gradient_variance([1.0, 2.0])
