"""``diff_method: textbook-2x``: the gradient of a published hybrid network, mistake included.

The Qiskit textbook ("Hybrid quantum-classical neural networks with PyTorch and Qiskit")
takes ``f(t + s) - f(t - s)`` for the derivative. With s = pi/2 the parameter-shift rule
(Mitarai et al. 2018, Phys. Rev. A 98, 032309, eq. 4) has a factor 1/2 before it. So the
circuits are those of parameter-shift, which the framework runs, and the gradient to each
gate's angle is twice the derivative; the chain rule through the angles is linear and passes
the factor on to features and weights.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qbench.backend import (
    PARAMETER_SHIFT,
    TEXTBOOK_2X,
    Array,
    Backend,
    Execution,
    NumpyProgram,
    Program,
)
from qbench.circuit import GATES, STATE_PREPARATION, Circuit
from qbench.exceptions import Unsupported

Stop = Callable[[Any], Any]
"""A tensor of the host without its history (torch's detach, TensorFlow's stop_gradient)."""


def textbook_refusal(circuit: Circuit, execution: Execution) -> str | None:
    """Why the rule isn't defined for a circuit, or None; None for every other rule.

    Where a gate's generator has other gaps than 1 (controlled rotations), the difference
    isn't twice the derivative; amplitudes are no angles and can't be shifted.
    """
    if execution.diff_method != TEXTBOOK_2X:
        return None
    for operation in circuit.operations:
        for position, angle in enumerate(operation.angles):
            if not angle.terms:
                continue
            if operation.gate == STATE_PREPARATION:
                return f"{TEXTBOOK_2X} shifts angles: amplitude encoding has none"
            if GATES[operation.gate].frequencies[position] != (1,):
                return (
                    f"{TEXTBOOK_2X} has two shifts, {operation.gate} needs four: "
                    "there it isn't twice the derivative"
                )
    return None


def compile_program(
    backend: Backend, circuit: Circuit, execution: Execution, stop: Stop | None = None
) -> Program | NumpyProgram:
    """The backend's program; under ``textbook-2x`` that of parameter-shift, its gradients doubled.

    The backend is given the circuit as ``execution.optimise`` has it.

    Parameters
    ----------
    stop : callable, optional
        Without it only programs that know NumPy can be doubled.

    Raises
    ------
    Unsupported
        The backend's reason, or that of :func:`textbook_refusal`.
    """
    circuit = execution.circuit_run(circuit)
    if execution.diff_method != TEXTBOOK_2X:
        return backend.compile(circuit, execution)
    refusal = textbook_refusal(circuit, execution)
    if refusal is not None:
        raise Unsupported(refusal)
    program = backend.compile(circuit, replace(execution, diff_method=PARAMETER_SHIFT))
    if isinstance(program, NumpyProgram):
        return _DoubledNumpyProgram(program, execution.gradient_factor)
    if stop is None:
        raise Unsupported("a program of torch or TensorFlow tensors needs a worker")
    return _DoubledProgram(program, execution.gradient_factor, stop)


class _DoubledNumpyProgram(NumpyProgram):
    def __init__(self, program: NumpyProgram, factor: float) -> None:
        self._program, self._factor = program, factor
        self.executions, self.seeds = program.executions, program.seeds

    def forward(self, inputs: Array, weights: Array) -> Array:
        outputs = self._program.forward(inputs, weights)
        self.executions = self._program.executions
        return outputs

    def vjp(
        self,
        inputs: Array,
        weights: Array,
        cotangent: Array,
        wrt_inputs: bool = True,
        wrt_weights: bool = True,
    ) -> tuple[Array, Array, Array]:
        outputs, d_inputs, d_weights = self._program.vjp(
            inputs, weights, cotangent, wrt_inputs, wrt_weights
        )
        self.executions = self._program.executions
        return outputs, self._factor * d_inputs, self._factor * d_weights

    def states(self, inputs: Array, weights: Array) -> NDArray[np.complex128]:
        return self._program.states(inputs, weights)


class _DoubledProgram(Program):
    """The same outputs ``y``, as ``2 y - y`` of which the second has no history."""

    def __init__(self, program: Program, factor: float, stop: Stop) -> None:
        self._program, self._factor, self._stop = program, factor, stop
        self.executions, self.seeds = program.executions, program.seeds
        self.run_eagerly = bool(getattr(program, "run_eagerly", False))

    def __call__(self, inputs: Any, weights: Any) -> Any:
        outputs = self._program(inputs, weights)
        self.executions = self._program.executions
        return self._factor * outputs - (self._factor - 1) * self._stop(outputs)

    def states(self, inputs: Array, weights: Array) -> NDArray[np.complex128]:
        return self._program.states(inputs, weights)
