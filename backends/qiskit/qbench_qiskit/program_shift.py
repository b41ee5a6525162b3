"""The documented way: parameter shift, every shift of a batch a row of one Aer run."""

from __future__ import annotations

from functools import cache

import numpy as np

from qbench.backend import Array
from qbench.circuit import GATES
from qbench_qiskit.aer import ROWS_PER_RUN
from qbench_qiskit.angles import Preparation
from qbench_qiskit.program import AerProgram

Rule = tuple[tuple[float, float], ...]
"""(shift in radians, coefficient): a derivative is ``sum(c * f(theta + s))``."""


@cache
def shift_rule(frequencies: tuple[float, ...]) -> Rule:
    """The parameter-shift rule of a gate whose generator has these eigenvalue gaps.

    With R frequencies, 2 R shifts ``+-s_j``, ``s_j = (2 j - 1) pi / 2``, and
    coefficients ``+-d_j`` that solve ``sum_j 2 d_j sin(w s_j) = w`` for every
    frequency w (Wierichs et al. 2022, "General parameter-shift rules for quantum
    gradients", section 3): two terms for (1,), four for (0.5, 1).
    """
    shifts = (2 * np.arange(len(frequencies)) + 1) * np.pi / 2
    gaps = np.array(frequencies)
    coefficients = np.linalg.solve(2 * np.sin(np.outer(gaps, shifts)), gaps)
    pairs = zip(shifts.tolist(), coefficients.tolist(), strict=True)
    return tuple(term for s, d in pairs for term in ((s, d), (-s, -d)))


class ShiftProgram(AerProgram):
    """Exact gradients by shifting each gate's angle, then the chain rule."""

    def vjp(
        self,
        inputs: Array,
        weights: Array,
        cotangent: Array,
        wrt_inputs: bool = True,
        wrt_weights: bool = True,
    ) -> tuple[Array, Array, Array]:
        """Outputs and gradients; shifts that no wanted gradient needs are not run."""
        d_inputs, d_weights = np.zeros_like(inputs), np.zeros_like(weights)
        outputs = self.forward(inputs, weights)
        wanted = self.table.wanted(wrt_inputs, wrt_weights)
        if wanted:
            gradient = self._shifted(inputs, weights, cotangent, wanted)
            self.table.chain(gradient, inputs, weights, d_inputs, d_weights)
        prepared = self.preparation
        if prepared is not None and prepared.table.wanted(wrt_inputs, wrt_weights):
            gradient = self._amplitudes(prepared, inputs, weights, cotangent)
            prepared.table.chain(gradient, inputs, weights, d_inputs, d_weights)
        return outputs, d_inputs, d_weights

    def _shifted(self, inputs: Array, weights: Array, cotangent: Array, wanted: list[int]) -> Array:
        """Gradient to every wanted gate angle, shape (batch, angles)."""
        terms = [(c, s, d) for c in wanted for s, d in self._rule(c)]
        base, initial = self.table.values(inputs, weights), self.initial(inputs, weights)
        batch, gradient = len(base), np.zeros_like(base)
        step = max(1, ROWS_PER_RUN // batch)
        for start in range(0, len(terms), step):
            columns, shifts, coefficients = zip(*terms[start : start + step], strict=True)
            count = len(columns)
            thetas = np.repeat(base[:, None], count, axis=1)
            thetas[:, np.arange(count), columns] += np.array(shifts)
            outputs = self.outputs(thetas.reshape(batch * count, -1), initial)
            values = np.einsum("bso,bo->bs", outputs.reshape(batch, count, -1), cotangent)
            np.add.at(gradient, (slice(None), list(columns)), values * np.array(coefficients))
        return gradient

    def _rule(self, column: int) -> Rule:
        position, k = self.variable[column]
        return shift_rule(GATES[self.circuit.gates[position].gate].frequencies[k])

    def _amplitudes(
        self, prepared: Preparation, inputs: Array, weights: Array, cotangent: Array
    ) -> Array:
        """Gradient to every amplitude, from two runs each.

        Outputs are quadratic forms ``q(u)`` of the normalised amplitudes u, so
        ``dq/du_k = (q(u + e_k) - q(u - e_k)) / 2`` exactly; what Aer runs are these
        vectors normalised, and ``q(v) = |v|**2 * outputs(v / |v|)``.
        """
        units, norms = prepared.units(inputs, weights)
        thetas, direct = self.table.values(inputs, weights), np.zeros_like(units)
        for k in range(units.shape[1]):
            for sign in (1.0, -1.0):
                moved = units.copy()
                moved[:, k] += sign
                lengths = np.linalg.norm(moved, axis=1)
                vanishes = lengths < 1e-12
                moved[vanishes] = units[vanishes]
                square = np.where(vanishes, 0.0, lengths**2)
                rows = moved / np.linalg.norm(moved, axis=1, keepdims=True)
                outputs = self.outputs(thetas, prepared.embed(rows))
                direct[:, k] += 0.5 * sign * square * np.sum(outputs * cotangent, axis=1)
        return prepared.through_norm(direct, units, norms)
