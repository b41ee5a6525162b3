"""A cell of a speed table in one process: begun cold, held against the reference, sampled."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qbench.backend import Array, Execution
from qbench.plan import Trial
from qbench.runner.agreement import compared, disagreement
from qbench.runner.allowance import Allowance
from qbench.runner.cell_inputs import CellInputs
from qbench.runner.limits import LOAD_TIMEOUT
from qbench.runner.placement import place
from qbench.runner.worker import Reply, Worker

_PROBE_ROWS = 8


class TimedProcess:
    """One process's part of a cell.

    Parameters
    ----------
    worker : gives the living worker; another one where the last has died
    name, group : what the worker calls the cell, and those that are timed together with it

    Attributes
    ----------
    loaded : what importing the framework told
    cold : seconds of compiling and of the first call, and the memory it took
    agreement : largest differences to the reference, of ``outputs`` and ``gradients``
    """

    def __init__(
        self,
        trial: Trial,
        worker: Callable[[], Worker],
        inputs: CellInputs,
        allowance: Allowance,
        name: str,
        group: str,
    ) -> None:
        self._trial, self._workers = trial, worker
        self._name, self._group = name, group
        self._inputs, self._allowance = inputs, allowance
        self._worker: Worker | None = None
        self._execution: Execution = trial.work.trained()[1]
        self.loaded: Mapping[str, Any] = {}
        self.cold: dict[str, Any] = {}
        self.agreement: dict[str, float] = {}

    def begin(self) -> str:
        """Compile, make the first call and hold it against the reference.

        Returns
        -------
        why its times must not count, or an empty text

        Raises
        ------
        TooSlowError
            The cell took longer than its limit.
        QbenchError
            Whatever the worker says.
        """
        return self._held_against_reference(self._first_call().arrays)

    def calibrate(self) -> tuple[int, float]:
        """Calls of a sample, and the seconds of one; raises as :meth:`begin` does."""
        found = self._ask("calibrate", min_time=self._trial.work.timed()["min_time"]).message
        return int(found["loops"]), float(found["seconds"])

    def sample(self, loops: int, cores: Sequence[int]) -> tuple[float, float]:
        """Seconds of a call over so many, wall-clock and of the processor, on these cores."""
        if self._workers() is not self._worker:  # the last one died under another variant
            self._first_call()
        if cores:
            place(self._workers().pid, cores)
        message = self._ask("sample", loops=loops).message
        return float(message["seconds"]), float(message["cpu_seconds"])

    def _first_call(self) -> Reply:
        work = self._trial.work
        self._worker = self._workers()
        self.loaded = self._worker.load(timeout=LOAD_TIMEOUT)
        reply = self._ask(
            "cold",
            self._inputs.arrays(self._trial),
            group=self._group,
            circuit=work.measured().circuit.to_json(),
            measure=work.timed()["measure"],
            optimizer=work.trainer.get("optimizer"),
        )
        self.cold = {k: reply.message[k] for k in ("compile_s", "first_call_s", "memory")}
        self._allowance.first_call_s = self.cold["first_call_s"]
        self._allowance.check()
        return reply

    def _ask(self, phase: str, arrays: Mapping[str, Array] | None = None, **fields: Any) -> Reply:
        assert self._worker is not None  # begin comes first
        payload = {"cell": self._name, "phase": phase, "execution": self._execution.to_json()}
        begun = time.monotonic()
        try:
            limits = self._allowance.limits()
            reply = self._worker.call("time", {**payload, **fields}, arrays, **limits)
        finally:
            self._allowance.spent += time.monotonic() - begun
        if phase == "calibrate":  # once predicted to fit, a busy moment of a sample is forgiven
            self._allowance.check()
        return reply

    def _held_against_reference(self, found: Mapping[str, NDArray[Any]]) -> str:
        expected = self._inputs.expected(self._trial)
        if expected is None:
            return ""
        if self._execution.shots is not None:
            self.agreement = self._probe()
            return disagreement(self._trial, self.agreement)
        outputs, d_inputs, d_weights = expected
        factor = self._execution.gradient_factor
        wanted = {"outputs": outputs, "d_inputs": factor * d_inputs}
        wanted["d_weights"] = factor * d_weights
        if "loss" in found:
            targets = self._inputs.arrays(self._trial)["targets"][0]
            wanted = {"loss": np.asarray([((outputs - targets) ** 2).mean()])}
        differences = {
            name: _distance(found[name], wanted[name]) for name in wanted if name in found
        }
        if "loss" in found:
            differences |= {"d_probe": self._probe()["gradients"]}
        gradients = [v for k, v in differences.items() if k.startswith("d_")]
        others = [v for k, v in differences.items() if not k.startswith("d_")]
        self.agreement = {"outputs": float(np.max(others))}
        self.agreement |= {"gradients": float(np.max(gradients))} if gradients else {}
        return disagreement(self._trial, self.agreement)

    def _probe(self) -> dict[str, float]:
        """A few rows apart: a step gives no gradients of its own, and shots are judged together."""
        assert self._worker is not None  # begin comes first
        arrays, circuit = self._inputs.arrays(self._trial), self._trial.work.measured().circuit
        rows = [arrays[name][0] for name in ("inputs", "weights", "cotangent")]
        x, w, c = rows[0][:_PROBE_ROWS], rows[1], rows[2][:_PROBE_ROWS]
        limits = self._allowance.limits()
        found = self._worker.evaluate(circuit, self._execution, x, w, c, **limits)
        assert found.d_inputs is not None  # a cotangent was given
        assert found.d_weights is not None
        given = {"inputs": x, "weights": w, "cotangent": c, "outputs": found.outputs}
        gradients = {"d_inputs": found.d_inputs, "d_weights": found.d_weights}
        return compared(circuit, given | gradients, self._execution)


def _distance(actual: NDArray[Any], expected: NDArray[Any]) -> float:
    if actual.shape != expected.shape:
        return float("inf")
    return float(np.max(np.abs(actual - expected), initial=0.0))
