"""A process with a log, and with everything that it starts: watched, told of, and ended."""

from __future__ import annotations

import atexit
import contextlib
import os
import subprocess
import uuid
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path

from qbench.exceptions import OutOfMemoryError, WorkerError
from qbench.runner.processes import TAG, end_tree, exit_words, resident_bytes

SHUTDOWN_TIMEOUT = 5.0
"""Seconds that a process has to end by itself."""

_running: weakref.WeakSet[LoggedProcess] = weakref.WeakSet()


@atexit.register
def _end_all() -> None:
    for process in list(_running):
        process.kill()


class LoggedProcess:
    """A process of a session of its own, with pipes as its standard input and output.

    Parameters
    ----------
    command : list of str
    title : str
        What messages call it, such as ``pennylane@0.45.1``.
    log_path : path
        Its standard error is appended here.
    """

    def __init__(
        self, command: Sequence[str], *, title: str, log_path: Path, environ: Mapping[str, str]
    ) -> None:
        self.title, self.log_path = title, log_path
        self._tag = uuid.uuid4().hex
        log_path.parent.mkdir(parents=True, exist_ok=True)
        with log_path.open("ab") as log:
            self._log_start = log.tell()
            self.process = subprocess.Popen(
                list(command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env={**environ, TAG: self._tag},
                start_new_session=True,
            )

    def end_with_parent(self) -> None:
        """End it with this process, if not before; until then it counts as ended."""
        _running.add(self)

    @property
    def alive(self) -> bool:
        """Whether it runs, and was not ended."""
        return self.process.poll() is None and not self.ended

    @property
    def ended(self) -> bool:
        """Whether :meth:`kill` was called."""
        return self not in _running

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    def kill(self) -> None:
        """End it now, with everything it started; safe to call twice."""
        end_tree(self.process, self._tag)
        _running.discard(self)

    def check_memory(self, op: str, limit: int) -> None:
        """End it if it and its children hold more bytes than the limit during ``op``.

        Raises
        ------
        OutOfMemoryError
            They did.
        """
        used = resident_bytes(self.process)
        if used > limit:
            self.kill()
            raise self.error(
                OutOfMemoryError,
                f"was ended: {op} took {used / 1e9:.2f} GB, more than the {limit / 1e9:.2f} GB "
                "of its budget",
            )

    def died(self, when: str) -> WorkerError:
        """End what is left of it, and tell how it came to its end."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(SHUTDOWN_TIMEOUT)
        code = self.process.returncode
        how = "it closed its pipe but went on" if code is None else exit_words(code)
        self.kill()
        return self.error(WorkerError, f"died {when} ({how})")

    def error(self, kind: type[WorkerError], what: str) -> WorkerError:
        """An error that names the log and quotes its last lines."""
        tail = self.log_tail()
        last = "; its last lines:\n  " + "\n  ".join(tail) if tail else ""
        return kind(
            f"the worker of {self.title} {what}; its log is {self.log_path}{last}",
            log_path=str(self.log_path),
        )

    def log_tail(self, lines: int = 5) -> list[str]:
        """The last lines that this process wrote to its log."""
        try:
            with self.log_path.open("rb") as log:
                size = log.seek(0, os.SEEK_END)
                log.seek(max(self._log_start, size - 10_000))
                text = log.read().decode(errors="replace")
        except FileNotFoundError:  # the user tidied up; the error at hand matters more
            return []
        return [line for line in text.splitlines() if line.strip()][-lines:]
