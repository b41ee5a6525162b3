"""Timings in groups: variants of one cell take turns, so that drift of the machine hits all alike.

A group is one circuit, measure and batch size; its trials are the variants. All are begun
cold, one after the other; then in each round every variant has one sample, in an order drawn
anew. Each variant has several processes, whose turn comes round after round: two processes of
one program differ by more than its calls do. The first variant is there a second time, in as many
processes of its own: this A/A control differs from it in nothing, so its ratio must cover 1, or
smaller differences mean nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from qbench.exceptions import QbenchError, TooSlowError, WorkerError, WorkerTimeoutError
from qbench.plan import Trial
from qbench.runner.bandwidth import MemoryFloors
from qbench.runner.cell_inputs import CellInputs
from qbench.runner.cutoffs import Cutoffs
from qbench.runner.placement import cores_of_round, place
from qbench.runner.processes import resident_bytes
from qbench.runner.statuses import status_of
from qbench.runner.timed_cell import Cell
from qbench.runner.worker import Worker
from qbench.stats import paired_ratio
from qbench.store import FAILED, SKIPPED, UNSUPPORTED, Outcome

SPEED = "speed"

_LARGE = 2**30
"""Resident bytes of a worker, of which many live side by side: TensorFlow keeps what it traced and
compiled for circuits that nothing refers to any more."""

WorkerOf = Callable[[Trial, int], Worker]
"""Gives a living worker of a trial's variant: which of its processes, counted from 0."""


def group_key(trial: Trial) -> tuple[Any, ...]:
    """Equal for trials that are timed together: their circuit, measure and batch size."""
    speed = trial.work.timed()
    circuit = trial.work.measured().circuit
    return circuit.key, tuple(sorted(speed.items())), trial.streams["init"]


@dataclass(frozen=True)
class Known:
    """What groups of a run share: arrays, and what is known of times."""

    inputs: CellInputs
    cutoffs: Cutoffs
    floors: MemoryFloors

    @staticmethod
    def nothing() -> Known:
        """At the start of a run."""
        return Known(CellInputs(), Cutoffs(), MemoryFloors())


