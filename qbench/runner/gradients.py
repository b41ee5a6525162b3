"""Gradient variance: draws until they are enough, and the row that comes of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qbench.backend import Array
from qbench.circuit import ReferenceProgram
from qbench.circuit.build import BuiltCircuit
from qbench.plan import (
    Trial,
    circuit_inputs,
    closed_form,
    component_indices,
    rule_text,
    two_design,
)
from qbench.runner.agreement import NOISE_SHARE, disagreement
from qbench.runner.inputs import InputFactory
from qbench.runner.limits import Limits, Timed
from qbench.runner.worker import Worker
from qbench.stats import GradientVariance, gradient_variance, resolution_floor, samples_needed
from qbench.stats.shots import noise_share, shot_bounds
from qbench.store import FAILED, OK, Outcome

REFERENCE_QUBITS = 14
"""Circuits up to this size are held against the reference."""

_REFERENCE_ROWS = 8
_KEPT_VALUES = 100_000
_RESOLVED = 10.0
"""How far a standard deviation lies above what the precision resolves, if it is resolved."""


class _Draws:
    """Gradients of the draws so far, and what they took."""

    def __init__(self) -> None:
        self._gradients: list[Array] = []
        self._outputs: list[Array] = []
        self.seconds = self.compile_seconds = 0.0
        self.rule = ""

    def add(self, message: Mapping[str, Any], gradients: Array, outputs: Array | None) -> None:
        self._gradients.append(gradients)
        self._outputs += [] if outputs is None else [outputs]
        self.rule = message.get("rule", self.rule)
        self.seconds += float(message["seconds"])
        self.compile_seconds += float(message["compile_seconds"])

    @property
    def count(self) -> int:
        return sum(map(len, self._gradients))

    @property
    def gradients(self) -> Array:
        return np.concatenate(self._gradients)

    @property
    def outputs(self) -> Array | None:
        return np.concatenate(self._outputs) if self._outputs else None


class _Measurement:
    """Draws until the variance is as precise as was asked; subclasses say what is drawn."""

    def __init__(self, trial: Trial, worker: Worker, limits: Limits, n_weights: int) -> None:
        self.trial, self.worker, self.timed = trial, worker, Timed(limits)
        self.model, self.execution = trial.work.trained()
        self.asked = trial.work.drawn()
        self.kept = component_indices(self.asked["component"], n_weights)
        self.draws = _Draws()
        gates = sum(len(circuit.gates) for circuit in self.model.circuits)
        self.floor = resolution_floor(self.execution.precision, gates)

    def ask(self, start: int, stop: int) -> None:
        """Add the draws from one number to another."""
        raise NotImplementedError

    def measure(self) -> Outcome:
        """Draw ``min`` samples, and more up to ``max`` until the precision is reached."""
        samples, wanted = self.asked["n_samples"], int(self.asked["n_samples"]["min"])
        while True:
            self.ask(self.draws.count, wanted)
            found = gradient_variance(self.draws.gradients, floor=self.floor)
            done, rse = self.draws.count, samples["rse"]
            # written so that gradients that do not vary at all are enough, too
            reached = rse is None or not found.relative_standard_error > rse
            if reached or done >= samples["max"]:
                return self._outcome(found)
            more = max(samples_needed(found, rse), done + samples["min"])
            wanted = min(int(samples["max"]), more)

    def _outcome(self, found: GradientVariance) -> Outcome:
        gradients = self.draws.gradients
        artifacts: dict[str, dict[str, NDArray[Any]]] = {
            "components": {
                "index": np.asarray(self.kept),
                "variance": found.components,
                "standard_error": found.standard_errors,
                "mean": found.means,
                "kurtosis": found.kurtoses,
            }
        }
        if gradients.size <= _KEPT_VALUES:
            artifacts["gradients"] = {"gradients": gradients}
        agreement = self._agreement()
        reason = disagreement(self.trial, agreement)
        return Outcome(
            status=FAILED if reason else OK,
            reason=reason,
            agreement=agreement,
            gradient_variance=self._summary(found) | self._theory(),
            timings={
                "gradients_s": self.draws.seconds,
                "gradient_ms": 1e3 * self.draws.seconds / len(gradients),
                "compile_s": self.draws.compile_seconds,
            },
            counts=self._counts(),
            artifacts=artifacts,
        )

    def _summary(self, found: GradientVariance) -> dict[str, Any]:
        """What tables show of a gradient's variance."""
        work, component = self.trial.work, self.asked["component"]
        named = ", ".join(map(str, component)) if isinstance(component, list) else str(component)
        return {
            "mean": found.mean.estimate,
            "low": found.mean.low,
            "high": found.mean.high,
            "log_se": found.log_standard_error,
            "rse": found.relative_standard_error,
            "max": float(found.components.max()),
            "kurtosis": found.kurtosis,
            "zero_share": found.zero_share,
            "gradient_mean": float(found.means.mean()),
            "n_samples": self.draws.count,
            "n_components": len(found.components),
            "undersampled": found.undersampled,
            "floor": self.floor**2,
            "below_floor": bool(0 < found.mean.estimate < (_RESOLVED * self.floor) ** 2),
            "component": named,
            "init": rule_text(self.asked["init"]),
            "cost": work.cost or work.loss,
            "rule": self.draws.rule or self.execution.diff_method,
        }

    def _counts(self) -> dict[str, Any]:
        return self.model.summary()

    def _theory(self) -> dict[str, Any]:
        return {}

    def _agreement(self) -> dict[str, float]:
        return {}


