"""The live display of a run: a bar a backend, what it does now, what went wrong."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from rich.console import Group, RenderableType
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.text import Text

from qbench.cli.console import stderr
from qbench.plan import Plan, Trial
from qbench.runner.observer import Observer
from qbench.store import OK, UNAVAILABLE, UNSUPPORTED, EpochRecord, Outcome

_STATES_KEPT = 60


class LiveDisplay(Observer):
    """Draws on stderr; on a pipe it writes a line a trial that did not end ``ok``."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._console = stderr()
        self._lock = threading.Lock()
        self._bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[state]}", style="dim", markup=False),
            console=self._console,
        )
        self._tasks: dict[str, TaskID] = {}
        self._statuses: Counter[str] = Counter()
        self._seconds: dict[str, list[float]] = {}
        self._left: Counter[str] = Counter()
        self._told: set[tuple[str, str]] = set()
        self._started = time.monotonic()
        self._live = Live(
            get_renderable=self._draw, console=self._console, refresh_per_second=4, transient=True
        )

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._live.stop()

    def planned(
        self, run_id: str, due: Mapping[str, int], done: Mapping[str, int], phase: str = ""
    ) -> None:
        """Set up a bar a variant."""
        total, kept = sum(due.values()), sum(done.values())
        named = f"run {run_id}{', ' * bool(phase)}{phase}"
        self._say(f"{named}: {total} trials to run, {kept} already final", "bold")
        for task in self._tasks.values():
            self._bars.remove_task(task)
        self._tasks.clear()
        for variant, already in done.items():
            count = already + due.get(variant, 0)
            self._tasks[variant] = self._bars.add_task(
                variant, total=count, completed=already, state="waiting" if count > already else ""
            )
            self._left[variant] = due.get(variant, 0)

    def preparing(self, backend: str, line: str) -> None:
        """Show what uv does."""
        self._state(backend, f"environment: {line}"[:_STATES_KEPT], by_backend=True)
        if not self._console.is_terminal and (backend, "environment") not in self._told:
            self._told.add((backend, "environment"))
            self._say(f"{backend}: making its environment")

    def unavailable(self, backend: str, reason: str) -> None:
        """Tell it once, and in full."""
        self._say(f"{backend}: unavailable: {reason}", "yellow")

    def started(self, trial: Trial) -> None:
        """Show the trial beside its bar."""
        self._state(trial.work.variant, f"{trial.work.method}, seed {trial.seed}")

    def epoch(self, trial: Trial, epoch: EpochRecord) -> None:
        """Show the epoch and its loss."""
        self._state(
            trial.work.variant,
            f"{trial.work.method}, seed {trial.seed}, epoch {epoch.epoch}, "
            f"loss {epoch.train_loss:.4f}",
        )

    def noted(self, trial: Trial, note: str) -> None:
        """Tell it."""
        work = trial.work
        self._say(f"{work.variant}, {work.method}, seed {trial.seed}: {note}", "dim")

    def finished(self, trial: Trial, outcome: Outcome, seconds: float) -> None:
        """Advance the bar; tell each reason of a backend once."""
        work = trial.work
        with self._lock:
            self._statuses[outcome.status] += 1
            self._left[work.variant] -= 1
            self._seconds.setdefault(work.variant, []).append(seconds)
            done = not self._left[work.variant]
            self._bars.update(
                self._tasks[work.variant], advance=1, state="done" if done else "waiting"
            )
            key = (work.variant, outcome.reason)
            new = outcome.status not in (OK, UNAVAILABLE) and key not in self._told
            self._told.add(key)
        if new:
            style = "yellow" if outcome.status == UNSUPPORTED else "red"
            self._say(
                f"{work.variant}, {work.method}, seed {trial.seed}: "
                f"{outcome.status}: {outcome.reason}",
                style,
            )

    def _state(self, variant: str, state: str, by_backend: bool = False) -> None:
        for name, task in self._tasks.items():
            if name == variant or (by_backend and name.partition("[")[0] == variant):
                self._bars.update(task, state=state)

    def _say(self, line: str, style: str = "") -> None:
        self._console.print(Text(line, style=style), soft_wrap=True)

    def _draw(self) -> RenderableType:
        with self._lock:
            counts = ", ".join(f"{n} {status}" for status, n in sorted(self._statuses.items()))
            left = sum(self._left.values())
            elapsed = time.monotonic() - self._started
            foot = f"{counts or 'starting'}; {left} to go; {elapsed:.0f} s"
            eta = self._eta()
            if eta is not None:
                foot += f", about {eta:.0f} s left"
        return Group(self._bars, Text(foot, style="dim"))

    def _eta(self) -> float | None:
        """Seconds left, from the mean of each variant's trials; None before each has one."""
        waiting = [variant for variant, left in self._left.items() if left > 0]
        if not waiting or any(variant not in self._seconds for variant in waiting):
            return None
        means = {v: sum(self._seconds[v]) / len(self._seconds[v]) for v in waiting}
        return sum(means[v] * self._left[v] for v in waiting)
