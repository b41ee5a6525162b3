"""How a variance falls: exponentially, as a power law, not at all, or undecided."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from qbench.stats.intervals import LEVEL, Interval

Array = NDArray[np.float64]

LAWS = ("exponential", "power")
"""``ln V = a + b x`` and ``ln V = a + b ln x``."""

MIN_POINTS = 6
"""Different x that a verdict needs."""

DECISIVE = 6.0
"""AICc difference that tells two laws apart: a relative likelihood of exp(-3), about 1 in 20
(Burnham and Anderson, Model Selection and Multimodel Inference, 2nd ed. 2002, sec. 2.6)."""

REJECTED = 0.01
"""p-value of the chi-square below which a law does not fit."""

_HALVED = math.log(2)
_NONE = Interval(math.nan, math.nan, math.nan, 0)


@dataclass(frozen=True)
class Line:
    """A weighted straight line through logarithms of variances.

    Attributes
    ----------
    law : ``exponential`` or ``power``
    intercept : float
    slope : Interval
        Against x, or ln x in a power law; below 0 where the variance falls.
    chi_square : float
    p : float
        Probability of a larger chi-square if the law holds; NaN without a degree of freedom.
    """

    law: str
    intercept: float
    slope: Interval
    chi_square: float
    p: float

    @property
    def fits(self) -> bool:
        """Whether the chi-square leaves the law possible."""
        return not self.p < REJECTED


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
    lines = {law: _line(law, at, logs, se) for law in models}
    found = [line for line in lines.values() if line is not None]
    verdict = _verdict(found, at, unit) + _left_out(counts, measured, few)
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


def _line(law: str, x: Array, logs: Array, se: Array) -> Line | None:
    """The line of a law; None with fewer than two x, or where ln x is none."""
    if len(np.unique(x)) < 2 or (law == "power" and x.min() <= 0):
        return None
    along = np.log(x) if law == "power" else x
    (slope, intercept), covariance = np.polyfit(along, logs, 1, w=1 / se, cov="unscaled")
    chi_square = float((((logs - intercept - slope * along) / se) ** 2).sum())
    freedom = len(x) - 2
    scale = math.sqrt(chi_square / freedom) if freedom else 1.0
    quantile = float(stats.norm.ppf((1 + LEVEL) / 2))
    if scale > 1:
        quantile = float(stats.t.ppf((1 + LEVEL) / 2, freedom)) * scale
    half = quantile * math.sqrt(float(covariance[0, 0]))
    return Line(
        law,
        float(intercept),
        Interval(float(slope), float(slope) - half, float(slope) + half, len(x)),
        chi_square,
        float(stats.chi2.sf(chi_square, freedom)) if freedom else math.nan,
    )


def _verdict(lines: list[Line], x: Array, unit: str) -> str:
    points = len(np.unique(x))
    if not lines:
        return f"no fit: {points or 'no'} point{'' if points == 1 else 's'} with a known error"
    measured = " or ".join(_amount(line, unit) for line in lines)
    if points < MIN_POINTS:
        undecided = f"not decided by {_these(points)}: a verdict needs {MIN_POINTS}"
        return f"{undecided} ({measured})"
    best = min(lines, key=lambda line: line.chi_square)
    if not best.fits:
        return _misfit(lines, best, measured, unit)
    if not best.slope.excludes(0):
        return _flat(best, x, unit)
    if len(lines) == 1:
        return f"{_change(best, unit)} (no other law was compared)"
    if abs(lines[0].chi_square - lines[1].chi_square) < DECISIVE:
        alike = f"exponential and power law fit alike: not decided by {_these(points)}"
        return f"{alike} ({measured})"
    return _change(best, unit)


def _misfit(lines: list[Line], best: Line, measured: str, unit: str) -> str:
    name = {"exponential": "an exponential", "power": "a power law"}
    if len(lines) == 1:
        return f"not decided: {name[best.law]} does not fit (p = {best.p:.1g}; {measured})"
    told = f"neither an exponential nor a power law fits (best p = {best.p:.1g})"
    other = max(lines, key=lambda line: line.chi_square)
    # with errors widened until the better law fits
    scale = max(best.chi_square / max(best.slope.n - 2, 1), 1.0)
    if (other.chi_square - best.chi_square) / scale < DECISIVE:
        return f"not decided: {told}; {measured}"
    return f"nearer {name[best.law]} ({_amount(best, unit)}), but {told}"


def _flat(line: Line, x: Array, unit: str) -> str:
    """No fall found: whether less than a halving over the range is excluded."""
    along = np.log(x) if line.law == "power" else x
    reach = float(along.max() - along.min()) * max(-line.slope.low, line.slope.high)
    over = f"from {x.min():g} to {x.max():g}"
    if reach < _HALVED:
        return f"does not fall with {_counted(unit)}: by less than half {over}"
    points = len(np.unique(x))
    return f"not decided by {_these(points)}: the slope may be 0 ({_amount(line, unit)})"


def _change(line: Line, unit: str) -> str:
    """A law that holds, in words."""
    verb = "decays" if line.slope.estimate < 0 else "grows"
    if line.law == "exponential":
        return f"{verb} exponentially, {_rounded(abs(line.slope.estimate), line)} per {unit}"
    return f"{'falls' if verb == 'decays' else verb} as a power law, {_amount(line, unit)}"


def _amount(line: Line, unit: str) -> str:
    """Slope per unit, or the power, with its half-width."""
    value = _rounded(line.slope.estimate, line)
    return f"{value} per {unit}" if line.law == "exponential" else f"{_symbol(unit)}^{value}"


def _rounded(value: float, line: Line) -> str:
    """A value to the first figure of its half-width, or the second behind a leading 1."""
    half = line.slope.half_width
    if not half > 0:
        return f"{value:.4f} +- 0"
    power = math.floor(math.log10(half))
    digits = max(int(half / 10**power < 2) - power, 0)
    return f"{value:.{digits}f} +- {half:.{digits}f}"


def _left_out(
    counts: NDArray[np.bool_], measured: NDArray[np.bool_], few: NDArray[np.bool_]
) -> str:
    total = int(counts.sum())
    found = ""
    for number, what in (
        (int((counts & ~measured).sum()), "without a variance or its error"),
        (int((measured & few).sum()), "undersampled"),
    ):
        if number:
            verb = "is" if number == 1 else "are"
            found += f"; {number} of {total} points {verb} {what}, and left out"
    return found


def _these(points: int) -> str:
    return f"these {points} points"


def _counted(unit: str) -> str:
    return "the number of qubits" if unit == "qubit" else unit


def _symbol(unit: str) -> str:
    return "n" if unit == "qubit" else unit
