"""The NumPy reference as a backend: the smallest adapter there can be."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from qbench.backend import Array, Backend, Execution, NumpyProgram
from qbench.circuit import Circuit, ReferenceProgram
from qbench.exceptions import Unsupported


class ReferenceBackend(Backend):
    """qbench's own simulator."""

    def versions(self) -> Mapping[str, str]:
        """NumPy's version."""
        return {"numpy": np.__version__}

    def compile(self, circuit: Circuit, execution: Execution) -> NumpyProgram:
        """Any circuit; the reference has one mode only."""
        if execution.shots is not None or execution.precision != "double":
            raise Unsupported("the reference computes exactly, in double precision")
        return _Program(circuit)


class _Program(NumpyProgram):
    def __init__(self, circuit: Circuit) -> None:
        self._program = ReferenceProgram(circuit)

    def forward(self, inputs: Array, weights: Array) -> Array:
        return self._program.forward(inputs, weights)

    def vjp(
        self,
        inputs: Array,
        weights: Array,
        cotangent: Array,
        wrt_inputs: bool = True,
        wrt_weights: bool = True,
    ) -> tuple[Array, Array, Array]:
        return self._program.vjp(inputs, weights, cotangent, wrt_inputs, wrt_weights)

    def states(self, inputs: Array, weights: Array) -> np.ndarray:
        return self._program.states(inputs, weights)
