"""Variance of gradients over random weights."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from qbench.stats.intervals import LEVEL, Interval


@dataclass(frozen=True)
class GradientVariance:
    """How much each component of a gradient varies, and their mean.

    Attributes
    ----------
    components : array, shape (components,)
        Unbiased variance of each component.
    standard_errors : array, shape (components,)
    mean : Interval
        Mean over the components.
    kurtosis : float
        Mean over the components that vary, of the fourth central moment over the
        squared second; 3 for a normal distribution.
    zero_share : float
        Share of components that are exactly 0 in every sample.
    """

    components: NDArray[np.float64]
    standard_errors: NDArray[np.float64]
    mean: Interval
    kurtosis: float
    zero_share: float


def gradient_variance(samples: ArrayLike, level: float = LEVEL) -> GradientVariance:
    """Variance of each component over the samples, with errors from the fourth moment.

    The variance of a sample variance s² over n draws is ``(m4 - s⁴ (n-3)/(n-1)) / n``
    (Cramér, Mathematical Methods of Statistics, 1946, sec. 27.4), with the
    measured central moment m4: gradients have heavier tails than the normal
    distribution, for which a chi-squared interval would be too short.

    Components of one draw are not independent, so the error of their mean is
    that of the mean over draws of ``mean over components of (g - mean g)²``.
    Its interval is taken on the logarithm (delta method) with Student's t, and
    stays above 0. Fewer than 2 samples, or no variation, have no interval.

    Parameters
    ----------
    samples : array-like, shape (samples, components)
        Gradients of independent draws of the weights.

    Raises
    ------
    ValueError
        Not two-dimensional, or no components.
    """
    gradients = np.asarray(samples, dtype=np.float64)
    if gradients.ndim != 2 or gradients.shape[1] == 0:
        raise ValueError(f"gradients are (samples, components), not {gradients.shape}")
    n = len(gradients)
    zero_share = float((gradients == 0).all(axis=0).mean()) if n else math.nan
    if n < 2:
        nothing = np.full(gradients.shape[1], math.nan)
        return GradientVariance(
            nothing, nothing, Interval(math.nan, math.nan, math.nan, n), math.nan, zero_share
        )
    squares = (gradients - gradients.mean(axis=0)) ** 2
    variances = squares.sum(axis=0) / (n - 1)
    fourth = (squares**2).mean(axis=0)
    errors = np.sqrt(np.maximum(fourth - variances**2 * (n - 3) / (n - 1), 0.0) / n)
    second = squares.mean(axis=0)
    varying = second > 0
    kurtosis = float((fourth[varying] / second[varying] ** 2).mean()) if varying.any() else math.nan
    return GradientVariance(
        variances, errors, _mean_variance(squares.mean(axis=1), level), kurtosis, zero_share
    )


def _mean_variance(per_draw: NDArray[np.float64], level: float) -> Interval:
    """Interval of the mean variance from each draw's mean squared deviation."""
    n = len(per_draw)
    estimate = float(per_draw.sum()) / (n - 1)
    if estimate <= 0:
        return Interval(estimate, math.nan, math.nan, n)
    error = float(per_draw.std(ddof=1)) / math.sqrt(n)
    factor = math.exp(float(stats.t.ppf((1 + level) / 2, n - 1)) * error / estimate)
    return Interval(estimate, estimate / factor, estimate * factor, n)
