"""How far an estimate from shots may lie from the exact value, and how much it must scatter."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from math import log

import numpy as np

from qbench.backend import Array
from qbench.circuit import (
    GATES,
    Circuit,
    Expectation,
    ObservableTerm,
    Readout,
    ReferenceProgram,
)

FALSE_ALARM = 1e-9
"""The probability with which a right estimate leaves its interval, at most."""

_ROUNDING = 1e-9
_PROJECTORS = ("P0", "P1")


def shot_bounds(
    circuit: Circuit, inputs: Array, weights: Array, cotangent: Array, shots: int
) -> tuple[Array, Array, Array]:
    """Half-widths of the intervals of outputs and parameter-shift gradients from shots.

    The mean of N values from a range R is within ``R sqrt(ln(2 / p) / (2 N))`` of its
    expectation but for a probability p (Hoeffding 1963, "Probability inequalities for sums of
    bounded random variables", theorem 2). A gradient is a weighted sum of such means, one a
    shifted circuit, of which the squares of the ranges add up.

    Returns
    -------
    of outputs (batch, outputs), input gradients (batch, features), weight gradients (weights,)
    """
    factor = log(2.0 / FALSE_ALARM) / (2.0 * shots)
    outputs = np.broadcast_to(shot_ranges(circuit) ** 2, cotangent.shape)
    row = _row_ranges(circuit, cotangent) ** 2
    d_inputs, d_weights = np.zeros(inputs.shape), np.zeros(weights.shape)
    for operation in circuit.gates:
        for position, angle in enumerate(operation.angles):
            rule = _squared_coefficients(GATES[operation.gate].frequencies[position])
            for kind, index, partial in angle.partials():
                square = rule * row * partial.evaluate(inputs, weights) ** 2
                if kind == "input":
                    d_inputs[:, index] += square
                else:
                    d_weights[index] += square.sum()
    return np.sqrt(factor * outputs), np.sqrt(factor * d_inputs), np.sqrt(factor * d_weights)


def noise_share(differences: Array, bounds: Array) -> float:
    """The largest difference over its bound: beyond 1 it isn't the noise of shots."""
    shares = np.asarray(differences) / (np.asarray(bounds) + _ROUNDING)
    return float(np.max(shares, initial=0.0))


def shot_variances(circuit: Circuit, inputs: Array, weights: Array) -> Array:
    """The variance of one shot, shape (batch, outputs): that of N shots is an Nth of it.

    NaN for an observable of several terms, whose variance depends on what is measured together.
    """
    # a probability is the expectation of its projector, which is its own square
    squares = tuple(_squared(r) if isinstance(r, Expectation) else r for r in circuit.readouts)
    mean = ReferenceProgram(circuit).forward(inputs, weights)
    square = ReferenceProgram(replace(circuit, readouts=squares)).forward(inputs, weights)
    known = [
        np.full(len(_ranges(r)), not isinstance(r, Expectation) or len(r.terms) == 1)
        for r in circuit.readouts
    ]
    return np.where(np.concatenate(known), np.maximum(square - mean**2, 0.0), np.nan)


def shot_ranges(circuit: Circuit) -> Array:
    """What one shot can differ by, an entry an output; of a sum, as if its terms were apart."""
    return np.concatenate([_ranges(readout) for readout in circuit.readouts])


def _squared(readout: Expectation) -> Expectation:
    """The square of an observable of one term."""
    term = readout.terms[0]
    kept = tuple((wire, factor) for wire, factor in term.factors if factor in _PROJECTORS)
    return Expectation((ObservableTerm(term.coefficient**2, kept),))


def _ranges(readout: Readout) -> Array:
    if isinstance(readout, Expectation):
        return np.array([sum(abs(t.coefficient) * _term_range(t) for t in readout.terms)])
    return np.ones(2 ** len(readout.wires))


def _term_range(term: ObservableTerm) -> float:
    if not term.factors:
        return 0.0
    return 1.0 if all(factor in _PROJECTORS for _, factor in term.factors) else 2.0


def _row_ranges(circuit: Circuit, cotangent: Array) -> Array:
    """What ``sum(cotangent * outputs)`` of one shot can differ by, shape (batch,)."""
    total, first = np.zeros(len(cotangent)), 0
    for readout in circuit.readouts:
        single = _ranges(readout)
        own = cotangent[:, first : first + len(single)]
        if isinstance(readout, Expectation):
            total += np.abs(own[:, 0]) * single[0]
        else:
            total += own.max(axis=1) - own.min(axis=1)
        first += len(single)
    return total


@cache
def _squared_coefficients(frequencies: tuple[float, ...]) -> float:
    """Sum of the squared coefficients of the shift rule with equidistant shifts.

    Wierichs et al. 2022, "General parameter-shift rules for quantum gradients", section 3:
    1/2 for the two terms of (1,), of which each has 1/2.
    """
    gaps = np.array(frequencies)
    shifts = (2 * np.arange(len(gaps)) + 1) * np.pi / 2
    coefficients = np.linalg.solve(2 * np.sin(np.outer(gaps, shifts)), gaps)
    return float(2.0 * np.sum(coefficients**2))
