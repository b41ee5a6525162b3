"""A stranger's adapter: right on one device, and wrong in its own way on each other one."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from qbench.backend import Array, Backend, Execution, NumpyProgram
from qbench.circuit import Circuit, ReferenceProgram
from qbench.exceptions import Unsupported


class TinyBackend(Backend):
    def versions(self) -> Mapping[str, str]:
        return {"numpy": np.__version__}

    def compile(self, circuit: Circuit, execution: Execution) -> NumpyProgram:
        if execution.device == "refuses":
            raise Unsupported("its compiler knows no circuit like this")
        return _Program(circuit, execution.device)


class _Program(NumpyProgram):
    def __init__(self, circuit: Circuit, device: str) -> None:
        self._program, self._device = ReferenceProgram(circuit), device

    def forward(self, inputs: Array, weights: Array) -> Array:
        if self._device == "slow":
            time.sleep(0.4)
        return self._program.forward(inputs, weights)

    def vjp(
        self,
        inputs: Array,
        weights: Array,
        cotangent: Array,
        wrt_inputs: bool = True,
        wrt_weights: bool = True,
    ) -> tuple[Array, Array, Array]:
        _TROUBLE.get(self._device, lambda: None)()
        outputs, d_inputs, d_weights = self._program.vjp(inputs, weights, cotangent)
        if self._device == "wrong":
            d_weights = d_weights * (1 + 1e-6)
        return outputs, d_inputs, d_weights


def _hang() -> None:
    """Start a process that leaves the group and outlives its parent, then do nothing."""
    child = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True
    )
    Path(os.environ["TINY_CHILD"]).write_text(str(child.pid))
    time.sleep(600)


def _die() -> None:
    print("the last words of the framework", file=sys.stderr, flush=True)
    os._exit(3)


def _fill() -> None:
    _kept.append(np.ones(1 << 26))  # 0.5 GB, touched
    time.sleep(600)


def _no_memory() -> None:
    raise MemoryError("no room for the state")


_kept: list[Array] = []
_TROUBLE = {"hangs": _hang, "dies": _die, "hungry": _fill, "no-memory": _no_memory}
