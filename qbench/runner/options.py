"""How a run goes about its trials, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qbench.registry.locations import cache_dir
from qbench.spec import Budget
from qbench.store import DIVERGED, FINAL, SKIPPED


@dataclass(frozen=True)
class RunOptions:
    """How a run goes about its trials.

    Attributes
    ----------
    jobs : trials at a time; timings of more than one disturb each other
    timeout, total : wall-clock seconds for a trial, for the run
    memory_limit : bytes that a worker may hold
    fresh : a process a trial, for published figures of memory and import
    force : run again what is final
    retry_failed : run again what failed, timed out or ran out of memory
    """

    jobs: int = 1
    timeout: float | None = None
    total: float | None = None
    memory_limit: int | None = None
    fresh: bool = False
    force: bool = False
    retry_failed: bool = False

    @staticmethod
    def of(budget: Budget, *, timeout: float | None = None, **options: Any) -> RunOptions:
        """Options under a suite's budget; a timeout given here precedes the budget's."""
        return RunOptions(
            timeout=budget.trial if timeout is None else timeout,
            total=budget.total,
            memory_limit=budget.memory,
            **options,
        )


@dataclass(frozen=True)
class RunSummary:
    """How a run ended: its id, and its trials by the status that counts for them."""

    run_id: str
    statuses: Mapping[str, int]
    ran: int
    seconds: float
    interrupted: bool
    out_of_budget: bool

    @property
    def exit_code(self) -> int:
        """0 all well, 1 some trials failed or are missing, 130 interrupted."""
        if self.interrupted:
            return 130
        return 0 if set(self.statuses) <= (FINAL | {SKIPPED}) - {DIVERGED} else 1


def log_folder(store: str) -> Path:
    """Where a store's workers log: beside the database file, else under the cache folder."""
    beside = Path(store).parent
    return (beside if beside.is_dir() else cache_dir()) / "logs"
