"""Times taken in turns: intervals hold what they say, whatever disturbs single samples."""

from __future__ import annotations

import numpy as np
import pytest

from qbench.stats import (
    median_interval,
    outliers,
    paired_ratio,
    scaling_exponent,
    spread,
    time_interval,
)


def test_the_interval_of_a_median_is_that_of_the_tables() -> None:
    # order statistics (2, 9) of 10 and (6, 15) of 20: Conover, Practical Nonparametric Statistics
    ten, twenty = median_interval(range(1, 11)), median_interval(range(1, 21))
    assert (ten.estimate, ten.low, ten.high) == (5.5, 2, 9)
    assert (twenty.low, twenty.high) == (6, 15)
    assert (median_interval(range(6)).low, median_interval(range(6)).high) == (0, 5)
    assert np.isnan(median_interval(range(5)).low)
    assert median_interval([]).n == 0


@pytest.mark.parametrize("rounds", [6, 10, 15])
def test_a_ratio_of_equal_variants_covers_one_through_drift_and_outliers(rounds: int) -> None:
    generator = np.random.default_rng(1)
    shape = (2000, 2, rounds)
    drift = np.exp(np.linspace(0, 1, rounds) + generator.normal(0, 0.5, (2000, 1, rounds)))
    hits = np.where(generator.random(shape) < 0.1, 10.0, 1.0)
    times = drift * hits * np.exp(generator.normal(0, 0.02, shape))
    covered = [not paired_ratio(a, b).excludes(1.0) for a, b in times]
    assert np.mean(covered) > 0.95


def test_a_paired_ratio_sees_five_percent_through_a_machine_that_halves_its_speed() -> None:
    generator = np.random.default_rng(2)
    slow = np.linspace(1, 2, 20)
    noise = np.exp(generator.normal(0, 0.01, (2, 20)))
    found = paired_ratio(1.05 * slow * noise[0], slow * noise[1])
    assert 1.03 < found.low < 1.05 < found.high < 1.07


def timed(generator: np.random.Generator, per_process: int, processes: int) -> np.ndarray:
    """Times of a pair of programs, whose processes differ by 3% and their calls by 0.5%."""
    numbers = np.tile(np.arange(processes), per_process)
    of_process = np.exp(generator.normal(0, 0.03, (2, processes)))
    return of_process[:, numbers] * np.exp(generator.normal(0, 0.005, (2, len(numbers))))


@pytest.mark.parametrize("processes", [3, 4, 6])
def test_intervals_over_processes_hold_what_those_over_rounds_miss(processes: int) -> None:
    generator = np.random.default_rng(4)
    numbers = np.tile(np.arange(processes), 4)
    pairs = [timed(generator, 4, processes) for _ in range(2000)]
    for found in (
        [paired_ratio(a, b, numbers) for a, b in pairs],
        [time_interval(a, numbers) for a, _ in pairs],
    ):
        assert np.mean([not each.excludes(1.0) for each in found]) == pytest.approx(0.95, abs=0.02)
        assert {each.n for each in found} == {processes}
    one = [timed(generator, 12, 1) for _ in range(2000)]
    assert np.mean([not paired_ratio(a, b).excludes(1.0) for a, b in one]) < 0.3


def test_a_ratio_over_processes_sees_what_is_beyond_their_differences() -> None:
    a, b = timed(np.random.default_rng(5), 3, 4)
    numbers = np.tile(np.arange(4), 3)
    assert paired_ratio(1.2 * a, b, numbers).excludes(1.0)
    # a round that was disturbed is one of its process's
    hit = np.where(np.arange(12) == 5, 10.0, 1.0)
    assert paired_ratio(1.2 * a * hit, b, numbers).high < 1.4


def test_times_of_one_process_have_the_interval_of_its_rounds() -> None:
    times = np.arange(1.0, 11.0)
    for found in (time_interval(times), time_interval(times, [3] * 10)):
        assert (found.low, found.high) == pytest.approx((2, 9))
        assert found.estimate == pytest.approx(np.sqrt(5 * 6))


def test_a_ratio_refuses_what_is_no_pair_of_times() -> None:
    with pytest.raises(ValueError, match="2 rounds and the processes of 3"):
        paired_ratio([1.0, 1.0], [1.0, 1.0], [0, 1, 2])
    with pytest.raises(ValueError, match="above 0"):
        paired_ratio([1.0, 0.0], [1.0, 1.0])
    with pytest.raises(ValueError, match="pairs of 2 and 3"):
        paired_ratio([1.0, 1.0], [1.0, 1.0, 1.0])


def test_outliers_are_counted_and_spread_is_of_the_quartiles() -> None:
    steady = [1.0, 1.01, 0.99, 1.02, 0.98, 1.0, 1.01, 0.99]
    assert outliers(steady) == 0
    assert outliers([*steady, 5.0]) == 1
    assert spread([*steady, 500.0]) < 0.03
    assert np.isnan(spread([1.0]))


def test_an_exponent_is_found_and_needs_three_sizes() -> None:
    sizes = 2.0 ** np.arange(8, 14)
    noise = np.exp(np.random.default_rng(3).normal(0, 0.01, len(sizes)))
    found = scaling_exponent(sizes, 3e-6 * sizes**1.1 * noise)
    assert found.low < 1.1 < found.high
    assert found.half_width < 0.05
    assert np.isnan(scaling_exponent(sizes[:2], sizes[:2]).estimate)
