"""Warm workers: a framework is imported once, and its compiled programs stay."""

from __future__ import annotations

import threading
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from qbench.exceptions import WorkerError
from qbench.plan import Trial
from qbench.registry import BackendInfo
from qbench.runner.environments import Environment, Progress
from qbench.runner.worker import Worker


class _Key(NamedTuple):
    backend: str
    python: Path
    threads: int
    accelerator: str
    copy: int


class WorkerPool:
    """Workers by backend, environment, threads and accelerator, started when first asked for.

    A pool serves one thread of the runner (another may end it): with ``--jobs N`` there
    are N pools, so no two trials share a process at a time.

    Parameters
    ----------
    logs : path
        Folder of the workers' logs, ``BACKEND-VERSION.log`` each, and
        ``BACKEND-VERSION-COPY.log`` of copies.
    scratch : path, optional
        Folder for the arrays of requests.
    fresh : bool
        A new process each time it is asked for one, for figures of memory and import.
    progress : callable, optional
        Receives uv's output while an environment is made.
    """

    def __init__(
        self,
        logs: Path,
        *,
        scratch: Path | None = None,
        fresh: bool = False,
        progress: Progress | None = None,
    ) -> None:
        self._logs, self._scratch, self._fresh = logs, scratch, fresh
        self._progress = progress
        self._workers: dict[_Key, Worker] = {}
        self._lock = threading.Lock()
        self._closed = False

    def worker(
        self,
        info: BackendInfo,
        version: str | None = None,
        *,
        threads: int = 1,
        accelerator: str = "cpu",
        copy: int = 0,
    ) -> Worker:
        """A living worker; its environment is made first if it isn't there.

        Parameters
        ----------
        copy : int
            Which of several processes that differ in nothing else.

        Raises
        ------
        EnvironmentUnavailableError
            The environment cannot be made here.
        WorkerError
            The process didn't come up, or the pool has been closed.
        """
        environment = Environment(info, version)
        if self._progress is None:
            environment.create()
        else:
            environment.create(self._progress)
        key = _Key(info.name, environment.python, threads, accelerator, copy)
        with self._lock:
            if self._closed:
                raise WorkerError("the run is ending: no more workers are started")
            worker = self._workers.pop(key, None)
            if worker is not None and (self._fresh or not worker.alive):
                worker.shutdown()
                worker = None
            if worker is None:
                suffix = f"-{copy}" if copy else ""
                worker = Worker(
                    info,
                    environment.python,
                    version=environment.version,
                    threads=threads,
                    accelerator=accelerator,
                    log_path=self._logs / f"{info.name}-{environment.version}{suffix}.log",
                    scratch=self._scratch,
                )
            self._workers[key] = worker
            return worker

    def of(self, trial: Trial, copy: int = 0) -> Worker:
        """A living worker for a trial: of its backend, and as its execution asks."""
        work, run = trial.work, trial.work.execution
        return self.worker(
            work.backend,
            work.version,
            threads=run.threads if run else 1,
            accelerator=run.accelerator if run else "cpu",
            copy=copy,
        )

    def close(self) -> None:
        """Let all workers end; none is started any more."""
        with self._lock:
            self._closed = True
            for worker in self._workers.values():
                worker.shutdown()
            self._workers.clear()

    def kill(self) -> None:
        """End all workers now, from any thread; a request in flight raises WorkerError."""
        with self._lock:
            self._closed = True
            for worker in self._workers.values():
                worker.kill()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
