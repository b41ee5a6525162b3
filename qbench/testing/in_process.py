"""A backend that knows NumPy only, evaluated in this process instead of a worker."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qbench.backend import Array, Backend, Execution, NumpyProgram
from qbench.circuit import Circuit
from qbench.exceptions import Unsupported
from qbench.worker.textbook import compile_program


class Evaluated(NamedTuple):
    """Outputs and gradients, as :class:`qbench.testing.conformance.Evaluation` names them."""

    outputs: Array
    d_inputs: Array | None
    d_weights: Array | None


class InProcess:
    """An evaluator around a backend whose programs are NumpyPrograms.

    Examples
    --------
    >>> from qbench.testing import InProcess, run_conformance
    >>> results = run_conformance(InProcess(MyBackend()), capabilities)  # doctest: +SKIP
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def evaluate(
        self,
        circuit: Circuit,
        execution: Execution,
        inputs: Array,
        weights: Array,
        cotangent: Array | None = None,
    ) -> Evaluated:
        """Outputs and, given a cotangent, the gradients to inputs and weights."""
        program = self._program(circuit, execution)
        if cotangent is None:
            return Evaluated(program.forward(inputs, weights), None, None)
        return Evaluated(*program.vjp(inputs, weights, cotangent))

    def states(
        self, circuit: Circuit, execution: Execution, inputs: Array, weights: Array
    ) -> NDArray[np.complex128]:
        """Final states, shape (batch, 2**n_qubits)."""
        return self._program(circuit, execution).states(inputs, weights)

    def _program(self, circuit: Circuit, execution: Execution) -> NumpyProgram:
        program = compile_program(self._backend, circuit, execution)
        if not isinstance(program, NumpyProgram):
            raise Unsupported("a program of torch or TensorFlow tensors needs a worker")
        return program
