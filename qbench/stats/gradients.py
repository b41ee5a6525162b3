"""Variance of gradients over random weights."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from qbench.stats.intervals import LEVEL, Interval

Array = NDArray[np.float64]

UNDERSAMPLED = 0.2
"""Relative standard error of a variance above which a point is marked undersampled."""

_ROUNDOFF = {"double": 2.0**-53, "single": 2.0**-24}


@dataclass(frozen=True)
class GradientVariance:
    """How much each component of a gradient varies, and their mean.

    Attributes
    ----------
    components : array, shape (components,)
        Unbiased variance of each component.
    standard_errors : array, shape (components,)
        Of these variances.
    means : array, shape (components,)
        Mean of each component over the draws.
    kurtoses : array, shape (components,)
        Fourth central moment over the squared second, 3 for a normal distribution;
        NaN for a component that is zero.
    mean : Interval
        Mean of the variances over the components.
    relative_standard_error : float
        Of that mean; NaN where nothing varies.
    kurtosis : float
        Mean over the components that aren't zero; NaN without one.
    zero_share : float
        Share of components that are zero in every draw.
    """

    components: Array
    standard_errors: Array
    means: Array
    kurtoses: Array
    mean: Interval
    relative_standard_error: float
    kurtosis: float
    zero_share: float

    @property
    def log_standard_error(self) -> float:
        """Standard error of the logarithm of the mean variance, by the delta method."""
        return self.relative_standard_error

    @property
    def undersampled(self) -> bool:
        """Whether the draws are too few for their heavy tails.

        So it is with a relative standard error above ``UNDERSAMPLED``, and with a
        single draw. The logarithm of such a variance lies too low on average,
        as most samples miss the tail that holds much of the variance.
        """
        return self.mean.n < 2 or self.relative_standard_error > UNDERSAMPLED


def gradient_variance(
    samples: ArrayLike, level: float = LEVEL, floor: float = 0.0
) -> GradientVariance:
    """Variance of each component over the draws, and the interval of their mean.

    The variance of a sample variance s² over n draws is ``(m4 - s⁴ (n-3)/(n-1)) / n``
    (Cramér, Mathematical Methods of Statistics, 1946, sec. 27.4), with the
    measured central moment m4. Components of one draw are not independent, so the
    interval is that of the mean over draws of ``mean over components of (g - mean g)²``,
    see :func:`variance_interval`. Fewer than 2 draws, or no variation, have none.

    Parameters
    ----------
    samples : array-like, shape (draws, components)
        Gradients of independent draws of the weights.
    floor : float
        Largest ``|gradient|`` that is rounding (:func:`resolution_floor`): a component
        that never exceeds it counts as exactly zero.

    Raises
    ------
    ValueError
        Not two-dimensional, or no components.
    """
    gradients = np.asarray(samples, dtype=np.float64)
    if gradients.ndim != 2 or gradients.shape[1] == 0:
        raise ValueError(f"gradients are (samples, components), not {gradients.shape}")
    n = len(gradients)
    if n < 2:
        return _without_spread(gradients, floor)
    zero = (np.abs(gradients) <= floor).all(axis=0)
    gradients = np.where(zero, 0.0, gradients)
    means = gradients.mean(axis=0)
    squares = (gradients - means) ** 2
    variances, second = squares.sum(axis=0) / (n - 1), squares.mean(axis=0)
    fourth = (squares**2).mean(axis=0)
    kurtoses = np.full(len(means), math.nan)
    np.divide(fourth, second**2, out=kurtoses, where=~zero & (second > 0))
    found = variance_interval(squares.mean(axis=1), level)
    return GradientVariance(
        variances,
        np.sqrt(np.maximum(fourth - variances**2 * (n - 3) / (n - 1), 0.0) / n),
        means,
        kurtoses,
        Interval(float(found.estimate), float(found.low), float(found.high), n),
        float(found.relative_standard_error),
        math.nan if np.isnan(kurtoses).all() else float(np.nanmean(kurtoses)),
        float(zero.mean()),
    )


def _without_spread(gradients: Array, floor: float) -> GradientVariance:
    nothing = np.full(gradients.shape[1], math.nan)
    n, nan = len(gradients), math.nan
    zero = float((np.abs(gradients) <= floor).all(axis=0).mean()) if n else nan
    means = gradients[0] if n else nothing
    return GradientVariance(
        nothing, nothing, means, nothing, Interval(nan, nan, nan, n), nan, nan, zero
    )


class VarianceBounds(NamedTuple):
    """Variances with their intervals, each of the leading shape of the squares."""

    estimate: Array
    low: Array
    high: Array
    relative_standard_error: Array


def variance_interval(squares: Array, level: float = LEVEL) -> VarianceBounds:
    """Interval of a variance from the squared deviation of each draw, for heavy tails.

    With T the studentised mean of the squares, the upper bound inverts the
    monotone cubic of T that takes its skewness out (Hall, JRSS B 54, 1992, 221-228:
    ``T + s (T²/3 + 1/6) + s² T³/27`` with the squares' skewness over the root of n as
    s); the lower one is that of the delta method on the logarithm, which is above 0.
    The quantile is Student's, with as many degrees of freedom as the standard error
    has that was measured on tails that heavy (Satterthwaite, Biometrics Bulletin 2,
    1946): ``2 n / (k - (n-3)/(n-1))`` with the squares' kurtosis k. The standard error
    also holds the term of order 1/n² of Cramér's formula, so that two draws, whose
    squares are equal by construction, don't come out exact.

    Its simulated coverage stands in docs/how-we-measure.md (``scripts/coverage``).

    Parameters
    ----------
    squares : array, shape (..., draws)
        ``(g - mean g)²`` of each of at least 2 draws, or its mean over components.
    """
    n = squares.shape[-1]
    second = squares.mean(axis=-1)
    estimate = np.asarray(second * n / (n - 1))
    some = np.where(second > 0, second, math.nan)
    relative = squares / some[..., np.newaxis] - 1
    squared = relative * relative
    spread = squared.mean(axis=-1)
    varied = np.where(spread > 0, spread, math.inf)
    skewness = (squared * relative).mean(axis=-1) / varied**1.5
    kurtosis = (squared * squared).mean(axis=-1) / varied**2
    rse = np.sqrt((n - 1) / n**2 * spread + 2 / (n * (n - 1)))
    kurtosis = np.where(spread > 0, kurtosis, 3.0)
    freedom = 2 * n / (kurtosis - (n - 3) / (n - 1))
    t = stats.t.ppf((1 + level) / 2, freedom)
    low = estimate * np.exp(-t * rse)
    high = estimate * (1 - rse * _unskewed(-t, skewness / math.sqrt(n)))
    return VarianceBounds(estimate, low, high, rse)


def _unskewed(quantile: Array, skewness: Array) -> Array:
    """T at a quantile of Hall's cubic, for the skewness of the data over the root of n."""
    flat = np.abs(skewness) < 1e-6
    by = np.where(flat, 1.0, skewness)
    return np.where(flat, quantile, 3 / by * (np.cbrt(1 + by * (quantile - by / 6)) - 1))


