"""What fits of a decay can say, in words."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from qbench.stats.line import Array, Line

MIN_POINTS = 6
"""Different x that a verdict needs."""

DECISIVE = 6.0
"""AICc difference that tells two laws apart: a relative likelihood of exp(-3), about 1 in 20
(Burnham and Anderson, Model Selection and Multimodel Inference, 2nd ed. 2002, sec. 2.6)."""

_HALVED = math.log(2)


def verdict_of(lines: Sequence[Line], x: Array, unit: str) -> str:
    """The verdict of the lines that could be fitted.

    Parameters
    ----------
    x : array, shape (points,)
        Where the fitted points lie.
    unit : what x counts, in the singular
    """
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


def _misfit(lines: Sequence[Line], best: Line, measured: str, unit: str) -> str:
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


def left_out(counts: NDArray[np.bool_], measured: NDArray[np.bool_], few: NDArray[np.bool_]) -> str:
    """How many points were not fitted, and why; empty where all were."""
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
