import math

import numpy as np
import pytest

from qbench.stats import Decay, fit_decay, gradient_variance

QUBITS = np.arange(2, 10.0)


def noisy(logs, error: float, seed: int, **asked) -> Decay:
    """A fit of points whose logarithms scatter with the error that they state."""
    logs = np.asarray(logs, dtype=float)
    scattered = logs + np.random.default_rng(seed).normal(0, error, len(logs))
    x = asked.pop("x", QUBITS[: len(logs)])
    return fit_decay(x, np.exp(scattered), np.full(len(logs), error), **asked)


def sampled(x, samples: int, seed: int, scale=None, *, marked: bool = True) -> Decay:
    """A fit of gradients of prod(cos t_i), times the root of ``scale``, drawn at each x."""
    generator, found = np.random.default_rng(seed), []
    for n, factor in zip(x, np.ones(len(x)) if scale is None else scale, strict=True):
        angles = generator.uniform(0, 2 * np.pi, (int(n), samples))
        gradients = -np.sin(angles[0]) * np.cos(angles[1:]).prod(axis=0) * math.sqrt(factor)
        found.append(gradient_variance(gradients[:, None]))
    return fit_decay(
        x,
        [each.mean.estimate for each in found],
        [each.log_standard_error for each in found],
        undersampled=[each.undersampled for each in found] if marked else None,
    )


def exponential(x=QUBITS, rate: float = 0.66):
    return -rate * np.asarray(x)


def power(x=QUBITS, exponent: float = -1.9):
    return exponent * np.log(x)


@pytest.mark.parametrize("error", [0.02, 0.2])
def test_the_slopes_interval_covers_the_true_slope(error):
    fits = [noisy(exponential(), error, seed) for seed in range(2000)]
    assert 0.95 < np.mean([not fit.slope.excludes(-0.66) for fit in fits]) < 0.98
    fits = [noisy(power(), error, seed) for seed in range(2000)]
    assert 0.95 < np.mean([not fit.exponent.excludes(-1.9) for fit in fits]) < 0.98


def test_the_interval_still_covers_if_the_points_scatter_more_than_they_say():
    generator = np.random.default_rng(0)
    logs = exponential() + generator.normal(0, 0.15, (2000, 8))
    fits = [fit_decay(QUBITS, np.exp(each), np.full(8, 0.05)) for each in logs]
    assert 0.93 < np.mean([not fit.slope.excludes(-0.66) for fit in fits]) < 0.97


def test_the_interval_covers_the_slope_of_sampled_gradients():
    """Gradients of prod(cos t_i): ln Var falls by ln 2 a qubit, with ever heavier tails."""
    fits = [sampled(QUBITS, 1000, seed) for seed in range(400)]
    assert np.mean([not fit.slope.excludes(-math.log(2)) for fit in fits]) > 0.92
    assert np.mean([fit.slope.estimate for fit in fits]) == pytest.approx(-math.log(2), abs=0.01)


def test_eight_points_with_five_percent_errors_tell_the_laws_apart():
    exponentials = [noisy(exponential(), 0.05, seed) for seed in range(300)]
    powers = [noisy(power(), 0.05, seed) for seed in range(300)]
    assert np.mean([f.verdict.startswith("decays exponentially") for f in exponentials]) > 0.97
    assert np.mean([f.verdict.startswith("falls as a power law") for f in powers]) > 0.97
    assert all(f.aicc_difference < 0 for f in exponentials)
    assert all(f.aicc_difference > 0 for f in powers)
    assert not any("power law, n" in f.verdict for f in exponentials)
    assert not any("exponentially" in f.verdict for f in powers)


@pytest.mark.parametrize("law", [exponential, power])
def test_five_points_never_have_a_verdict_but_a_slope(law):
    fits = [noisy(law()[:5], error, seed) for error in (0.001, 0.1) for seed in range(100)]
    assert all("not decided by these 5 points: a verdict needs 6" in f.verdict for f in fits)
    assert all("per qubit" in f.verdict and f.slope.low < f.slope.high for f in fits)


def test_repeated_points_count_once():
    logs = np.tile(exponential()[:5], 3)
    fit = noisy(logs, 0.01, 0, x=np.tile(QUBITS[:5], 3))
    assert fit.verdict.startswith("not decided by these 5 points")
    assert fit.n_points == 15


def test_the_verdict_names_the_slope_with_its_interval():
    fit = fit_decay(QUBITS, np.exp(1 + exponential()), np.full(8, 0.16))
    assert fit.verdict == "decays exponentially, 0.66 +- 0.05 per qubit"
    assert fit.slope.estimate == pytest.approx(-0.66)
    assert fit.intercept == pytest.approx(1)
    assert fit.slope.half_width == pytest.approx(1.959964 * 0.16 / math.sqrt(42))
    assert fit.fitted_range == (2, 9)
    fit = fit_decay(QUBITS, QUBITS**-1.9, np.full(8, 0.15))
    assert fit.verdict == "falls as a power law, n^-1.9 +- 0.2"
    assert "depth^-1.9" in fit_decay(QUBITS, QUBITS**-1.9, np.full(8, 0.15), unit="depth").verdict


