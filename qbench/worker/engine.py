"""The framework side of a worker: its host and adapter, and what it keeps between requests."""

from __future__ import annotations

import json
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any, TypeVar

from qbench.backend import Backend, Execution, NumpyProgram, Program
from qbench.circuit import Circuit
from qbench.exceptions import QbenchError
from qbench.shots import begin_streams
from qbench.worker.hosts.base import Host, HostModel, Layer
from qbench.worker.hosts.calls import Batch, Calls
from qbench.worker.layers import circuits
from qbench.worker.product import ProductProgram
from qbench.worker.textbook import compile_program

T = TypeVar("T")

_PROGRAMS_KEPT = 64
_MODELS_KEPT = 16


class Engine:
    """Compiles circuits and builds models, each once as long as the worker lives.

    Parameters
    ----------
    host : "torch", "tensorflow" or "estimators" (models without quantum layers, by torch)
    adapter : ``module:Class`` of the backend, or None
    """

    def __init__(self, host: str, adapter: str | None, threads: int) -> None:
        self._host_name = "torch" if host == "estimators" else host
        self._adapter = adapter
        self._threads = threads
        self._host: Host | None = None
        self._backend: Backend | None = None
        self._programs: OrderedDict[Any, Program | NumpyProgram] = OrderedDict()
        self._seed = 0
        self._models: OrderedDict[Any, HostModel] = OrderedDict()

    @property
    def host(self) -> Host:
        """The host; imports its framework on first use."""
        if self._host is None:
            module = import_module(f"qbench.worker.hosts.{self._host_name}_host")
            host: Host = module.create()
            host.configure(self._threads)
            self._host = host
        return self._host

    @property
    def backend(self) -> Backend | None:
        """The adapter, imported on first use; None where the worker has none."""
        if self._backend is None and self._adapter is not None:
            module, _, name = self._adapter.partition(":")
            self._backend = getattr(import_module(module), name)()
        return self._backend

    @property
    def loaded_host(self) -> Host | None:
        """The host if its framework was imported already."""
        return self._host

    def execution(self, value: Mapping[str, Any], seed: int = 0) -> Execution:
        """Read a request's execution, import what it needs and prepare the host for it."""
        execution = Execution.from_json(value)
        if execution.threads != self._threads:
            raise QbenchError(
                f"this worker is pinned to {self._threads} thread(s), "
                f"the execution asks for {execution.threads}"
            )
        self.host.prepare(execution, seed)
        self._seed = seed
        begin_streams(self._programs.values(), seed)
        _ = self.backend
        return execution

    def compile(
        self, circuit: Circuit, execution: Execution
    ) -> tuple[Program | NumpyProgram, float]:
        """A program and the seconds that this took now (0.0 if it was kept).

        A worker without a backend runs what needs none: circuits that entangle nothing.

        Raises
        ------
        Unsupported
            The backend's reason.
        CircuitError
            There is no backend, and a gate entangles.
        """
        backend = self.backend

        def make() -> Program | NumpyProgram:
            if backend is None:
                return ProductProgram(circuit)
            program = compile_program(backend, circuit, execution, self.host.without_history)
            begin_streams([program], self._seed)
            return program

        return _kept(self._programs, (circuit.key, execution), make, _PROGRAMS_KEPT)

    def programs(
        self, layers: Sequence[Layer], execution: Execution, weights_as_inputs: bool = False
    ) -> tuple[dict[str, Program | NumpyProgram], float]:
        """Programs of all quantum layers by name, and the seconds of compiling them now."""
        programs, seconds = {}, 0.0
        for name, circuit in circuits(layers).items():
            if weights_as_inputs:
                circuit = circuit.weights_as_inputs()
            programs[name], spent = self.compile(circuit, execution)
            seconds += spent
        return programs, seconds

    def calls(
        self,
        program: Program | NumpyProgram,
        execution: Execution,
        n_outputs: int,
        measure: str,
        batches: Sequence[Batch],
    ) -> Calls:
        """Calls of a program on these batches, as the host makes them."""
        module = import_module(f"qbench.worker.hosts.{self._host_name}_calls")
        found: Calls = module.calls(program, execution, n_outputs, measure, batches)
        return found

    def forget(self) -> None:
        """Drop all programs and models that are kept: what comes next is cold."""
        self._programs.clear()
        self._models.clear()

    def model(
        self, layers: Sequence[Layer], loss: str, execution: Execution
    ) -> tuple[HostModel, float]:
        """A model, its parameters as some earlier request left them, and seconds spent now."""
        programs, compiling = self.programs(layers, execution)
        key = (json.dumps([layers, loss], sort_keys=True), execution)
        model, building = _kept(
            self._models,
            key,
            lambda: self.host.build(layers, loss, execution, programs),
            _MODELS_KEPT,
        )
        return model, compiling + building


def _kept(
    cache: OrderedDict[Any, T], key: object, make: Callable[[], T], size: int
) -> tuple[T, float]:
    """The cached value, or a new one and the seconds of making it; drops the least used."""
    seconds = 0.0
    if key not in cache:
        start = time.perf_counter()
        cache[key] = make()
        seconds = time.perf_counter() - start
        if len(cache) > size:
            cache.popitem(last=False)
    cache.move_to_end(key)
    return cache[key], seconds
