"""Which status an error ends a trial with."""

from __future__ import annotations

from qbench.exceptions import (
    DivergedError,
    EnvironmentUnavailableError,
    OutOfMemoryError,
    QbenchError,
    TooSlowError,
    Unsupported,
    WorkerTimeoutError,
)
from qbench.store import (
    DIVERGED,
    FAILED,
    OUT_OF_MEMORY,
    SKIPPED,
    TIMEOUT,
    UNAVAILABLE,
    UNSUPPORTED,
)

_STATUS_OF: tuple[tuple[type[QbenchError], str], ...] = (
    (Unsupported, UNSUPPORTED),
    (DivergedError, DIVERGED),
    (OutOfMemoryError, OUT_OF_MEMORY),
    (WorkerTimeoutError, TIMEOUT),
    (EnvironmentUnavailableError, UNAVAILABLE),
    (TooSlowError, SKIPPED),
    (QbenchError, FAILED),
)


def status_of(error: QbenchError) -> str:
    """The status of a trial that ended with this error."""
    return next(status for kind, status in _STATUS_OF if isinstance(error, kind))
