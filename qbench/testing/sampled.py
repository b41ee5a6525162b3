"""Modes that run with shots: judged by the interval of their noise, and by the noise itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from qbench.backend import Array, Execution
from qbench.circuit import ReferenceProgram
from qbench.stats.shots import (
    FALSE_ALARM,
    noise_share,
    shot_bounds,
    shot_ranges,
    shot_variances,
)
from qbench.testing.cases import Case

if TYPE_CHECKING:
    from qbench.testing.conformance import Evaluator

SHOTS = (400, 100)
"""A mode is judged with the first; a few cases with the second show that it counts."""

CASES = (
    "a plain layer",
    "features and weights used twice",
    "products of features",
    "read-out of products of Pauli operators",
    "read-out of a sum with coefficients",
    "read-out of probabilities in another order",
    "read-out of probabilities beside an expectation",
    "no inputs",
    "amplitudes from features",
    "fixed amplitudes",
)
"""What is its own with shots: bases, the sum of shifts, rows that differ by nothing else. Gates
are those of the exact modes; each of these circuits is run thousands of times."""

_OUTPUTS, _GRADIENTS = 100, 8
"""How often each row is repeated in a batch: each repetition has noise of its own."""

_ENOUGH = 5.0
"""Expected shots beside the commoner outcome, from which on a mean is close to normal."""

Judged = tuple[list[float | None], list[str]]
"""Largest differences of outputs, input and weight gradients; what is wrong, in words."""


def judge_sampled(backend: Evaluator, execution: Execution, case: Case) -> Judged:
    """Hold the means of many repetitions against the reference.

    Outside its interval of Hoeffding's inequality a mean is biased; a variance other than the
    binomial one is that of another number of shots, or of rows that share their noise. The
    required case is evaluated twice, and must give the same numbers.
    """
    assert execution.shots is not None
    inputs, weights, cotangent = case.arrays()
    expected = ReferenceProgram(case.circuit).vjp(inputs, weights, cotangent)
    many = np.tile(inputs, (_OUTPUTS, 1))
    outputs = backend.evaluate(case.circuit, execution, many, weights).outputs
    some, upstream = np.tile(inputs, (_GRADIENTS, 1)), np.tile(cotangent, (_GRADIENTS, 1))
    found = backend.evaluate(case.circuit, execution, some, weights, upstream)
    means = (
        _mean(outputs, _OUTPUTS),
        _mean(found.d_inputs, _GRADIENTS),
        None if found.d_weights is None else found.d_weights / _GRADIENTS,
    )
    arrays = (inputs, weights, cotangent)
    differences: list[float | None] = []
    faults: list[str] = []
    for position, what in enumerate(("outputs", "input gradients", "weight gradients")):
        repeats = _GRADIENTS if position else _OUTPUTS
        bound = shot_bounds(case.circuit, *arrays, execution.shots * repeats)[position]
        difference, fault = _beyond(what, expected[position], means[position], bound)
        differences.append(difference)
        faults += fault
    if outputs.shape == (_OUTPUTS * len(inputs), case.circuit.n_outputs):
        faults += _wrong_noise(outputs, execution.shots, case)
    if not faults and case.required:
        again = backend.evaluate(case.circuit, execution, many, weights).outputs
        faults += [] if np.array_equal(again, outputs) else ["one seed gave two results"]
    return differences, faults


def _mean(values: Any, repeats: int) -> Array | None:
    """The mean over the repetitions, shape (batch, columns)."""
    if values is None:
        return None
    array = np.asarray(values, dtype=float)
    rows = len(array) // repeats
    return array if rows * repeats != len(array) else _repeated(array, repeats).mean(axis=0)


def _repeated(values: Any, repeats: int) -> Array:
    array = np.asarray(values, dtype=float)
    return array.reshape(repeats, len(array) // repeats, *array.shape[1:])


def _beyond(
    what: str, expected: NDArray[Any], found: Array | None, bound: Array
) -> tuple[float | None, list[str]]:
    if found is None:
        return None, [f"no {what} came back"]
    if found.shape != expected.shape:
        return None, [f"{what} have shape {found.shape}, not {expected.shape}"]
    if not expected.size:
        return 0.0, []
    difference = np.abs(found - expected)
    worst = float(np.max(difference))
    # written so that a NaN is beyond every bound
    if noise_share(difference, bound) <= 1.0:
        return worst, []
    where = np.unravel_index(int(np.argmax(difference - bound)), bound.shape)
    return worst, [
        f"{what} are biased: their mean differs by {difference[where]:.2g} "
        f"(noise explains {bound[where]:.2g})"
    ]


def _wrong_noise(outputs: Array, shots: int, case: Case) -> list[str]:
    """Whether some output has another variance than that of the shots, over all its rows."""
    variances = _repeated(outputs, _OUTPUTS).var(axis=0, ddof=1)
    inputs, weights, _ = case.arrays()
    single = shot_variances(case.circuit, inputs, weights)
    least = _ENOUGH / shots * shot_ranges(case.circuit) ** 2
    for column in range(single.shape[1]):
        # NaN, where the variance isn't known, is not enough either
        rows = (single[:, column] >= least[column]) & (single[:, column] > 0.0)
        if not rows.any():
            continue
        ratio = variances[rows, column] * shots / single[rows, column]
        freedom = len(ratio) * (_OUTPUTS - 1)
        low, high = stats.chi2.ppf([FALSE_ALARM / 2, 1 - FALSE_ALARM / 2], freedom) / freedom
        if not low <= ratio.mean() <= high:
            return [
                f"output {column} has {ratio.mean():.2g} times the variance of "
                f"{shots} shots (between {low:.2g} and {high:.2g} is chance)"
            ]
    return []
