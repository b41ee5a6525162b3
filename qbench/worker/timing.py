"""Times on request: a cell is begun cold, then sampled whenever the parent asks.

Three requests make a cell's times. ``cold`` compiles the circuit anew and makes the first
call, whose results go back to be held against the reference. ``calibrate`` finds how many
calls take ``min_time`` (the loops of ``timeit`` and pyperf), and by that warms the cell up.
``sample`` makes so many calls and gives seconds a call, wall-clock and of the processor.
Between two samples the parent lets other workers have theirs.

Calls alternate between two batches with different weights, as in a training, so that no
cache of results can answer.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qbench.backend import Array, Execution
from qbench.circuit import Circuit
from qbench.exceptions import QbenchError
from qbench.worker.engine import Engine
from qbench.worker.evaluation import DTYPES
from qbench.worker.hosts.calls import Batch, Calls
from qbench.worker.resources import MemoryMeter

_MOST_LOOPS = 1_000_000
_MOST_GROWTH = 10
_CONFIRMED = 3

Answer = tuple[dict[str, NDArray[Any]], dict[str, Any]]


class Timings:
    """The cells that a worker has begun, by the names that the parent gave them.

    Those of one group are kept: when another group's first cell begins, they go.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._group = ""
        self._cells: dict[str, Calls] = {}

    def serve(self, request: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Answer:
        """One of the three phases."""
        execution = self._engine.execution(request["execution"])
        name, phase = str(request["cell"]), request["phase"]
        if phase == "cold":
            return self._cold(name, request, arrays, execution)
        if name not in self._cells:
            raise QbenchError(f"no cell {name!r} was begun here")
        cell = self._cells[name]
        if phase == "calibrate":
            return {}, _calibrated(cell, float(request["min_time"]))
        if phase == "sample":
            loops = int(request["loops"])
            if loops > 1:  # what other workers drove out of the caches
                _timed(cell, 1)
            return {}, _timed(cell, loops)
        raise QbenchError(f"no phase {phase!r}; there are cold, calibrate and sample")

    def _cold(
        self,
        name: str,
        request: Mapping[str, Any],
        arrays: Mapping[str, NDArray[Any]],
        execution: Execution,
    ) -> Answer:
        circuit = Circuit.from_json(request["circuit"])
        batches = [Batch(*each) for each in zip(*_checked(circuit, arrays), strict=True)]
        if request["group"] != self._group:
            self._group = request["group"]
            self._cells.clear()
        self._cells.pop(name, None)
        self._engine.forget()
        meter = MemoryMeter()
        begun, cpu = time.perf_counter(), time.process_time()
        cell = self._begun(request, circuit, execution, batches)
        compiled = time.perf_counter()
        first = cell.call(0)
        cell.finish()
        done = time.perf_counter()
        self._cells[name] = cell
        return cell.read(first), {
            "compile_s": compiled - begun,
            "first_call_s": done - compiled,
            "cpu_s": time.process_time() - cpu,
            "memory": meter.result(),
        }

    def _begun(
        self,
        request: Mapping[str, Any],
        circuit: Circuit,
        execution: Execution,
        batches: list[Batch],
    ) -> Calls:
        measure = request["measure"]
        if measure == "step":
            return self._steps(request["optimizer"], circuit, execution, batches)
        program, _ = self._engine.compile(circuit, execution)
        return self._engine.calls(program, execution, circuit.n_outputs, measure, batches)

    def _steps(
        self,
        optimizer: Mapping[str, Any],
        circuit: Circuit,
        execution: Execution,
        batches: list[Batch],
    ) -> Calls:
        """Steps of a training of the circuit's weights on the batches' targets."""
        layer = {"type": "quantum", "name": "circuit", "circuit": circuit.to_json(), "copies": 1}
        model, _ = self._engine.model([layer], "mse", execution)
        model.load({"circuit.weights": batches[0].weights[None]})
        model.reset_optimizer(optimizer, ["circuit.weights"])
        rate, dtype = float(optimizer["learning_rate"]), DTYPES[execution.precision]
        rows = [np.ascontiguousarray(batch.inputs, dtype=dtype) for batch in batches]
        steps = iter(range(2**62))

        def call(number: int) -> float:
            return model.step(rows[number], batches[number].targets, rate, (0, next(steps)))

        return Calls(call, lambda loss: {"loss": np.asarray([loss])})


def _checked(circuit: Circuit, arrays: Mapping[str, NDArray[Any]]) -> list[Array]:
    """Inputs, weights, cotangents and targets, the same number of each."""
    count, rows = arrays["inputs"].shape[:2]
    expected = {
        "inputs": (count, rows, circuit.n_inputs),
        "weights": (count, circuit.n_weights),
        "cotangent": (count, rows, circuit.n_outputs),
        "targets": (count, rows, circuit.n_outputs),
    }
    for name, shape in expected.items():
        if arrays[name].shape != shape:
            raise QbenchError(f"{name} of shape {arrays[name].shape}, the circuit takes {shape}")
    return [np.asarray(arrays[name], dtype=np.float64) for name in expected]


def _calibrated(cell: Calls, min_time: float) -> dict[str, Any]:
    """Loops that take ``min_time`` also when nothing disturbs them, and the last times.

    What was long enough is tried again, since the processor may have been elsewhere, unless
    a call is much longer than that.
    """
    loops, confirmed = 1, 0
    while True:
        tried = _timed(cell, loops)
        took = tried["seconds"] * loops
        if took >= min_time or loops >= _MOST_LOOPS:
            confirmed += 1
            if confirmed == _CONFIRMED or took > _MOST_GROWTH * min_time:
                return {"loops": loops, **tried}
            continue
        confirmed = 0
        wanted = math.ceil(1.1 * loops * min_time / max(took, 1e-9))
        loops = min(max(wanted, loops + 1), _MOST_GROWTH * loops, _MOST_LOOPS)


def _timed(cell: Calls, loops: int) -> dict[str, Any]:
    """Seconds a call, wall-clock and of the processor, over so many calls."""
    call = cell.call
    cpu, begun = time.process_time(), time.perf_counter()
    for number in range(loops):
        call(number & 1)
    cell.finish()
    seconds, spent = time.perf_counter() - begun, time.process_time() - cpu
    return {"seconds": seconds / loops, "cpu_seconds": spent / loops}
