"""Estimates with their 95% intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

LEVEL = 0.95
"""Confidence level of every interval that qbench prints."""


@dataclass(frozen=True)
class Interval:
    """An estimate, its interval and what it rests on; NaN bounds where there is none."""

    estimate: float
    low: float
    high: float
    n: int
    """Observations."""

    @property
    def half_width(self) -> float:
        """Half of the interval's length."""
        return (self.high - self.low) / 2

    def excludes(self, value: float) -> bool:
        """Whether ``value`` lies outside; False where there is no interval."""
        return value < self.low or value > self.high


def mean_interval(values: ArrayLike, level: float = LEVEL) -> Interval:
    """Mean with Student's t-interval (Student, Biometrika 6, 1908).

    Values that are NaN are left out. One value has no interval; equal values
    have one of length 0.

    Parameters
    ----------
    values : array-like, shape (observations,)
    """
    sample = finite(values)
    n = len(sample)
    if n == 0:
        return Interval(math.nan, math.nan, math.nan, 0)
    mean = float(sample.mean())
    if n == 1:
        return Interval(mean, math.nan, math.nan, 1)
    half = _t(level, n - 1) * float(sample.std(ddof=1)) / math.sqrt(n)
    return Interval(mean, mean - half, mean + half, n)


def paired_difference(first: ArrayLike, second: ArrayLike, level: float = LEVEL) -> Interval:
    """Mean of ``first - second`` with the t-interval of the differences, pair by pair.

    Pairs share what they share (the seed: split, initial weights, batches), so
    that their common variation cancels. Pairs with a NaN are left out.

    Parameters
    ----------
    first, second : array-like, shape (pairs,)
        In the same order of seeds.
    """
    a, b = _pairs(first, second)
    return mean_interval(a - b, level)


def least_difference(
    pairs: Sequence[tuple[ArrayLike, ArrayLike]], level: float = LEVEL
) -> Interval:
    """The smallest of several mean differences ``first - second``, for a model and its rivals.

    The best rival is chosen on the same values as it is compared on. The interval is of the
    difference to whichever rival is truly the best: its lower end is the smallest of the
    t-intervals' (Berger, Technometrics 24, 1982, on intersection-union tests), its upper end
    the smallest of those of t-intervals at 1 - (1 - level) / rivals (Bonferroni). The
    estimate errs towards too small. With one rival it is :func:`paired_difference`.

    Parameters
    ----------
    pairs : at least one (first, second), each as in :func:`paired_difference`
    """
    strict = 1 - (1 - level) / len(pairs)
    each = [paired_difference(*pair, level) for pair in pairs]
    widened = [paired_difference(*pair, strict) for pair in pairs]
    return Interval(
        float(np.min([one.estimate for one in each])),
        float(np.min([one.low for one in each])),
        float(np.min([one.high for one in widened])),
        min(one.n for one in each),
    )


def ratio_of_medians(
    first: Sequence[ArrayLike], second: Sequence[ArrayLike], level: float = LEVEL
) -> Interval:
    """Geometric mean over blocks of the ratio of medians, with a t-interval of its logarithm.

    A block is what was timed under the same conditions in both (a seed, a
    process): steps within one process are no independent observations, blocks
    are. With one block there is no interval.

    Parameters
    ----------
    first, second : sequences of array-like
        Times of each block, seconds, above 0; only the blocks' order links the two.

    References
    ----------
    Kalibera and Jones, "Rigorous benchmarking in reasonable time", ISMM 2013, on
    repetition at the level that varies; Fleming and Wallace, CACM 29 (1986), on
    the geometric mean.
    """
    medians = [
        np.array([float(np.median(np.asarray(block, dtype=np.float64))) for block in blocks])
        for blocks in (first, second)
    ]
    return ratio_interval(medians[0], medians[1], level)


def ratio_interval(first: ArrayLike, second: ArrayLike, level: float = LEVEL) -> Interval:
    """Geometric mean of ``first / second``, with a t-interval of the mean log-ratio.

    Parameters
    ----------
    first, second : array-like, shape (pairs,)
        Above 0. Pairs with a NaN are left out.

    Raises
    ------
    ValueError
        A value is not above 0.
    """
    return exponential(mean_interval(log_ratios(first, second), level))


def quotient_interval(first: Interval, second: Interval) -> Interval:
    """``first / second`` of two independent estimates that have intervals of their own.

    The rule for a difference of Zou and Donner (Statistics in Medicine 27, 2008), on logarithms as
    there for a risk ratio: the distances from each estimate to the bounds that matter are added
    in squares, so bounds need not be symmetric.

    Estimates of 0 or less have no quotient, bounds of 0 or less no interval.
    """
    n = min(first.n, second.n)
    if not (first.estimate > 0 and second.estimate > 0):
        return Interval(math.nan, math.nan, math.nan, n)
    estimate = first.estimate / second.estimate
    if not (first.low > 0 and second.low > 0):
        return Interval(estimate, math.nan, math.nan, n)
    below = math.hypot(
        math.log(first.estimate / first.low), math.log(second.high / second.estimate)
    )
    above = math.hypot(
        math.log(first.high / first.estimate), math.log(second.estimate / second.low)
    )
    return Interval(estimate, estimate * math.exp(-below), estimate * math.exp(above), n)


def wilson_interval(successes: int, trials: int, level: float = LEVEL) -> Interval:
    """Share of successes with the score interval of Wilson, JASA 22 (1927)."""
    return _binomial(successes, trials, level, "wilson")


def clopper_pearson_interval(successes: int, trials: int, level: float = LEVEL) -> Interval:
    """Share of successes with the exact interval of Clopper and Pearson, Biometrika 26 (1934)."""
    return _binomial(successes, trials, level, "exact")


def _binomial(successes: int, trials: int, level: float, method: str) -> Interval:
    if trials == 0:
        return Interval(math.nan, math.nan, math.nan, 0)
    interval = stats.binomtest(successes, trials).proportion_ci(level, method)
    return Interval(successes / trials, float(interval.low), float(interval.high), trials)


def _t(level: float, degrees: int) -> float:
    return float(stats.t.ppf((1 + level) / 2, degrees))


def finite(values: ArrayLike) -> NDArray[np.float64]:
    """The values in one row, without NaN."""
    sample = np.asarray(values, dtype=np.float64).ravel()
    return sample[~np.isnan(sample)]


def log_ratios(first: ArrayLike, second: ArrayLike) -> NDArray[np.float64]:
    """``ln(first / second)``, pair by pair; pairs with a NaN are left out.

    Raises
    ------
    ValueError
        A value is not above 0, or the two differ in length.
    """
    a, b = _pairs(first, second)
    if (a <= 0).any() or (b <= 0).any():
        raise ValueError("a ratio of times needs values above 0")
    return np.log(a) - np.log(b)


def exponential(logs: Interval) -> Interval:
    """An interval of a logarithm as one of the quantity itself."""
    return Interval(math.exp(logs.estimate), math.exp(logs.low), math.exp(logs.high), logs.n)


def _pairs(first: ArrayLike, second: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    a = np.asarray(first, dtype=np.float64).ravel()
    b = np.asarray(second, dtype=np.float64).ravel()
    if a.shape != b.shape:
        raise ValueError(f"pairs of {len(a)} and {len(b)} values")
    whole = ~(np.isnan(a) | np.isnan(b))
    return a[whole], b[whole]
