"""A worker's requests: one at a time, each answered by one result or one error."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import queue
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qbench.backend import Array
from qbench.circuit import Circuit
from qbench.exceptions import CircuitError, DivergedError, QbenchError, Unsupported
from qbench.worker import batches, draws, evaluation, training
from qbench.worker.engine import Engine
from qbench.worker.protocol import PROTOCOL_VERSION, Channel, Message, load_arrays, save_arrays
from qbench.worker.resources import MemoryMeter
from qbench.worker.shift import SHIFT_RULE, shifted_derivative, takes_two_terms
from qbench.worker.timing import Timings

Report = Callable[[Mapping[str, Any]], None]
"""Sends an event of the request that is being served."""

Arrays = Mapping[str, NDArray[Any]]
Answer = tuple[dict[str, NDArray[Any]], dict[str, Any]]
"""Arrays to write into the request's folder, and the result's other fields."""


def serve(channel: Channel, host: str, adapter: str | None, threads: int) -> None:
    """Answer requests until ``shutdown``, or until the parent is gone.

    A thread reads the pipe, so that a worker whose parent was killed ends at
    once, in the middle of a training too, instead of computing for nobody.
    """
    service = Service(host, adapter, threads)
    channel.send(
        {
            "event": "ready",
            "protocol": PROTOCOL_VERSION,
            "python": platform.python_version(),
            "pid": os.getpid(),
        }
    )
    requests: queue.SimpleQueue[Message] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(channel, requests), daemon=True).start()
    while True:
        request = requests.get()
        if request.get("op") == "shutdown":
            channel.send({"id": request.get("id"), "event": "result"})
            return
        service.answer(request, channel)


def _read(channel: Channel, requests: queue.SimpleQueue[Message]) -> None:
    while True:
        try:
            message = channel.receive()
        except ValueError:
            traceback.print_exc()
            os._exit(1)
        if message is None:
            os._exit(0)
        requests.put(message)
        if message.get("op") == "shutdown":
            return


class Service:
    """Handlers of the requests, over one :class:`Engine`."""

    def __init__(self, host: str, adapter: str | None, threads: int) -> None:
        self._host_name = host
        self._engine = Engine(host, adapter, threads)
        self._threads = threads
        self._timings = Timings(self._engine)
        self._handlers: dict[str, Callable[[Message, Arrays, Report], Answer]] = {
            "load": self._load,
            "evaluate": self._evaluate,
            "states": self._states,
            "train": self._train,
            "gradients": self._gradients,
            "gradient_draws": self._gradient_draws,
            "predict": self._predict,
            "time": self._time,
            "fit": self._fit,
        }

    def answer(self, request: Message, channel: Channel) -> None:
        """Serve one request: sends its events, then a result or an error."""
        identity = request.get("id")

        def report(event: Mapping[str, Any]) -> None:
            channel.send({"id": identity, **event})

        try:
            handler = self._handlers.get(request.get("op", ""))
            if handler is None:
                known = ", ".join([*self._handlers, "shutdown"])
                raise QbenchError(f"no such operation: {request.get('op')!r}; known are {known}")
            folder = Path(request["folder"]) if "folder" in request else None
            names = request.get("arrays", [])
            if names and folder is None:
                raise QbenchError("a request with arrays names their folder")
            given = load_arrays(folder, names) if folder is not None else {}
            arrays, fields = handler(request, given, report)
            written = save_arrays(folder, arrays) if folder is not None else []
            result = {"event": "result", "arrays": written, **fields}
        except BrokenPipeError:
            raise
        except Exception as error:  # noqa: BLE001 - the process's boundary: told to the parent
            result = self._failure(error)
        report(result)

    def _failure(self, error: Exception) -> dict[str, Any]:
        host = self._engine.loaded_host
        if isinstance(error, Unsupported):
            kind = "unsupported"
        elif isinstance(error, DivergedError):
            kind = "diverged"
        elif isinstance(error, MemoryError) or (host and host.is_out_of_memory(error)):
            kind = "out_of_memory"
        else:
            kind = "failed"
        text = str(error) if isinstance(error, QbenchError) else f"{type(error).__name__}: {error}"
        return {
            "event": "error",
            "kind": kind,
            "message": " ".join(text.split())[:2000],
            "traceback": "".join(traceback.format_exception(error)),
        }

    def _load(self, request: Message, arrays: Arrays, report: Report) -> Answer:
        wall, cpu = time.perf_counter(), time.process_time()
        versions: dict[str, str] = {}
        notes: list[str] = []
        if self._host_name == "estimators":
            from qbench.worker import estimators

            versions |= estimators.versions()
        else:
            versions |= self._engine.host.versions()
        backend = self._engine.backend
        if backend is not None:
            versions |= backend.versions()
            notes = list(backend.notes())
        seconds, cpu_seconds = time.perf_counter() - wall, time.process_time() - cpu
        return {}, {
            "seconds": seconds,
            "cpu_seconds": cpu_seconds,
            "versions": versions,
            "notes": notes,
            "packages": _packages(),
        }

    def _evaluate(self, request: Message, arrays: Arrays, report: Report) -> Answer:
        execution = self._engine.execution(request["execution"])
        circuit = Circuit.from_json(request["circuit"])
        _check_shapes(circuit, arrays)
        program, compiling = self._engine.compile(circuit, execution)
        start = time.perf_counter()
        outputs, d_inputs, d_weights = self._engine.host.evaluate(
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

    def _gradients(self, request: Message, arrays: Arrays, report: Report) -> Answer:
        execution = self._engine.execution(request["execution"])
        circuit = Circuit.from_json(request["circuit"])
        _check_draws(circuit, request["components"], arrays["inputs"])
        program, compiling = self._engine.compile(circuit, execution)
        inputs, components = arrays["inputs"], request["components"]
        host = self._engine.host
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

    def _states(self, request: Message, arrays: Arrays, report: Report) -> Answer:
        execution = self._engine.execution(request["execution"])
        circuit = Circuit.from_json(request["circuit"])
        _check_shapes(circuit, arrays)
        program, compiling = self._engine.compile(circuit, execution)
        start = time.perf_counter()
        states = program.states(arrays["inputs"], arrays["weights"])
        seconds = time.perf_counter() - start
        return {"states": states}, {"compile_seconds": compiling, "seconds": seconds}

    def _train(self, request: Message, arrays: Arrays, report: Report) -> Answer:
        return training.train(self._engine, request, arrays, report)

    def _gradient_draws(self, request: Message, arrays: Arrays, report: Report) -> Answer:
        execution = self._engine.execution(request["execution"])
        layers = request["model"]["layers"]
        model, building = self._engine.model(layers, request["loss"], execution)
        programs, compiling = self._engine.programs(layers, execution, weights_as_inputs=True)
        model.load(_prefixed(arrays, "param."))
        start = time.perf_counter()
        gradients = draws.gradients(
            model,
            arrays["x"],
            arrays["y"],
            _prefixed(arrays, "draws."),
            programs,
            batches.drawn_rows(layers, execution),
        )
        seconds = time.perf_counter() - start
        results = {f"gradients.{name}": array for name, array in gradients.items()}
        return results, {"compile_seconds": building + compiling, "seconds": seconds}

    def _predict(self, request: Message, arrays: Arrays, report: Report) -> Answer:
        execution = self._engine.execution(request["execution"])
        layers = request["model"]["layers"]
        model, compiling = self._engine.model(layers, request.get("loss", "mse"), execution)
        model.load(_prefixed(arrays, "param."))
        start = time.perf_counter()
        outputs = evaluation.predict(model, layers, arrays["x"], execution)
        seconds = time.perf_counter() - start
        return {"outputs": outputs}, {"compile_seconds": compiling, "seconds": seconds}

    def _time(self, request: Message, arrays: Arrays, report: Report) -> Answer:
        return self._timings.serve(request, arrays)

    def _fit(self, request: Message, arrays: Arrays, report: Report) -> Answer:
        if self._host_name != "estimators":
            raise QbenchError(f"a worker of host {self._host_name} fits no estimators")
        from qbench.worker import estimators

        return estimators.fit(request, arrays, self._threads)


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


def _prefixed(arrays: Arrays, prefix: str) -> dict[str, Array]:
    return {n.removeprefix(prefix): a for n, a in arrays.items() if n.startswith(prefix)}


def _packages() -> dict[str, str]:
    """Every installed distribution and its version, by normalised name."""
    found = {}
    for distribution in importlib.metadata.distributions():
        name = distribution.metadata["Name"]
        if name:
            found[name.lower().replace("_", "-")] = distribution.version
    return dict(sorted(found.items()))
