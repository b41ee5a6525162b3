"""A circuit's diagnosis: expressibility, entangling capability, and how its cost varies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qbench.circuit import Circuit, Expectation, ObservableTerm
from qbench.circuit.build import BuiltCircuit
from qbench.plan import Trial, feature_draws, weight_draws
from qbench.runner.gradients import CircuitGradients
from qbench.runner.limits import Limits, Timed
from qbench.runner.worker import Worker
from qbench.stats import (
    expressibility,
    fidelities,
    gradient_variance,
    mean_interval,
    meyer_wallach,
)
from qbench.store import OK, Outcome

States = NDArray[np.complex128]

PAIRS = 5000
"""Pairs of states (Sim et al. 2019, sec. 3.1)."""

BINS = 75
"""Bins of the histogram of fidelities (the same)."""

_AMPLITUDES = 2**22
"""Amplitudes of one request: 64 MiB a side."""


def diagnose(trial: Trial, worker: Worker, limits: Limits) -> Outcome:
    """Draw pairs of states for Sim et al.'s measures, and gradients of the first output."""
    built = trial.work.measured()
    overlaps: list[NDArray[np.float64]] = []
    entangled: list[NDArray[np.float64]] = []
    for first, second in _pairs(trial, built, worker, limits):
        overlaps.append(fidelities(first, second))
        entangled += [meyer_wallach(states, built.circuit.n_qubits) for states in (first, second)]
    found = expressibility(np.concatenate(overlaps), built.circuit.n_qubits, bins=BINS)
    capability = mean_interval(np.concatenate(entangled))
    outcome = Outcome(OK, counts=trial.work.trained()[0].summary())
    metrics: dict[str, Any] = {
        "expressibility": found.divergence,
        "expressibility_se": found.standard_error,
        "expressibility_bias": found.bias,
        "entangling_capability": capability.estimate,
        "entangling_capability_low": capability.low,
        "entangling_capability_high": capability.high,
        "n_pairs": PAIRS,
        "bins": BINS,
    }
    if built.circuit.n_weights:
        drawn = CircuitGradients(trial, worker, limits, _first_output(built), outputs=True)
        outcome, costs = drawn.measure(), drawn.draws.outputs
        assert costs is not None  # they were asked for
        if (outputs := built.circuit.n_outputs) > 1:
            cost = f"{trial.work.cost} (first of {outputs})"
            told = {**outcome.gradient_variance, "cost": cost}
            outcome = replace(outcome, gradient_variance=told)
        spread = gradient_variance((costs - costs.mean())[:, None], floor=drawn.floor)
        resolved = np.where(np.abs(drawn.draws.gradients) > drawn.floor, drawn.draws.gradients, 0.0)
        metrics |= {
            "cost_variance": spread.mean.estimate,
            "cost_variance_low": spread.mean.low,
            "cost_variance_high": spread.mean.high,
            "gradient_norm": float(np.linalg.norm(resolved, axis=1).mean()),
        }
    return replace(outcome, metrics=metrics)


def _pairs(
    trial: Trial, built: BuiltCircuit, worker: Worker, limits: Limits
) -> Iterator[tuple[States, States]]:
    """States of each pair, a part at a time: weights differ, features of an encoding don't."""
    _, execution = trial.work.trained()
    timed = Timed(limits)
    circuit, seed = built.circuit.weights_as_inputs(), trial.streams["init"]
    features = feature_draws(built, seed, 2 * PAIRS)
    drawn = {index for slot in built.axis_inputs for index in slot}
    shared = [index for index in range(built.circuit.n_inputs) if index not in drawn]
    features[PAIRS:, shared] = features[:PAIRS, shared]
    weights = weight_draws(built, trial.work.drawn()["init"], seed, 2 * PAIRS)
    rows = np.hstack([features, weights])
    size = max(1, _AMPLITUDES >> circuit.n_qubits)
    for start in range(0, PAIRS, size):
        stop = min(start + size, PAIRS)
        first, second = (
            worker.states(circuit, execution, part[start:stop], np.empty(0), **timed.left())
            for part in (rows[:PAIRS], rows[PAIRS:])
        )
        yield first, second


def _first_output(built: BuiltCircuit) -> BuiltCircuit:
    """The same circuit with its first output alone: a diagnosis takes one cost."""
    readout = built.circuit.readouts[0]
    if not isinstance(readout, Expectation):
        zeros = tuple((wire, "P0") for wire in readout.wires)
        readout = Expectation((ObservableTerm(1.0, zeros),))
    circuit: Circuit = replace(built.circuit, readouts=(readout,))
    return replace(built, circuit=circuit)
