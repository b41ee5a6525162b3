"""What a number of seeds can tell apart."""

from __future__ import annotations

import math

import numpy as np
from scipy import optimize, stats

from qbench.stats.intervals import LEVEL

POWER = 0.8
"""Probability of finding a difference that is called detectable."""

_NODES = 2000


def paired_power(effect: float, n: int, level: float = LEVEL) -> float:
    """Probability that a two-sided paired t-test of ``n`` pairs finds a difference.

    From the noncentral t distribution (Cohen, Statistical Power Analysis for the
    Behavioral Sciences, 2nd ed. 1988, sec. 2.3 and 12.7).

    Parameters
    ----------
    effect : float
        True mean of the differences over their standard deviation.
    n : int
        Pairs, at least 2.
    """
    # over the quantiles of the sample's deviation: scipy's noncentral t has gaps at 2 pairs
    quantiles = (np.arange(_NODES) + 0.5) / _NODES
    deviations = np.sqrt(stats.chi2.ppf(quantiles, n - 1) / (n - 1))
    bounds = float(stats.t.ppf((1 + level) / 2, n - 1)) * deviations
    shift = abs(effect) * math.sqrt(n)
    return float((stats.norm.sf(bounds - shift) + stats.norm.cdf(-bounds - shift)).mean())


def detectable_difference(
    deviation: float, n: int, power: float = POWER, level: float = LEVEL
) -> float:
    """Smallest true mean difference that ``n`` pairs find with probability ``power``.

    NaN for fewer than 2 pairs. See :func:`paired_power` for the test and the source.

    Parameters
    ----------
    deviation : float
        Standard deviation of the differences (with n - 1), in their unit.
    """
    if n < 2 or math.isnan(deviation):
        return math.nan
    quantiles = stats.t.ppf((1 + level) / 2, n - 1), stats.t.ppf(power, n - 1)
    near = float(sum(quantiles)) / math.sqrt(n)
    effect = optimize.brentq(lambda d: paired_power(d, n, level) - power, near / 2, near * 2)
    return deviation * float(effect)