class ModelGradients(_Measurement):
    """Gradients of a model's loss on one batch, over draws of its quantum weights."""

    def __init__(self, trial: Trial, worker: Worker, inputs: InputFactory, limits: Limits) -> None:
        model, _ = trial.work.trained()
        super().__init__(trial, worker, limits, model.count("quantum"))
        self.inputs = inputs

    def ask(self, start: int, stop: int) -> None:
        """One request for the draws of every quantum parameter."""
        reply = self.worker.gradient_draws(
            model={"layers": list(self.model.layers)},
            loss=self.trial.work.loss,
            execution=self.execution,
            arrays=self.inputs.draws(self.trial, start, stop),
            **self.timed.left(),
        )
        named = [
            reply.arrays[f"gradients.{p.name}"]
            for p in self.model.parameters
            if p.kind == "quantum"
        ]
        flat = np.concatenate([array.reshape(len(array), -1) for array in named], axis=1)
        self.draws.add(reply.message, flat[:, self.kept], None)


class CircuitGradients(_Measurement):
    """Gradients of a circuit's output, over draws of its weights and of its random axes.

    Parameters
    ----------
    built : the circuit with one output
    outputs : whether the outputs are kept too
    """

    def __init__(
        self,
        trial: Trial,
        worker: Worker,
        limits: Limits,
        built: BuiltCircuit,
        outputs: bool = False,
    ) -> None:
        super().__init__(trial, worker, limits, built.circuit.n_weights)
        self._with_outputs = outputs
        self.built, self.circuit = built, built.circuit.weights_as_inputs()
        self.columns = [built.circuit.n_inputs + index for index in self.kept]

    def ask(self, start: int, stop: int) -> None:
        """One request for these draws, in one batch as far as memory allows."""
        reply = self.worker.gradients(
            self.circuit,
            self.execution,
            self.columns,
            {"inputs": self._rows(stop)[start:]},
            self._with_outputs,
            **self.timed.left(),
        )
        self.draws.add(reply.message, reply.arrays["gradients"], reply.arrays.get("outputs"))

    def _rows(self, count: int) -> Array:
        seed = self.trial.streams["init"]
        return circuit_inputs(self.built, self.asked["init"], seed, count)

    def _counts(self) -> dict[str, Any]:
        return self.model.summary() | {"depth": self.built.one_axis.depth}

    def _theory(self) -> dict[str, Any]:
        about = (self.built, self.asked["init"], self.kept)
        known, limit = closed_form(*about), two_design(*about)
        told: dict[str, Any] = {}
        square = self.execution.gradient_factor**2
        if known is not None:
            told |= {"theory": square * known.variance, "theory_name": known.name}
            told |= {} if known.kurtosis is None else {"theory_kurtosis": known.kurtosis}
        return told if limit is None else told | {"two_design": square * limit.variance}

    def _agreement(self) -> dict[str, float]:
        """Largest differences from the reference over the first draws."""
        if self.circuit.n_qubits > REFERENCE_QUBITS:
            return {}
        rows = self._rows(min(_REFERENCE_ROWS, self.draws.count))
        given = rows, np.empty(0), np.ones((len(rows), 1))
        factor, shots = self.execution.gradient_factor, self.execution.shots
        outputs, gradients, _ = ReferenceProgram(self.circuit).vjp(*given, wrt_weights=False)
        expected = factor * gradients[:, self.columns]
        differences = {"gradients": np.abs(self.draws.gradients[: len(rows)] - expected)}
        if self.draws.outputs is not None:
            differences["outputs"] = np.abs(self.draws.outputs[: len(rows)] - outputs[:, 0])
        found = {name: float(each.max()) for name, each in differences.items()}
        if shots is None:
            return found
        of_outputs, of_gradients, _ = shot_bounds(self.circuit, *given, shots)
        bounds = {"gradients": factor * of_gradients[:, self.columns], "outputs": of_outputs[:, 0]}
        shares = [noise_share(each, bounds[name]) for name, each in differences.items()]
        return found | {NOISE_SHARE: float(np.max(shares))}  # NaN if one is
