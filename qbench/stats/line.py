"""A weighted straight line through logarithms, its errors known."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from qbench.stats.intervals import LEVEL, Interval

Array = NDArray[np.float64]

LAWS = ("exponential", "power")
"""``ln V = a + b x`` and ``ln V = a + b ln x``."""

REJECTED = 0.01
"""p-value of the chi-square below which a law does not fit."""


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


def fit_line(law: str, x: Array, logs: Array, se: Array) -> Line | None:
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
