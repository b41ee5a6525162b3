"""The results database: runs, trials, attempts, epochs and arrays.

SQLite by default, any server that SQLAlchemy knows (PostgreSQL) for a team.
"""

from __future__ import annotations

from qbench.store.connection import DEFAULT_URL, STORE_VARIABLE
from qbench.store.lookup import AttemptInfo
from qbench.store.records import (
    CONFIGURATION,
    DIVERGED,
    FAILED,
    FINAL,
    INTERRUPTED,
    METHOD_KIND,
    METHOD_NAME,
    OK,
    OUT_OF_MEMORY,
    PLANNED,
    RETRIED_NEXT_RUN,
    RETRIED_WHEN_ASKED,
    RUN_FINISHED,
    RUN_INTERRUPTED,
    RUN_RUNNING,
    RUNNING,
    SKIPPED,
    STATUSES,
    SUPPORT,
    TIMEOUT,
    UNAVAILABLE,
    UNSUPPORTED,
    VARIANT_NAME,
    EpochRecord,
    Outcome,
    RunInfo,
    TrialRecord,
    is_due,
)
from qbench.store.schema import SCHEMA_VERSION
from qbench.store.store import Store, open_store

__all__ = [
    "CONFIGURATION",
    "DEFAULT_URL",
    "DIVERGED",
    "FAILED",
    "FINAL",
    "INTERRUPTED",
    "METHOD_KIND",
    "METHOD_NAME",
    "OK",
    "OUT_OF_MEMORY",
    "PLANNED",
    "RETRIED_NEXT_RUN",
    "RETRIED_WHEN_ASKED",
    "RUNNING",
    "RUN_FINISHED",
    "RUN_INTERRUPTED",
    "RUN_RUNNING",
    "SCHEMA_VERSION",
    "SKIPPED",
    "STATUSES",
    "STORE_VARIABLE",
    "SUPPORT",
    "TIMEOUT",
    "UNAVAILABLE",
    "UNSUPPORTED",
    "VARIANT_NAME",
    "AttemptInfo",
    "EpochRecord",
    "Outcome",
    "RunInfo",
    "Store",
    "TrialRecord",
    "is_due",
    "open_store",
]
