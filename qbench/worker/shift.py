"""The derivative of one input by two forward runs, where that is exact."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from qbench.backend import Array, Execution
from qbench.circuit import GATES, Circuit

SHIFT_RULE = "two-term shift"

EXACT_RULES = ("backprop", "adjoint", "parameter-shift")
"""Gradient rules whose result a shift rule gives too; other rules are measured as they are."""


def takes_two_terms(circuit: Circuit, execution: Execution, column: int, inputs: Array) -> bool:
    """Whether the two-term rule gives the derivative with respect to one input in every row.

    It does if the input turns at most one gate of a row, by its own size, and that gate
    has the frequency 1 (Mitarai et al. 2018, Phys. Rev. A 98, 032309, eq. 4; Wierichs et
    al. 2022, Quantum 6, 677). Of the three rotations about a random axis one turns.

    Parameters
    ----------
    inputs : array, shape (rows, features)
    """
    if execution.diff_method not in EXACT_RULES:
        return False
    turned = np.zeros(len(inputs))
    for operation in circuit.operations:
        for position, angle in enumerate(operation.angles):
            if column not in angle.input_indices:
                continue
            if operation.gate not in GATES or GATES[operation.gate].frequencies[position] != (1,):
                return False
            ((_, _, slope),) = (p for p in angle.partials() if p[:2] == ("input", column))
            if column in slope.input_indices:
                return False
            share = np.abs(np.broadcast_to(slope.evaluate(inputs, ()), turned.shape))
            if not np.isin(share, (0.0, 1.0)).all():
                return False
            turned += share
    return bool((turned <= 1.0).all())


def shifted_derivative(forward: Callable[[Array], Array], inputs: Array, column: int) -> Array:
    """``(f(x + pi/2) - f(x - pi/2)) / 2`` of the first output, shape (rows,)."""
    ends = []
    for sign in (1, -1):
        moved = inputs.copy()
        moved[:, column] += sign * math.pi / 2
        ends.append(forward(moved)[:, 0])
    return (ends[0] - ends[1]) / 2
