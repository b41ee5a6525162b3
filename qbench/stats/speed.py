"""Times that were taken in turns: medians, paired ratios, outliers, and scaling."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from qbench.stats.intervals import (
    LEVEL,
    Interval,
    exponential,
    finite,
    log_ratios,
    mean_interval,
)

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


def paired_ratio(
    first: ArrayLike, second: ArrayLike, processes: ArrayLike | None = None, level: float = LEVEL
) -> Interval:
    """``first / second``, round by round, over processes as in :func:`time_interval`.

    What slows a whole round slows both and cancels; a round in which one was disturbed is
    one value of many.

    Parameters
    ----------
    first, second : array-like, shape (rounds,), seconds, above 0
    processes : array-like, shape (rounds,), optional
        The number of the process that had the round, in both; without it all are of one.

    Raises
    ------
    ValueError
        A value is not above 0, or the arrays have different lengths.
    """
    return _over_processes(log_ratios(first, second), processes, level)


def time_interval(
    seconds: ArrayLike, processes: ArrayLike | None = None, level: float = LEVEL
) -> Interval:
    """Geometric mean over processes of the median over rounds, with a t-interval of its logarithm.

    Rounds within one process agree more than two processes of the same program do, whose memory
    lies elsewhere: the medians of processes are the independent observations (Kalibera and Jones,
    "Rigorous benchmarking in reasonable time", ISMM 2013). Of one process alone it is the
    median over its rounds, with the interval of :func:`median_interval`.

    Parameters
    ----------
    seconds : array-like, shape (rounds,), above 0
    processes : array-like, shape (rounds,), optional
        The number of the process that each round is of; without it all are of one.

    Raises
    ------
    ValueError
        A value is not above 0, or the arrays have different lengths.
    """
    values = np.asarray(seconds, dtype=np.float64).ravel()
    return _over_processes(log_ratios(values, np.ones_like(values)), processes, level)


def _over_processes(
    logs: NDArray[np.float64], processes: ArrayLike | None, level: float
) -> Interval:
    of = np.zeros(len(logs)) if processes is None else np.asarray(processes).ravel()
    if len(of) != len(logs):
        raise ValueError(f"{len(logs)} rounds and the processes of {len(of)}")
    numbers = np.unique(of)
    if len(numbers) < 2:
        return exponential(median_interval(logs, level))
    medians = [float(np.median(logs[of == number])) for number in numbers]
    return exponential(mean_interval(medians, level))


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
