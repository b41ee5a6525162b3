"""One cell of a speed table: begun cold, held against the reference, then sampled in turns."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qbench.backend import Array, Execution
from qbench.circuit import ReferenceProgram
from qbench.circuit.build import BuiltCircuit
from qbench.data import derived_generator
from qbench.exceptions import TooSlowError
from qbench.plan import Trial, feature_draws, weight_draws
from qbench.runner.agreement import compared, disagreement
from qbench.runner.gradients import REFERENCE_QUBITS
from qbench.runner.kept import Kept
from qbench.runner.limits import LOAD_TIMEOUT, Limits
from qbench.runner.placement import place
from qbench.runner.worker import Reply, Worker
from qbench.stats import median_interval, outliers, spread
from qbench.store import OK, Outcome

_PATIENCE = 5.0
"""Seconds beyond a cell's limit until its worker is ended: to start another one, import its
framework and begin its other cells anew takes as long."""

_BATCHES = 2
_WEIGHTS = {"name": "uniform", "range": [0.0, 2 * np.pi]}
_PROBE_ROWS = 8
_KEPT_BYTES = 2**26


class CellInputs:
    """What calls are made with, and what the reference gives for it; once for all variants."""

    def __init__(self) -> None:
        self._arrays: Kept[Any, dict[str, Array]] = Kept(_bytes_by_name, _KEPT_BYTES)
        self._expected: Kept[Any, tuple[Array, Array, Array]] = Kept(_bytes, _KEPT_BYTES)

    def arrays(self, trial: Trial) -> dict[str, Array]:
        """Two batches each of ``inputs``, ``weights``, ``cotangent`` and ``targets``."""
        return self._arrays.get(_key(trial), lambda: _drawn(trial))

    def expected(self, trial: Trial) -> tuple[Array, Array, Array] | None:
        """Outputs and both gradients of the first batch; None for circuits that are too large."""
        circuit = trial.work.measured().circuit
        if circuit.n_qubits > REFERENCE_QUBITS:
            return None
        arrays = self.arrays(trial)
        first = [arrays[name][0] for name in ("inputs", "weights", "cotangent")]
        return self._expected.get(_key(trial), lambda: ReferenceProgram(circuit).vjp(*first))


def _bytes(arrays: Iterable[Array]) -> int:
    return sum(array.nbytes for array in arrays)


def _bytes_by_name(arrays: Mapping[str, Array]) -> int:
    return _bytes(arrays.values())


def _key(trial: Trial) -> Any:
    circuit = trial.work.measured().circuit
    return circuit.key, trial.work.timed()["batch_size"], trial.streams["init"]


def _drawn(trial: Trial) -> dict[str, Array]:
    built, rows = trial.work.measured(), int(trial.work.timed()["batch_size"])
    circuit, seed = built.circuit, trial.streams["init"]
    generator = derived_generator(seed, "speed", str(rows))
    outputs = (_BATCHES, rows, circuit.n_outputs)
    features = feature_draws(built, seed, _BATCHES * rows)
    return {
        "inputs": features.reshape(_BATCHES, rows, circuit.n_inputs),
        "weights": weight_draws(built, _WEIGHTS, seed, _BATCHES),
        "cotangent": generator.normal(size=outputs) / np.sqrt(rows),
        "targets": generator.uniform(-1, 1, outputs),
    }


class Cell:
    """One variant's timing of one circuit, measure and batch size.

    Parameters
    ----------
    worker : gives a living worker of the variant; another one where the last has died
    limit : seconds that the cell may take, imports apart
    name : what the worker calls it
    """

    def __init__(
        self,
        trial: Trial,
        worker: Callable[[], Worker],
        inputs: CellInputs,
        *,
        limit: float | None,
        memory_limit: int | None,
        name: str,
    ) -> None:
        self.trial, self.name = trial, name
        self._workers, self._inputs = worker, inputs
        self._limit, self._memory_limit = limit, memory_limit
        self._worker: Worker | None = None
        self._execution: Execution = trial.work.trained()[1]
        self._loaded: Mapping[str, Any] = {}
        self._spent = 0.0
        self._cold: dict[str, Any] = {}
        self.loops = 1
        self.call_s = float("nan")
        self.agreement: dict[str, float] = {}
        self.seconds: list[float] = []
        self.cpu_seconds: list[float] = []

    @property
    def threads(self) -> int:
        """Threads of its worker."""
        return self._execution.threads

    def begin(self) -> str:
        """Compile, make the first call, hold it against the reference, and calibrate.

        Returns
        -------
        why its times must not count, or an empty text

        Raises
        ------
        TooSlowError
            It would take longer than its limit.
        QbenchError
            Whatever the worker says.
        """
        reply = self._first_call()
        reason = self._held_against_reference(reply.arrays)
        if reason:
            return reason
        self._calibrate()
        rounds = int(self.trial.work.timed()["rounds"])
        calls = self.loops + (self.loops > 1)
        self._check(self._spent + rounds * calls * self.call_s)
        return ""

    def sample(self, cores: Sequence[int] = ()) -> None:
        """One round's time, on these cores; none: wherever the system puts it."""
        if self._workers() is not self._worker:  # the last one died under another variant
            self._first_call()
        if cores:
            place(self._workers().pid, cores)
        message = self._ask("sample", loops=self.loops).message
        self.seconds.append(float(message["seconds"]))
        self.cpu_seconds.append(float(message["cpu_seconds"]))

    def _first_call(self) -> Reply:
        work = self.trial.work
        self._worker = self._workers()
        self._loaded = self._worker.load(timeout=LOAD_TIMEOUT)
        return self._ask(
            "cold",
            self._inputs.arrays(self.trial),
            circuit=work.measured().circuit.to_json(),
            measure=work.timed()["measure"],
            optimizer=work.trainer.get("optimizer"),
        )

    def _calibrate(self) -> None:
        found = self._ask("calibrate", min_time=self.trial.work.timed()["min_time"]).message
        self.loops, self.call_s = int(found["loops"]), float(found["seconds"])

    def _check(self, predicted: float) -> None:
        if self._limit is not None and predicted > self._limit:
            raise TooSlowError(self.too_slow(f"would take about {predicted:.3g} s"))

    def too_slow(self, said: str = "took longer") -> str:
        """Why it is cut off: what one call takes, as far as that is known."""
        text = f"{said}; its limit is {self._limit:g} s"
        if self.call_s == self.call_s:
            return f"{text}, one call takes {self.call_s:.3g} s"
        first = self._cold.get("first_call_s")
        return text if first is None else f"{text}, the first call took {first:.3g} s"

    def _ask(self, phase: str, arrays: Mapping[str, Array] | None = None, **fields: Any) -> Reply:
        assert self._worker is not None  # begin comes first
        payload = {"cell": self.name, "phase": phase, "execution": self._execution.to_json()}
        begun = time.monotonic()
        try:
            reply = self._worker.call("time", {**payload, **fields}, arrays, **self._limits())
        finally:
            self._spent += time.monotonic() - begun
        if phase == "cold":
            self._cold = {k: reply.message[k] for k in ("compile_s", "first_call_s", "memory")}
        over = self._limit is not None and self._spent > self._limit
        if over and phase != "sample":  # once predicted to fit, a busy moment is forgiven
            raise TooSlowError(self.too_slow())
        return reply

    def _limits(self) -> Limits:
        left = None if self._limit is None else max(self._limit - self._spent, 0) + _PATIENCE
        return Limits(timeout=left, memory_limit=self._memory_limit)

    def _held_against_reference(self, found: Mapping[str, NDArray[Any]]) -> str:
        expected = self._inputs.expected(self.trial)
        if expected is None:
            return ""
        if self._execution.shots is not None:
            self.agreement = self._probe()
            return disagreement(self.trial, self.agreement)
        outputs, d_inputs, d_weights = expected
        factor = self._execution.gradient_factor
        wanted = {"outputs": outputs, "d_inputs": factor * d_inputs}
        wanted["d_weights"] = factor * d_weights
        if "loss" in found:
            targets = self._inputs.arrays(self.trial)["targets"][0]
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
        return disagreement(self.trial, self.agreement)

    def _probe(self) -> dict[str, float]:
        """A few rows apart: a step gives no gradients of its own, and shots are judged together."""
        assert self._worker is not None  # begin comes first
        arrays, circuit = self._inputs.arrays(self.trial), self.trial.work.measured().circuit
        rows = [arrays[name][0] for name in ("inputs", "weights", "cotangent")]
        x, w, c = rows[0][:_PROBE_ROWS], rows[1], rows[2][:_PROBE_ROWS]
        found = self._worker.evaluate(circuit, self._execution, x, w, c, **self._limits())
        assert found.d_inputs is not None  # a cotangent was given
        assert found.d_weights is not None
        given = {"inputs": x, "weights": w, "cotangent": c, "outputs": found.outputs}
        gradients = {"d_inputs": found.d_inputs, "d_weights": found.d_weights}
        return compared(circuit, given | gradients, self._execution)

    def outcome(
        self, told: Mapping[str, Any], status: str = OK, reason: str = "", log_path: str = ""
    ) -> Outcome:
        """The row: medians over rounds, every round's time, and what is known of a cell cut off.

        Parameters
        ----------
        told : provenance beside the worker's own
        """
        timings: dict[str, Any] = {"import_s": self._loaded.get("seconds"), "trial_s": self._spent}
        cold = {k: v for k, v in self._cold.items() if k != "memory"}
        if cold:
            timings |= cold | {"cold_s": sum(cold.values())}
        artifacts: dict[str, dict[str, NDArray[Any]]] = {}
        if self.seconds:
            middle = median_interval(self.seconds)
            timings |= {
                "call_s": middle.estimate,
                "call_s_low": middle.low,
                "call_s_high": middle.high,
                "spread": spread(self.seconds),
                "outliers": outliers(self.seconds),
                "rounds": len(self.seconds),
                "loops": self.loops,
                "cpu_s": float(np.median(self.cpu_seconds)),
                "cpu_per_wall": float(np.median(np.divide(self.cpu_seconds, self.seconds))),
            }
            artifacts["speed"] = {
                "seconds": np.asarray(self.seconds),
                "cpu_seconds": np.asarray(self.cpu_seconds),
            }
        return Outcome(
            status=status,
            reason=reason,
            log_path=log_path or None,
            timings=timings,
            memory=self._cold.get("memory", {}),
            agreement=self.agreement,
            counts=counts_of(self.trial.work.measured()) | self.trial.work.trained()[0].summary(),
            artifacts=artifacts,
            provenance={
                **{k: self._loaded.get(k) for k in ("versions", "notes", "packages")},
                **told,
            },
        )


def counts_of(built: BuiltCircuit) -> dict[str, int]:
    """Gates of a circuit."""
    return {"gates": len(built.circuit.gates)}


def _distance(actual: NDArray[Any], expected: NDArray[Any]) -> float:
    if actual.shape != expected.shape:
        return float("inf")
    return float(np.max(np.abs(actual - expected), initial=0.0))
