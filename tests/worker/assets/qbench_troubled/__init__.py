"""An adapter that prints, counts what is asked of it, and fails in every way there is."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping

import numpy as np

from qbench.backend import Array, Backend, Execution, NumpyProgram
from qbench.circuit import Circuit, ReferenceProgram
from qbench.exceptions import Unsupported
from qbench.shots import ShotSeeds

print("printed at import")
os.write(1, b"written to descriptor 1\n")
subprocess.run([sys.executable, "-c", "print('said by a child')"], check=True)


class TroubledBackend(Backend):
    def versions(self) -> Mapping[str, str]:
        return {"numpy": np.__version__}

    def notes(self) -> Iterable[str]:
        packages = ("pydantic", "typer", "qbench", "qbench_reference")
        found = [name for name in packages if importlib.util.find_spec(name)]
        return [f"importable: {' '.join(found)}", f"numpy: {np.__file__}"]

    def compile(self, circuit: Circuit, execution: Execution) -> NumpyProgram:
        if execution.device == "unsupported":
            raise Unsupported("no such gate here")
        if execution.shots is not None and execution.device != "unseeded":
            return _Noisy(circuit, execution.device)
        return _Counting(circuit, execution.device)


class _Counting(NumpyProgram):
    """Counts one execution a row forward, and one a row for each gradient asked for."""

    def __init__(self, circuit: Circuit, device: str) -> None:
        self._program = ReferenceProgram(circuit)
        self._device = device
        self.executions = 0

    def forward(self, inputs: Array, weights: Array) -> Array:
        print("printed during forward")
        if self._device == "memory":
            raise MemoryError("no room for the state")
        if self._device == "broken":
            raise KeyError("wires")
        if self._device == "misshapen":
            return np.zeros((1, 1))
        self.executions += len(inputs)
        return self._program.forward(inputs, weights)

    def vjp(
        self,
        inputs: Array,
        weights: Array,
        cotangent: Array,
        wrt_inputs: bool = True,
        wrt_weights: bool = True,
    ) -> tuple[Array, Array, Array]:
        self.executions += len(inputs) * (int(wrt_inputs) + int(wrt_weights))
        return self._program.vjp(inputs, weights, cotangent)


class _Noisy(_Counting):
    """Adds numbers of its stream to its outputs."""

    def __init__(self, circuit: Circuit, device: str) -> None:
        super().__init__(circuit, device)
        self.seeds = ShotSeeds(circuit)

    def forward(self, inputs: Array, weights: Array) -> Array:
        exact = super().forward(inputs, weights)
        return exact + 0.1 * self.seeds.generator.normal(size=exact.shape)
