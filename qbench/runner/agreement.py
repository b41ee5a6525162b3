"""A training's circuits held against the reference: what its probes say, and what is too much."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qbench.backend import TOLERANCES, Execution
from qbench.circuit import Circuit, ReferenceProgram
from qbench.plan import Trial
from qbench.stats.shots import noise_share, shot_bounds
from qbench.worker.layers import with_circuits
from qbench.worker.protocol import Arrays, prefixed

PROBE_STAGES = ("first", "final")
"""When a training is held against the reference: at its first step and at its final weights."""

NOISE_SHARE = "noise_share"
"""Of sampled outputs and gradients: the largest difference over what noise may be; beyond 1 it
isn't noise."""


def measure_agreement(trial: Trial, arrays: Arrays) -> dict[str, Any]:
    """Largest absolute differences of outputs and gradients from the reference."""
    found: dict[str, float] = {}
    for circuit, probe in _probes(trial, arrays):
        one = compared(circuit, probe, trial.work.execution)
        found = {name: _largest(value, found.get(name, 0.0)) for name, value in one.items()}
    return found


def compared(
    circuit: Circuit, probe: Mapping[str, NDArray[np.float64]], execution: Execution | None
) -> dict[str, float]:
    """Largest differences of a probe's outputs and gradients; of shots their share of the noise.

    Parameters
    ----------
    probe : ``inputs``, ``weights``, ``cotangent``, and what came of them: ``outputs``,
        ``d_inputs``, ``d_weights``
    """
    given = probe["inputs"], probe["weights"], probe["cotangent"]
    results = ("outputs", "d_inputs", "d_weights")
    factors = (1.0, *[execution.gradient_factor if execution else 1.0] * 2)
    expected = ReferenceProgram(circuit).vjp(*given)
    right = zip(results, factors, expected, strict=True)
    apart = [np.abs(probe[name] - factor * exact) for name, factor, exact in right]
    found = {"outputs": _largest(apart[0]), "gradients": _largest(*apart[1:])}
    if execution is None or execution.shots is None:
        return found
    bounds = shot_bounds(circuit, *given, execution.shots)
    noise = zip(apart, factors, bounds, strict=True)
    shares = [noise_share(a, factor * bound) for a, factor, bound in noise]
    return found | {NOISE_SHARE: _largest(*shares)}


def disagreement(trial: Trial, agreement: Mapping[str, float]) -> str:
    """Why a trial must not count, or an empty text."""
    execution = trial.work.execution
    if not agreement or execution is None:
        return ""
    if execution.shots is not None:
        share = agreement[NOISE_SHARE]
        if share <= 1.0:
            return ""
        return (
            "disagrees with the reference: outputs or gradients differ by "
            f"{share:.2g} times what {execution.shots} shots explain"
        )
    limits = {"outputs": TOLERANCES[execution.precision], "gradients": execution.tolerance}
    # written so that a NaN difference is beyond every limit
    beyond = {k: v for k, v in agreement.items() if not v <= limits[k]}
    if not beyond:
        return ""
    said = ", ".join(f"{k} differ by {v:.1e} (limit {limits[k]:.0e})" for k, v in beyond.items())
    return f"disagrees with the reference: {said}"


def _probes(
    trial: Trial, arrays: Arrays
) -> Iterator[tuple[Circuit, dict[str, NDArray[np.float64]]]]:
    model = trial.work.model
    for layer in with_circuits(model.layers if model else ()):
        circuit = Circuit.from_json(layer["circuit"])
        for stage in PROBE_STAGES:
            probe = prefixed(arrays, f"probe.{stage}.{layer['name']}.")
            if probe:
                yield circuit, probe


def _largest(*values: NDArray[np.float64] | float) -> float:
    """The largest entry of all; NaN if one is."""
    return float(np.max([np.max(value, initial=0.0) for value in values]))
