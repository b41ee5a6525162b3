"""How the runs of a store stand: what is done, what goes on, what is left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from qbench.store import OK, RUN_RUNNING, RUNNING, RunInfo, Store, is_due

if TYPE_CHECKING:
    import pandas as pd

STOPPED = "stopped"
"""A run whose process is gone, though it is noted as running."""

UNFINISHED = "unfinished"
"""A run that ended with trials left, such as for its budget."""


@dataclass(frozen=True)
class RunStatus:
    """One run as it stands now.

    Attributes
    ----------
    state : "running", "finished", "interrupted", STOPPED or UNFINISHED
    counts : trials by the status that counts for them
    """

    info: RunInfo
    state: str
    counts: Mapping[str, int]

    @property
    def left(self) -> int:
        """Trials that the same command would run now."""
        due = sum(n for status, n in self.counts.items() if is_due(status))
        return due + (self.counts.get(RUNNING, 0) if self.state != RUN_RUNNING else 0)

    @property
    def failed(self) -> int:
        """Trials that only ``--retry-failed`` runs again."""
        return sum(
            n for status, n in self.counts.items() if is_due(status, True) and not is_due(status)
        )

    @property
    def seconds(self) -> float:
        """Wall time from its start to its end, or to now while it runs."""
        end = self.info.ended_at or datetime.now(UTC)
        return (end - self.info.started_at).total_seconds()

    @property
    def advice(self) -> str:
        """What to do about what is left; empty where nothing is."""
        again = self.info.command_line if self.info.command_line.startswith("qbench ") else ""
        same = again or f"run suite {self.info.suite} again"
        if self.state == RUN_RUNNING:
            return ""
        if self.left:
            return f"{self.left} trials are left; go on with: {same}"
        if self.failed:
            retry = f"{again} --retry-failed" if again else f"{same} with --retry-failed"
            return f"{self.failed} trials failed; see them with: qbench status {self.info.id}; " + (
                f"try again with: {retry}"
            )
        return ""

    def to_json(self) -> dict[str, Any]:
        """Plain values for ``--json``."""
        return {
            "id": self.info.id,
            "suite": self.info.suite,
            "profile": self.info.profile,
            "state": self.state,
            "started_at": self.info.started_at.isoformat(),
            "ended_at": self.info.ended_at.isoformat() if self.info.ended_at else None,
            "seconds": self.seconds,
            "planned": self.info.planned,
            "statuses": dict(self.counts),
            "left": self.left,
            "failed": self.failed,
            "command_line": self.info.command_line,
            "advice": self.advice,
        }


def run_statuses(store: Store, limit: int | None = None) -> list[RunStatus]:
    """The latest runs first."""
    gone = store.abandoned_runs()
    return [_status(store, info, gone) for info in store.runs()[:limit]]


def run_status(store: Store, run_id: str) -> RunStatus:
    """One run, by its full id."""
    (info,) = (info for info in store.runs() if info.id == run_id)
    return _status(store, info, store.abandoned_runs())


def _status(store: Store, info: RunInfo, gone: set[str]) -> RunStatus:
    counts = store.status_counts(info.id)
    state = STOPPED if info.id in gone else info.status
    if state == "finished" and any(is_due(status) for status in counts):
        state = UNFINISHED
    return RunStatus(info, state, counts)


def not_ok(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """What is not ``ok`` in a run's frame, one entry for each status, method, backend, reason.

    Each names one trial as an example, for ``qbench logs``.
    """
    entries: dict[tuple[str, ...], dict[str, Any]] = {}
    for row in frame[frame["status"].ne(OK)].to_dict("records"):
        reason = row["reason"] if isinstance(row["reason"], str) else ""
        key = (row["status"], row["method"], row["variant"], reason.partition("\n")[0])
        names = ("status", "method", "backend", "reason")
        entry = entries.setdefault(
            key, {**dict(zip(names, key, strict=True)), "trials": 0, "trial": row["trial_id"]}
        )
        entry["trials"] += 1
    return list(entries.values())