class SpeedGroup:
    """Trials that are timed in turns, in one lane.

    Parameters
    ----------
    trials : of one :func:`group_key`
    worker : gives the processes of a trial's variant
    limit : seconds that each cell may take, imports apart
    alone : whether no other lane runs, so that workers may be put on cores
    stopped : whether the run is ending
    """

    def __init__(
        self,
        trials: Sequence[Trial],
        worker: WorkerOf,
        known: Known,
        *,
        limit: float | None,
        memory_limit: int | None,
        alone: bool = True,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        self._trials, self._known, self._stopped = trials, known, stopped
        self._alone = alone
        self._limits: dict[str, Any] = {"limit": limit, "memory_limit": memory_limit}
        self._worker = _Held(worker)
        self._told: dict[str, Any] = {"group": uuid.uuid4().hex[:12]}
        self._outcomes: dict[str, Outcome] = {}
        self._ended: list[Cell] = []

    def run(self) -> dict[str, Outcome]:
        """How each trial ended, by its id; those that a stop broke off are missing."""
        cells = [cell for trial in self._trials if (cell := self._begun(trial)) is not None]
        control = self._control(cells)
        try:
            self._take_turns([*cells, *([control] if control is not None else [])])
        finally:
            self._worker.let_go()
        if self._stopped():
            return self._outcomes
        for cell in cells:
            if cell in self._ended:
                continue
            self._known.cutoffs.note(cell.trial, float(np.median(cell.seconds)))
            outcome = cell.outcome(self._told)
            if control is not None and control.trial is cell.trial and control not in self._ended:
                outcome = self._controlled(outcome, cell, control)
            floor = self._known.floors.of(cell.trial)
            told = {**outcome.metrics, **floor}
            self._outcomes[cell.trial.id] = replace(outcome, metrics=told)
        return self._outcomes

    def _begun(self, trial: Trial) -> Cell | None:
        """A cell that is ready to be sampled; None where it has ended already."""
        work = trial.work
        if work.refusal is not None:
            self._outcomes[trial.id] = Outcome(UNSUPPORTED, reason=work.refusal)
            return None
        reason = self._known.cutoffs.reason(trial, self._limits["limit"])
        if reason:
            self._known.cutoffs.note_cut_off(trial)
            self._outcomes[trial.id] = Outcome(SKIPPED, reason=reason)
            return None
        if self._stopped():
            return None
        cell = self._cell(trial, trial.id)
        try:
            wrong = cell.begin()
        except QbenchError as error:
            self._failed(cell, error)
            return None
        if wrong:
            self._outcomes[trial.id] = cell.outcome(self._told, FAILED, wrong)
            return None
        return cell

    def _cell(self, trial: Trial, name: str, first_copy: int = 0) -> Cell:
        inputs, held = self._known.inputs, self._worker
        told = {"name": name, "group": str(self._told["group"]), **self._limits}
        return Cell(trial, lambda n: held.of(trial, first_copy + n), inputs, **told)

    def _control(self, cells: Sequence[Cell]) -> Cell | None:
        if not cells or not cells[0].trial.work.control or self._stopped():
            return None
        trial = cells[0].trial
        processes = int(trial.work.timed()["processes"])
        control = self._cell(trial, f"{trial.id}-control", first_copy=processes)
        try:
            if control.begin():
                return None
        except QbenchError as error:
            self._told["control_failed"] = str(error)
            return None
        control.loops = cells[0].loops  # samples of equal length, or they are no equals
        return control

    def _take_turns(self, cells: Sequence[Cell]) -> None:
        if not cells:
            return
        rounds = int(cells[0].trial.work.timed()["rounds"])
        generator = np.random.default_rng(int(self._told["group"], 16))
        left = list(cells)
        for number in range(rounds):
            for position in generator.permutation(len(left)):
                if self._stopped():
                    return
                cell = left[position]
                try:
                    cell.sample(cores_of_round(number, cell.threads) if self._alone else ())
                except QbenchError as error:
                    self._ended.append(cell)
                    if cell.name == cell.trial.id:
                        self._failed(cell, error)
                    else:
                        self._told["control_failed"] = str(error)
            left = [cell for cell in left if cell not in self._ended]

    def _failed(self, cell: Cell, error: QbenchError) -> None:
        status, reason = status_of(error), str(error)
        if isinstance(error, TooSlowError | WorkerTimeoutError):
            status = SKIPPED
            reason = reason if isinstance(error, TooSlowError) else cell.too_slow()
            self._known.cutoffs.note_cut_off(cell.trial)
        told, log_path = self._told, ""
        if isinstance(error, WorkerError) and status != SKIPPED:
            log_path = error.log_path
            told = told | ({"traceback": error.traceback} if error.traceback else {})
        self._outcomes[cell.trial.id] = cell.outcome(told, status, reason, log_path)

    def _controlled(self, outcome: Outcome, cell: Cell, control: Cell) -> Outcome:
        seconds = np.asarray(control.seconds)
        ratio = paired_ratio(seconds, cell.seconds, cell.processes)
        told = {"control": ratio.estimate, "control_low": ratio.low, "control_high": ratio.high}
        kept = {**outcome.artifacts["speed"], "control_seconds": seconds}
        return replace(
            outcome,
            metrics={**outcome.metrics, **told},
            artifacts={**outcome.artifacts, "speed": kept},
        )


def time_alone(trial: Trial, worker: Worker, limit: float | None, memory: int | None) -> Outcome:
    """One variant without others and without a control: for an estimate, not for a table."""

    alone = replace(trial, work=replace(trial.work, control=False))
    limits: dict[str, Any] = {"limit": limit, "memory_limit": memory}
    group = SpeedGroup([alone], lambda *_: worker, Known.nothing(), **limits)
    return group.run()[trial.id]


class _Held:
    """Workers that stay for a group: under ``--fresh`` a pool gives a new one each time."""

    def __init__(self, give: WorkerOf) -> None:
        self._give = give
        self._workers: dict[tuple[Any, ...], Worker] = {}

    def let_go(self) -> None:
        """Wherever the system puts them; those that have grown large end, and others will start."""
        for worker in self._workers.values():
            if worker.alive and resident_bytes(worker.process) > _LARGE:
                worker.shutdown()
            elif worker.alive:
                place(worker.pid, ())

    def of(self, trial: Trial, copy: int) -> Worker:
        work = trial.work
        run = work.trained()[1]
        key = (work.backend.name, work.version, run.threads, run.accelerator, copy)
        if key not in self._workers or not self._workers[key].alive:
            self._workers[key] = self._give(trial, copy)
        return self._workers[key]