def test_a_rise_is_no_decay():
    assert noisy(-exponential(), 0.02, 0).verdict.startswith("grows exponentially, 0.66")
    assert noisy(-power(), 0.02, 0).verdict.startswith("grows as a power law, n^1.9")


def test_a_flat_variance_does_not_fall_if_the_points_can_tell():
    flat = [noisy(np.full(8, -3.0), 0.05, seed) for seed in range(300)]
    told = "does not fall with the number of qubits: by less than half from 2 to 9"
    assert np.mean([f.verdict == told for f in flat]) > 0.93
    assert not any("decays" in f.verdict or "falls as" in f.verdict for f in flat)


def test_a_flat_variance_with_wide_errors_is_undecided():
    fit = fit_decay(QUBITS, np.full(8, 0.1), np.full(8, 0.4))
    assert fit.verdict.startswith("not decided by these 8 points: the slope may be 0 (")


def test_laws_that_fit_alike_are_named_undecided_with_both_slopes():
    fit = fit_decay(QUBITS[:7], np.exp(exponential(QUBITS[:7], 0.4)), np.full(7, 0.3))
    assert fit.verdict.startswith("exponential and power law fit alike: not decided by these 7")
    assert "per qubit or n^" in fit.verdict


def test_points_that_neither_law_fits_are_undecided():
    fit = fit_decay(QUBITS, np.exp(np.sin(3 * QUBITS)), np.full(8, 0.05))
    assert fit.verdict.startswith("not decided: neither an exponential nor a power law fits")
    assert max(fit.exponential_p, fit.power_p) < 1e-6


def test_a_two_design_measured_finely_is_nearer_an_exponential_but_is_none():
    d = 2.0**QUBITS
    fit = fit_decay(QUBITS, d**2 / (2 * (d**2 - 1) * (d + 1)), np.full(8, 0.01))
    assert fit.verdict.startswith("nearer an exponential (-0.67")
    later = fit_decay(QUBITS, d**2 / (2 * (d**2 - 1) * (d + 1)), np.full(8, 0.01), start=4)
    assert later.verdict.startswith("decays exponentially, 0.68")
    assert later.fitted_range == (4, 9)


def feigned(seed: int, *, marked: bool) -> Decay:
    """1/n with the tails of a global cost, 200 samples at up to 20 qubits."""
    n = np.arange(2, 21, 2)
    return sampled(n, 200, seed, scale=2.0**n / n, marked=marked)


def test_a_plateau_that_few_samples_feign_is_not_declared():
    naive = [feigned(seed, marked=False) for seed in range(200)]
    assert np.mean(["exponential (" in f.verdict or "decays" in f.verdict for f in naive]) > 0.1
    honest = [feigned(seed, marked=True) for seed in range(200)]
    assert not any("decays" in f.verdict or "exponential (" in f.verdict for f in honest)
    assert np.mean(["a verdict needs 6" in f.verdict for f in honest]) > 0.95


def test_points_without_a_usable_error_are_left_out_and_counted():
    values, errors = np.exp(exponential()), np.full(8, 0.1)
    values[0], errors[1], errors[2] = 0.0, 0.0, math.nan
    few = np.arange(8) == 7
    fit = fit_decay(QUBITS, values, errors, undersampled=few)
    assert fit.n_points == 4
    assert fit.slope.n == 4
    assert "3 of 8 points are without a variance or its error, and left out" in fit.verdict
    assert "1 of 8 points is undersampled, and left out" in fit.verdict


def test_a_single_point_has_no_fit_and_says_so():
    fit = fit_decay([2], [0.1], [0.01])
    assert fit.verdict == "no fit: 1 point with a known error"
    assert math.isnan(fit.slope.estimate)
    assert math.isnan(fit.aicc_difference)
    assert fit_decay([2, 3], [0.1, 0.1], [0, 0]).verdict.startswith("no fit: no points")


def test_two_points_have_a_slope_and_no_chi_square_test():
    fit = fit_decay([2, 4], [0.5, 0.125], [0.1, 0.1])
    assert fit.slope.estimate == pytest.approx(-math.log(2))
    assert math.isnan(fit.exponential_p)


def test_one_law_alone_is_compared_with_none():
    fit = noisy(exponential(), 0.02, 0, models=("exponential",))
    assert fit.verdict.endswith("(no other law was compared)")
    assert math.isnan(fit.exponent.estimate)
    assert noisy(power(), 0.02, 0, models=("exponential",)).verdict.startswith(
        "not decided: an exponential does not fit"
    )


def test_a_power_law_needs_x_above_zero():
    fit = fit_decay(QUBITS - 2, np.exp(exponential()), np.full(8, 0.1))
    assert fit.power is None
    assert fit.verdict.endswith("no power law, which needs every x above 0")


def test_wrong_arguments_are_refused():
    with pytest.raises(ValueError, match="no model 'linear': it is exponential or power"):
        fit_decay(QUBITS, QUBITS, QUBITS, models=("linear",))
    with pytest.raises(ValueError, match="arrays of one length"):
        fit_decay(QUBITS, QUBITS[1:], QUBITS)
