"""One worker process: started, asked, watched, and ended with everything it started."""

from __future__ import annotations

import contextlib
import math
import queue
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self, cast

from qbench.exceptions import (
    DivergedError,
    EnvironmentUnavailableError,
    OutOfMemoryError,
    QbenchError,
    Unsupported,
    WorkerError,
    WorkerTimeoutError,
)
from qbench.runner.logged_process import SHUTDOWN_TIMEOUT, LoggedProcess
from qbench.runner.uv_program import clean_environ
from qbench.worker.protocol import PROTOCOL_VERSION, Channel, Message

OnEvent = Callable[[Message], None]

START_TIMEOUT = 120.0
"""Seconds until a new process must have said that it is ready; it imports NumPy alone."""

_PERIOD = 0.25
"""Seconds between looks at a busy worker: a child of a dead one may hold its pipe open,
so the pipe's end alone doesn't tell of its death."""

_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)


def worker_environ(threads: int, accelerator: str) -> dict[str, str]:
    """Environment variables of a worker: threads pinned, no GPU unless it was asked for."""
    environ = clean_environ() | dict.fromkeys(_THREAD_VARIABLES, str(threads))
    environ.pop("PYTHONDONTWRITEBYTECODE", None)
    if accelerator == "cpu":
        environ["CUDA_VISIBLE_DEVICES"] = "-1"
    return environ


class WorkerProcess(LoggedProcess):
    """A process that speaks :mod:`qbench.worker.protocol` on its standard input and output.

    One thread at a time asks; any thread may end it. After a time limit, a death, a broken
    protocol or an interrupt in the middle of a request it is ended, with every
    process that it started; after an error that it reports itself it goes on.

    Parameters
    ----------
    command : list of str
    title : str
        What messages call it, such as ``pennylane@0.45.1``.
    log_path : path
        Its standard error is appended here.
    start_timeout : float
        Seconds.

    Raises
    ------
    WorkerError
        It didn't come up, or speaks another version of the protocol.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        title: str,
        log_path: Path,
        environ: Mapping[str, str],
        start_timeout: float = START_TIMEOUT,
    ) -> None:
        super().__init__(command, title=title, log_path=log_path, environ=environ)
        self._requests = 0
        self._messages: queue.Queue[Message | ValueError | None] = queue.Queue()
        self._channel = Channel(
            cast(BinaryIO, self.process.stdout), cast(BinaryIO, self.process.stdin)
        )
        self._reader = threading.Thread(target=self._read, name=f"reader {title}", daemon=True)
        self._reader.start()
        self.end_with_parent()
        try:
            self.ready = self._greet(start_timeout)
        except BaseException:
            self.kill()
            raise

    def request(
        self,
        op: str,
        payload: Mapping[str, Any] | None = None,
        *,
        folder: Path | None = None,
        timeout: float | None = None,
        memory_limit: int | None = None,
        on_event: OnEvent | None = None,
    ) -> Message:
        """Ask for ``op`` and wait for its result.

        Parameters
        ----------
        timeout : float, optional
            Seconds of wall time.
        memory_limit : int, optional
            Bytes of resident memory, of the worker and its children together.
        on_event : callable, optional
            Receives every event before the result; what it raises ends the worker.

        Raises
        ------
        Unsupported, DivergedError, OutOfMemoryError, WorkerTimeoutError, WorkerError
        """
        if self.ended:
            raise self.error(WorkerError, "has been ended; start another")
        if self.process.poll() is not None:
            raise self.died("between requests")
        self._requests += 1
        message: Message = {"id": self._requests, "op": op, **(payload or {})}
        if folder is not None:
            message["folder"] = str(folder)
        try:
            self._send(op, message)
            reply = self._reply(op, timeout, memory_limit, on_event)
        except BaseException:
            self.kill()
            raise
        if reply["event"] == "error":
            raise self._reported(op, reply)
        return reply

    def kill(self) -> None:
        """End it now, with everything it started; safe to call twice."""
        super().kill()
        self._reader.join(timeout=1.0)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def shutdown(self) -> None:
        """Ask it to end, and end it if it doesn't within seconds."""
        if self.alive:
            with contextlib.suppress(OSError):
                self._channel.send({"id": self._requests + 1, "op": "shutdown"})
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(SHUTDOWN_TIMEOUT)
        self.kill()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.shutdown()

    def _send(self, op: str, message: Message) -> None:
        try:
            self._channel.send(message)
        except (OSError, ValueError) as error:
            if self.alive:  # the message itself is at fault
                raise
            raise self.died(f"during {op}") from error

    def _read(self) -> None:
        while True:
            try:
                message = self._channel.receive()
            except OSError:
                message = None
            except ValueError as error:
                self._messages.put(error)
                return
            self._messages.put(message)
            if message is None:
                return

    def _greet(self, timeout: float) -> Message:
        ready = self._next("start", time.monotonic() + timeout, timeout, None)
        if ready.get("event") != "ready":
            raise self.error(WorkerError, f"broke the protocol: it began with {str(ready)[:200]}")
        if ready.get("protocol") != PROTOCOL_VERSION:
            raise self.error(
                WorkerError,
                f"speaks protocol {ready.get('protocol')}, this qbench {PROTOCOL_VERSION}: "
                "two versions of qbench are mixed",
            )
        return ready

    def _reply(
        self, op: str, timeout: float | None, memory_limit: int | None, on_event: OnEvent | None
    ) -> Message:
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            message = self._next(op, deadline, timeout, memory_limit)
            if message.get("id") != self._requests or "event" not in message:
                raise self.error(
                    WorkerError, f"broke the protocol during {op}: it sent {str(message)[:200]}"
                )
            if message["event"] in ("result", "error"):
                return message
            if on_event is not None:
                on_event(message)

    def _next(
        self, op: str, deadline: float | None, timeout: float | None, memory_limit: int | None
    ) -> Message:
        while True:
            left = math.inf if deadline is None else deadline - time.monotonic()
            if left <= 0:
                self.kill()
                raise self.error(
                    WorkerTimeoutError, f"was ended: {op} took longer than {timeout:g} s"
                )
            if memory_limit is not None:
                self.check_memory(op, memory_limit)
            dead = self.process.poll() is not None
            try:
                message = self._messages.get(timeout=min(left, _PERIOD))
            except queue.Empty:
                if dead:  # and had a moment to deliver what it sent last
                    raise self.died(f"during {op}") from None
                continue
            if message is None:
                raise self.died(f"during {op}")
            if isinstance(message, ValueError):
                raise self.error(WorkerError, f"broke the protocol during {op}: {message}")
            return message

    def _reported(self, op: str, reply: Message) -> QbenchError:
        kind, text = reply.get("kind"), str(reply.get("message", ""))
        if kind == "unsupported":
            return Unsupported(text)
        if kind == "unavailable":
            return EnvironmentUnavailableError(text)
        if kind == "diverged":
            return DivergedError(text)
        traceback = str(reply.get("traceback", ""))
        if kind == "out_of_memory":
            self.kill()  # what it still holds would count against the next trial
            return self.error(OutOfMemoryError, f"ran out of memory during {op}: {text}")
        return WorkerError(
            f"the worker of {self.title} failed during {op}: {text}; its log is {self.log_path}",
            log_path=str(self.log_path),
            traceback=traceback,
        )
