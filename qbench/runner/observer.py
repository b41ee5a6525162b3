"""What a run tells while it goes on; the command line draws it, a script may ignore it."""

from __future__ import annotations

from collections.abc import Mapping

from qbench.plan import Trial
from qbench.store import EpochRecord, Outcome


class Observer:
    """Receives what happens in a run, from the lanes' threads; does nothing by itself."""

    def planned(
        self, run_id: str, due: Mapping[str, int], done: Mapping[str, int], phase: str = ""
    ) -> None:
        """Trials by variant that will run, and those that are final already.

        Called for each phase of a run: ``search``, where there is one, and the reported trials.
        """

    def preparing(self, backend: str, line: str) -> None:
        """A line about an environment that is being made."""

    def unavailable(self, backend: str, reason: str) -> None:
        """A backend whose environment cannot be made here."""

    def started(self, trial: Trial) -> None:
        """A trial has begun."""

    def epoch(self, trial: Trial, epoch: EpochRecord) -> None:
        """A training has finished an epoch."""

    def noted(self, trial: Trial, note: str) -> None:
        """Something about a trial that changes no figure: where it goes on from."""

    def finished(self, trial: Trial, outcome: Outcome, seconds: float) -> None:
        """A trial has ended, whatever its status."""
