"""Every error that qbench raises on purpose, under one base class.

The command line prints the message of a :class:`QbenchError` alone, without a
traceback, and exits with its ``exit_code``.
"""

from __future__ import annotations


class QbenchError(Exception):
    """Base class: the message is written for the user and says what to do."""

    exit_code = 2


class SpecError(QbenchError):
    """A suite file is wrong; the message names file, line, column and key."""


class UnknownNameError(QbenchError):
    """A name (backend, data set, run, ...) does not exist; suggests the nearest one."""


class CircuitError(QbenchError):
    """A circuit is not well formed (wires, angles, read-outs, arrays of wrong shape)."""


class DataError(QbenchError):
    """A data set cannot be loaded or split as asked."""


class StoreError(QbenchError):
    """The results database cannot be opened, written or understood."""


class PlotError(QbenchError):
    """A run lacks what a plot shows; the message says what, and how to record it."""


class BackendError(QbenchError):
    """A backend's folder is not well formed; the message names the file and the key."""


class EnvironmentUnavailableError(QbenchError):
    """A backend's environment cannot be made here, or lacks what an execution needs.

    The message says why, or which package or device is missing: with it, the next run
    tries again.
    """

    exit_code = 1


class WorkerError(QbenchError):
    """A worker process failed, died or broke the protocol; names its log file.

    Attributes
    ----------
    log_path : str
        The worker's log, "" if it never had one.
    traceback : str
        The worker's own traceback, "" where it couldn't send one.
    """

    exit_code = 1

    def __init__(self, message: str, *, log_path: str = "", traceback: str = "") -> None:
        super().__init__(message)
        self.log_path = log_path
        self.traceback = traceback


class WorkerTimeoutError(WorkerError):
    """A request ran past its wall-clock limit and its process group was ended."""


class OutOfMemoryError(WorkerError):
    """A worker ran out of memory, or past the memory that it was given."""


class Unsupported(QbenchError):  # noqa: N818 - a declared outcome, not a failure
    """A backend declares that it cannot do this; ends as a row with the reason."""

    exit_code = 1


class UnmetNeedError(QbenchError):
    """A trial needs another one, which has no weights to give.

    Parameters
    ----------
    status : str
        With which the trial ends: that of the one that it needs, as far as this is no success.
    """

    exit_code = 1

    def __init__(self, message: str, *, status: str) -> None:
        super().__init__(message)
        self.status = status


class DivergedError(QbenchError):
    """Training produced a loss that is not finite."""

    exit_code = 1


class TooSlowError(QbenchError):
    """A timing would take longer than its limit; says how long."""

    exit_code = 1