def samples_needed(result: GradientVariance, rse: float) -> int:
    """About how many draws have a relative standard error of ``rse``.

    From the measured error, which falls as one over the root of the draws. Heavy
    tails that the draws haven't met yet need more: measure again with the new
    draws. Where nothing varies, as many as there were.

    Raises
    ------
    ValueError
        ``rse`` is not above 0.
    """
    if not rse > 0:
        raise ValueError(f"a relative standard error must be above 0, not {rse:g}")
    measured = result.relative_standard_error
    if math.isnan(measured):
        return result.mean.n
    return math.ceil(result.mean.n * (measured / rse) ** 2)


def resolution_floor(precision: str, n_gates: int) -> float:
    """Smallest ``|gradient|`` that tells itself from the noise of rounding.

    ``2 u sqrt(gates)`` with the unit roundoff u of the precision: rounding errors of
    either sign add up like a random walk (Higham, Accuracy and Stability of
    Numerical Algorithms, 2nd ed. 2002, sec. 2.8; Higham and Mary, SIAM J. Sci.
    Comput. 41, 2019, A2815). Measured on 2 to 12 qubits and 3 to 1104 gates, in
    units of ``u sqrt(gates)``: components that are zero in exact arithmetic come
    out with at most 1.2 of it in TorchQuantum (single), PennyLane, Qulacs and the
    reference (double), and the error of TorchQuantum's gradients against the
    reference has a root mean square of at most 0.71. A variance of floor² is hence
    uncertain by one eighth.

    Raises
    ------
    ValueError
        No such precision.
    """
    if precision not in _ROUNDOFF:
        raise ValueError(f"no precision '{precision}': it is {' or '.join(_ROUNDOFF)}")
    return 2 * _ROUNDOFF[precision] * math.sqrt(max(n_gates, 1))
