"""How a variance falls: exponentially, as a power law, not at all, or undecided."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qbench.stats.intervals import Interval
from qbench.stats.line import LAWS, Array, Line, fit_line
from qbench.stats.verdict import left_out, verdict_of

_NONE = Interval(math.nan, math.nan, math.nan, 0)


@dataclass(frozen=True)
class Decay:
    """Fits of a variance against x, and what they can say.

    Attributes
    ----------
    exponential, power : Line or None
        None where not asked for, or not possible.
    fitted : array
        The x that were fitted, in rising order.
    verdict : str
        In words.
    """

    exponential: Line | None
    power: Line | None
    fitted: Array
    verdict: str

    @property
    def n_points(self) -> int:
        """Points that were fitted."""
        return len(self.fitted)

    @property
    def fitted_range(self) -> tuple[float, float]:
        """First and last x that were fitted; NaN without any."""
        if not len(self.fitted):
            return math.nan, math.nan
        return float(self.fitted[0]), float(self.fitted[-1])

    @property
    def slope(self) -> Interval:
        """Of ln V per unit of x; NaN without an exponential fit."""
        return self.exponential.slope if self.exponential else _NONE

    @property
    def intercept(self) -> float:
        """Of the exponential's line, at x = 0."""
        return self.exponential.intercept if self.exponential else math.nan

    @property
    def exponent(self) -> Interval:
        """Of the power law; NaN without one."""
        return self.power.slope if self.power else _NONE

    @property
    def exponential_chi_square(self) -> float:
        """Chi-square of the exponential."""
        return self.exponential.chi_square if self.exponential else math.nan

    @property
    def exponential_p(self) -> float:
        """p-value of the exponential's chi-square."""
        return self.exponential.p if self.exponential else math.nan

    @property
    def power_chi_square(self) -> float:
        """Chi-square of the power law."""
        return self.power.chi_square if self.power else math.nan

    @property
    def power_p(self) -> float:
        """p-value of the power law's chi-square."""
        return self.power.p if self.power else math.nan

    @property
    def aicc_difference(self) -> float:
        """AICc of the exponential less that of the power law: below 0 for an exponential.

        Both have two parameters and known errors, so it is the difference of
        their chi-squares (Burnham and Anderson 2002, sec. 2.4: the correction for
        small samples is the same for both and drops out).
        """
        return self.exponential_chi_square - self.power_chi_square


def fit_decay(
    x: ArrayLike,
    variance: ArrayLike,
    log_se: ArrayLike,
    *,
    models: Sequence[str] = LAWS,
    start: float | None = None,
    unit: str = "qubit",
    undersampled: ArrayLike | None = None,
) -> Decay:
    """Weighted least squares of ln V against x and ln x, with a verdict.

    The errors of ln V are known from the sampling, so a slope's 95% interval is
    normal. Where chi-square exceeds its degrees of freedom, the errors don't
    explain the scatter: the interval is then wider by the root of their ratio (the
    scale factor of the Particle Data Group, Review of Particle Physics,
    Introduction, "Unconstrained averaging"), with Student's t quantile.

    Undersampled points are left out: their logarithms lie too low on average,
    the more so the heavier the tails, and tails grow with x, so that a few
    samples would feign an exponential decay.

    Parameters
    ----------
    x : array-like, shape (points,)
    variance : array-like, shape (points,)
        Points that aren't above 0 are left out.
    log_se : array-like, shape (points,)
        Standard error of ln V; points where it isn't finite and above 0 are left out.
    models : of ``LAWS``; a power law needs every x above 0
    start : smallest x that counts
    unit : what x counts, in the singular
    undersampled : array-like of bool, shape (points,)

    Raises
    ------
    ValueError
        Arrays of different lengths, or no such model.
    """
    wrong = [m for m in models if m not in LAWS]
    if wrong or not models:
        raise ValueError(f"no model '{wrong[0] if wrong else ''}': it is {' or '.join(LAWS)}")
    places, values, errors, few = _arrays(x, variance, log_se, undersampled)
    counts = places >= start if start is not None else np.full(len(places), True)
    finite = np.isfinite(places) & np.isfinite(values) & np.isfinite(errors)
    measured = counts & finite & (values > 0) & (errors > 0)
    kept = measured & ~few
    order = np.argsort(places[kept], kind="stable")
    at, logs, se = places[kept][order], np.log(values[kept])[order], errors[kept][order]
    lines = {law: fit_line(law, at, logs, se) for law in models}
    found = [line for line in lines.values() if line is not None]
    verdict = verdict_of(found, at, unit) + left_out(counts, measured, few)
    if "power" in models and counts.any() and places[counts].min() <= 0:
        verdict += "; no power law, which needs every x above 0"
    return Decay(lines.get("exponential"), lines.get("power"), at, verdict)


def _arrays(
    x: ArrayLike, variance: ArrayLike, log_se: ArrayLike, undersampled: ArrayLike | None
) -> tuple[Array, Array, Array, NDArray[np.bool_]]:
    places, values, errors = (np.asarray(a, dtype=np.float64) for a in (x, variance, log_se))
    few = np.zeros(places.shape, bool) if undersampled is None else np.asarray(undersampled, bool)
    shapes = {a.shape for a in (places, values, errors, few)}
    if len(shapes) > 1 or places.ndim != 1:
        raise ValueError(f"points need arrays of one length, not of shapes {sorted(shapes)}")
    return places, values, errors, few
