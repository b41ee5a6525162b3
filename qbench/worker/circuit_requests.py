"""Requests about one circuit: its outputs, gradients and states."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qbench.backend import Array
from qbench.circuit import Circuit
from qbench.exceptions import CircuitError, QbenchError
from qbench.worker import batches
from qbench.worker.engine import Engine
from qbench.worker.protocol import Answer, Arrays, Message
from qbench.worker.resources import MemoryMeter
from qbench.worker.shift import SHIFT_RULE, shifted_derivative, takes_two_terms


def evaluate(engine: Engine, request: Message, arrays: Arrays) -> Answer:
    """Outputs of a batch, and their gradients where a ``cotangent`` was given."""
    execution = engine.execution(request["execution"])
    circuit = Circuit.from_json(request["circuit"])
    _check_shapes(circuit, arrays)
    program, compiling = engine.compile(circuit, execution)
    start = time.perf_counter()
    outputs, d_inputs, d_weights = engine.host.evaluate(
        program,
        execution,
        circuit,
        arrays["inputs"],
        arrays["weights"],
        arrays.get("cotangent"),
    )
    seconds = time.perf_counter() - start
    results: dict[str, NDArray[Any]] = {"outputs": outputs}
    if d_inputs is not None and d_weights is not None:
        results |= {"d_inputs": d_inputs, "d_weights": d_weights}
    return results, {"compile_seconds": compiling, "seconds": seconds}


def gradients(engine: Engine, request: Message, arrays: Arrays) -> Answer:
    """Gradients of one output with respect to some inputs, one a draw, batch by batch."""
    execution = engine.execution(request["execution"])
    circuit = Circuit.from_json(request["circuit"])
    _check_draws(circuit, request["components"], arrays["inputs"])
    program, compiling = engine.compile(circuit, execution)
    inputs, components = arrays["inputs"], request["components"]
    host = engine.host
    shifts = len(components) == 1 and not request["outputs"]
    shifts = shifts and takes_two_terms(circuit, execution, components[0], inputs)
    most = batches.rows_per_batch([circuit], execution)
    if shifts:
        most = batches.forward_rows(circuit, execution)
    size = batches.even(len(inputs), most)

    def run(x: Array, cotangent: Array | None) -> tuple[Array, Array | None, Array | None]:
        return host.evaluate(program, execution, circuit, x, np.zeros(0), cotangent)

    found: dict[str, list[NDArray[Any]]] = {"gradients": []}
    meter = MemoryMeter()
    wall, cpu = time.perf_counter(), time.process_time()
    for x, own in batches.batches(inputs, size):
        if shifts:
            (column,) = components
            derivative = shifted_derivative(lambda moved: run(moved, None)[0], x, column)
            found["gradients"].append(derivative[:own, None])
            continue
        y, d_inputs, _ = run(x, np.ones((len(x), 1)))
        assert d_inputs is not None  # a cotangent was given
        found.setdefault("outputs", []).append(y[:own, 0])
        found["gradients"].append(d_inputs[:own, components])
    seconds, cpu_seconds = time.perf_counter() - wall, time.process_time() - cpu
    return {name: np.concatenate(parts) for name, parts in found.items()}, {
        "compile_seconds": compiling,
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "rows_per_batch": size,
        "rule": SHIFT_RULE if shifts else execution.diff_method,
        "memory": meter.result(),
    }


def states(engine: Engine, request: Message, arrays: Arrays) -> Answer:
    """Final states of a batch, wire 0 most significant."""
    execution = engine.execution(request["execution"])
    circuit = Circuit.from_json(request["circuit"])
    _check_shapes(circuit, arrays)
    program, compiling = engine.compile(circuit, execution)
    start = time.perf_counter()
    states = program.states(arrays["inputs"], arrays["weights"])
    seconds = time.perf_counter() - start
    return {"states": states}, {"compile_seconds": compiling, "seconds": seconds}


def _check_shapes(circuit: Circuit, arrays: Arrays) -> None:
    rows = len(arrays["inputs"])
    expected = {
        "inputs": (rows, circuit.n_inputs),
        "weights": (circuit.n_weights,),
        "cotangent": (rows, circuit.n_outputs),
    }
    for name, array in arrays.items():
        if array.shape != expected[name]:
            raise CircuitError(
                f"{name} of shape {array.shape} do not fit the circuit, which takes "
                f"{expected[name]}"
            )


def _check_draws(circuit: Circuit, components: Sequence[int], inputs: NDArray[Any]) -> None:
    """Whether ``inputs`` are draws of this circuit's angles, ``components`` some of them."""
    if circuit.n_weights:
        raise CircuitError(
            f"gradients of draws need a circuit without weights, this one has "
            f"{circuit.n_weights}: take weights_as_inputs()"
        )
    if circuit.n_outputs != 1:
        raise CircuitError(
            f"gradients of draws need a circuit of one output, this one has {circuit.n_outputs}"
        )
    if not len(inputs):
        raise QbenchError("gradients of draws need at least one row of inputs")
    _check_shapes(circuit, {"inputs": inputs})
    for index in components:
        if not 0 <= index < circuit.n_inputs:
            raise QbenchError(
                f"component {index} is out of range: the circuit has {circuit.n_inputs} inputs"
                + (f", 0 to {circuit.n_inputs - 1}" if circuit.n_inputs else "")
            )
