"""Times that were taken in turns: medians, paired ratios, outliers, and scaling."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from qbench.stats.intervals import LEVEL, Interval, exponential, finite, log_ratios

FENCE = 3.0
"""Interquartile ranges beyond the quartiles, outside of which a sample is an outlier."""

WIDE_SPREAD = 0.10
"""Interquartile range over median, above which a cell's times are called unsteady."""

SCALING_POINTS = 3
"""Fewer points have no exponent."""


def median_interval(values: ArrayLike, level: float = LEVEL) -> Interval:
    """Median with the interval between order statistics that holds it whatever the distribution.

    Its coverage is at least ``level`` (Thompson, Annals of Mathematical Statistics 7, 1936);
    nothing is dropped, and an outlier moves it no further than its rank. Fewer than 6 values
    have no 95% interval. NaN are left out.

    Parameters
    ----------
    values : array-like, shape (observations,)
    """
    ordered = np.sort(finite(values))
    n = len(ordered)
    if n == 0:
        return Interval(math.nan, math.nan, math.nan, 0)
    # the largest k with P(fewer than k of n fair coins fall on one side) < (1 - level) / 2
    k = int(stats.binom.ppf((1 - level) / 2, n, 0.5))
    low, high = (ordered[k - 1], ordered[n - k]) if k >= 1 else (math.nan, math.nan)
    return Interval(float(np.median(ordered)), float(low), float(high), n)


def paired_ratio(first: ArrayLike, second: ArrayLike, level: float = LEVEL) -> Interval:
    """Median over rounds of ``first / second``, round by round, with its interval.

    What slows a whole round slows both and cancels; a round in which one was disturbed is
    one value of many. Rounds with a NaN are left out.

    Parameters
    ----------
    first, second : array-like, shape (rounds,), seconds, above 0

    Raises
    ------
    ValueError
        A value is not above 0, or the two have different numbers of rounds.
    """
    return exponential(median_interval(log_ratios(first, second), level))


def outliers(values: ArrayLike) -> int:
    """How many lie beyond Tukey's outer fences (1977); they are counted and never dropped."""
    sample = finite(values)
    if len(sample) < 4:
        return 0
    low, high = np.percentile(sample, [25, 75])
    reach = FENCE * (high - low)
    return int(((sample < low - reach) | (sample > high + reach)).sum())


def spread(values: ArrayLike) -> float:
    """Interquartile range over median; NaN without two values."""
    sample = finite(values)
    if len(sample) < 2:
        return math.nan
    low, middle, high = np.percentile(sample, [25, 50, 75])
    return float((high - low) / middle)


def scaling_exponent(x: ArrayLike, seconds: ArrayLike, level: float = LEVEL) -> Interval:
    """b of ``seconds = a x^b`` by least squares of logarithms, with Student's t-interval.

    Fewer than SCALING_POINTS different x have none.

    Parameters
    ----------
    x, seconds : array-like, shape (points,), above 0
    """
    along, times = (np.log(np.asarray(each, dtype=np.float64).ravel()) for each in (x, seconds))
    n = len(along)
    if len(np.unique(along)) < SCALING_POINTS:
        return Interval(math.nan, math.nan, math.nan, n)
    found = stats.linregress(along, times)
    half = float(stats.t.ppf((1 + level) / 2, n - 2)) * float(found.stderr)
    slope = float(found.slope)
    return Interval(slope, slope - half, slope + half, n)
