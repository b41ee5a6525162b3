"""A worker's requests: one at a time, each answered by one result or one error."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import queue
import shutil
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from qbench.exceptions import (
    DivergedError,
    EnvironmentUnavailableError,
    QbenchError,
    Unsupported,
)
from qbench.worker import circuit_requests, model_requests, training
from qbench.worker.engine import Engine
from qbench.worker.protocol import (
    PROTOCOL_VERSION,
    Answer,
    Arrays,
    Channel,
    Message,
    Report,
    load_arrays,
    save_arrays,
)
from qbench.worker.timing import Timings

Handler = Callable[[Engine, Message, Arrays], Answer]

_HANDLERS: Mapping[str, Handler] = {
    "evaluate": circuit_requests.evaluate,
    "gradients": circuit_requests.gradients,
    "states": circuit_requests.states,
    "gradient_draws": model_requests.gradient_draws,
    "predict": model_requests.predict,
}
"""Requests that need the engine alone."""


def serve(channel: Channel, host: str, adapter: str | None, threads: int) -> None:
    """Answer requests until ``shutdown``, or until the parent is gone.

    A thread reads the pipe, so that a worker whose parent was killed ends at
    once, in the middle of a training too, instead of computing for nobody; the
    request's folder, which the parent would have removed, goes with it.
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
    threading.Thread(target=_read, args=(channel, requests, service), daemon=True).start()
    while True:
        request = requests.get()
        if request.get("op") == "shutdown":
            channel.send({"id": request.get("id"), "event": "result"})
            return
        service.answer(request, channel)


def _read(channel: Channel, requests: queue.SimpleQueue[Message], service: Service) -> None:
    while True:
        try:
            message = channel.receive()
        except ValueError:
            traceback.print_exc()
            os._exit(1)
        if message is None:
            service.abandon()
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
        self._folder: Path | None = None
        self._handlers: dict[str, Callable[[Message, Arrays, Report], Answer]] = {
            "load": self._load,
            **{op: self._by_engine(handler) for op, handler in _HANDLERS.items()},
            "train": self._train,
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
            folder = self._folder = Path(request["folder"]) if "folder" in request else None
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
        self._folder = None
        report(result)

    def abandon(self) -> None:
        """Remove the folder of the request that is being served: nobody waits for it any more."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _failure(self, error: Exception) -> dict[str, Any]:
        host = self._engine.loaded_host
        if isinstance(error, Unsupported):
            kind = "unsupported"
        elif isinstance(error, EnvironmentUnavailableError):
            kind = "unavailable"
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

    def _by_engine(self, handler: Handler) -> Callable[[Message, Arrays, Report], Answer]:
        return lambda request, arrays, report: handler(self._engine, request, arrays)

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

    def _train(self, request: Message, arrays: Arrays, report: Report) -> Answer:
        return training.train(self._engine, request, arrays, report)

    def _time(self, request: Message, arrays: Arrays, report: Report) -> Answer:
        return self._timings.serve(request, arrays)

    def _fit(self, request: Message, arrays: Arrays, report: Report) -> Answer:
        if self._host_name != "estimators":
            raise QbenchError(f"a worker of host {self._host_name} fits no estimators")
        from qbench.worker import estimators

        return estimators.fit(request, arrays, self._threads)


def _packages() -> dict[str, str]:
    """Every installed distribution and its version, by normalised name."""
    found = {}
    for distribution in importlib.metadata.distributions():
        name = distribution.metadata["Name"]
        if name:
            found[name.lower().replace("_", "-")] = distribution.version
    return dict(sorted(found.items()))
