"""One cell of a speed table: a variant's times over several processes, and the row they make."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qbench.circuit.build import BuiltCircuit
from qbench.plan import Trial
from qbench.runner.allowance import Allowance
from qbench.runner.cell_inputs import CellInputs
from qbench.runner.timed_process import TimedProcess
from qbench.runner.worker import Worker
from qbench.stats import outliers, spread, time_interval
from qbench.store import OK, Outcome


class Cell:
    """One variant's timing of one circuit, measure and batch size.

    Its processes take turns: round after round another one has the sample.

    Parameters
    ----------
    worker : gives the living worker of the variant with this number; another one where the
        last has died
    limit : seconds that the cell may take, apart from imports and from the cold calls of all
        processes but the first
    name, group : what the workers call it, and those that are timed together with it
    """

    def __init__(
        self,
        trial: Trial,
        worker: Callable[[int], Worker],
        inputs: CellInputs,
        *,
        limit: float | None,
        memory_limit: int | None,
        name: str,
        group: str,
    ) -> None:
        self.trial, self.name = trial, name
        self._allowance = Allowance(limit, memory_limit)
        self._timed = trial.work.timed()
        self._processes = [
            TimedProcess(trial, partial(worker, n), inputs, self._allowance, name, group)
            for n in range(int(self._timed["processes"]))
        ]
        self.loops = 1
        self.seconds: list[float] = []
        self.cpu_seconds: list[float] = []

    @property
    def threads(self) -> int:
        """Threads of its workers."""
        return self.trial.work.trained()[1].threads

    @property
    def processes(self) -> list[int]:
        """Which process each sample is of."""
        return [number % len(self._processes) for number in range(len(self.seconds))]

    def too_slow(self) -> str:
        """Why it was broken off."""
        return self._allowance.too_slow()

    def begin(self) -> str:
        """Compile and make the first call in each process, and calibrate the samples.

        Returns
        -------
        why its times must not count, or an empty text

        Raises
        ------
        TooSlowError
            It would take longer than its limit.
        QbenchError
            Whatever a worker says.
        """
        first, *others = self._processes
        reason = first.begin()
        if reason:
            return reason
        self.loops, call_s = first.calibrate()
        self._allowance.call_s = call_s
        calls = int(self._timed["rounds"]) * (self.loops + (self.loops > 1))
        self._allowance.check(self._allowance.spent + calls * call_s)
        for process in others:
            with self._allowance.apart():
                reason = process.begin()
            if reason:
                return reason
        return ""

    def sample(self, cores: Sequence[int] = ()) -> None:
        """One round's time, on these cores; none: wherever the system puts it."""
        process = self._processes[len(self.seconds) % len(self._processes)]
        seconds, cpu_seconds = process.sample(self.loops, cores)
        self.seconds.append(seconds)
        self.cpu_seconds.append(cpu_seconds)

    def outcome(
        self, told: Mapping[str, Any], status: str = OK, reason: str = "", log_path: str = ""
    ) -> Outcome:
        """The row: medians, every round's time, and what is known of a cell cut off.

        Parameters
        ----------
        told : provenance beside the worker's own
        """
        first = self._processes[0]
        trial_s = self._allowance.spent + self._allowance.repeated
        timings = {"import_s": first.loaded.get("seconds"), "trial_s": trial_s}
        artifacts: dict[str, dict[str, NDArray[Any]]] = {}
        if self.seconds:
            artifacts["speed"] = {
                "seconds": np.asarray(self.seconds),
                "cpu_seconds": np.asarray(self.cpu_seconds),
                "process": np.asarray(self.processes),
            }
        return Outcome(
            status=status,
            reason=reason,
            log_path=log_path or None,
            timings=timings | self._cold() | (self._warm() if self.seconds else {}),
            memory=first.cold.get("memory", {}),
            agreement=self._agreement(),
            counts=counts_of(self.trial.work.measured()) | self.trial.work.trained()[0].summary(),
            artifacts=artifacts,
            provenance={
                **{k: first.loaded.get(k) for k in ("versions", "notes", "packages")},
                **told,
            },
        )

    def _cold(self) -> dict[str, Any]:
        """Medians over the processes that were begun."""
        begun = [process.cold for process in self._processes if process.cold]
        if not begun:
            return {}
        parts = {
            key: float(np.median([cold[key] for cold in begun]))
            for key in ("compile_s", "first_call_s")
        }
        return parts | {"cold_s": sum(parts.values())}

    def _warm(self) -> dict[str, Any]:
        middle = time_interval(self.seconds, self.processes)
        return {
            "call_s": middle.estimate,
            "call_s_low": middle.low,
            "call_s_high": middle.high,
            "spread": spread(self.seconds),
            "outliers": outliers(self.seconds),
            "rounds": len(self.seconds),
            "processes": len(self._processes),
            "loops": self.loops,
            "cpu_s": float(np.median(self.cpu_seconds)),
            "cpu_per_wall": float(np.median(np.divide(self.cpu_seconds, self.seconds))),
        }

    def _agreement(self) -> dict[str, float]:
        """The largest difference of any process."""
        found = [process.agreement for process in self._processes if process.agreement]
        return {key: max(each[key] for each in found) for key in (found[0] if found else {})}


def counts_of(built: BuiltCircuit) -> dict[str, int]:
    """Gates of a circuit."""
    return {"gates": len(built.circuit.gates)}
