"""What is drawn to measure trainability: weights, random rotation axes, features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qbench.backend import Array
from qbench.circuit import STATE_PREPARATION
from qbench.circuit.build import BuiltCircuit
from qbench.data import derived_generator
from qbench.plan.initial import draw_quantum
from qbench.plan.models import quantum_parameter
from qbench.spec import SuiteConfig, UntilPrecise


def gradient_request(config: SuiteConfig, init: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The suite's ``gradient`` with every choice written out, as it enters a trial's identity.

    Parameters
    ----------
    init : the distribution where it is a model's own
    """
    gradient = config.gradient
    samples = gradient.n_samples
    if isinstance(samples, UntilPrecise):
        drawn: dict[str, Any] = samples.model_dump()
    else:
        drawn = fixed_samples(samples)
    return {
        "init": gradient.init.model_dump() if init is None else dict(init),
        "component": gradient.component,
        "n_samples": drawn,
    }


def fixed_samples(samples: int) -> dict[str, Any]:
    """So many samples, whatever the precision."""
    return {"rse": None, "min": samples, "max": samples}


def component_indices(component: str | int | Sequence[int], n_weights: int) -> list[int]:
    """Indices of the weights that ``gradient.component`` means."""
    named = {"first": 0, "middle": n_weights // 2, "last": n_weights - 1}
    if component == "all":
        return list(range(n_weights))
    if isinstance(component, str):
        return [named[component]]
    return [component] if isinstance(component, int) else list(component)


def weight_draws(circuit: BuiltCircuit, init: Mapping[str, Any], seed: int, samples: int) -> Array:
    """Draws of a circuit's weights, shape (samples, weights); more draws begin with the same."""
    parameter = quantum_parameter("circuit.weights", circuit, copies=1)
    return draw_quantum(parameter, init, _stream(circuit, seed, "weights"), samples)[:, 0]


def axis_draws(built: BuiltCircuit, seed: int, samples: int) -> NDArray[np.float64]:
    """Features of random rotation axes, shape (samples, 3 * slots): in each slot one is 1.

    McClean et al. 2018: every rotation is about X, Y or Z with equal probability.
    """
    slots = len(built.axis_inputs)
    generator = _stream(built, seed, "axes")
    chosen = generator.integers(0, 3, (samples, slots))
    return np.eye(3)[chosen].reshape(samples, 3 * slots)


def circuit_inputs(built: BuiltCircuit, init: Mapping[str, Any], seed: int, samples: int) -> Array:
    """Rows for ``circuit.weights_as_inputs()``: features, random axes, drawn weights.

    Features of an encoding are drawn evenly from [0, 2 pi), amplitudes from a
    normal distribution: only the diagnosis of a circuit without data has them.
    """
    circuit = built.circuit
    rows = np.zeros((samples, circuit.n_inputs + circuit.n_weights))
    rows[:, : circuit.n_inputs] = feature_draws(built, seed, samples)
    rows[:, circuit.n_inputs :] = weight_draws(built, init, seed, samples)
    return rows


def feature_draws(built: BuiltCircuit, seed: int, samples: int) -> Array:
    """Features and random axes, shape (samples, inputs)."""
    circuit = built.circuit
    generator = _stream(built, seed, "features")
    shape = (samples, circuit.n_inputs)
    amplitudes = any(o.gate == STATE_PREPARATION for o in circuit.operations)
    rows = generator.normal(size=shape) if amplitudes else generator.uniform(0, 2 * np.pi, shape)
    columns = [index for slot in built.axis_inputs for index in slot]
    rows[:, columns] = axis_draws(built, seed, samples)
    return rows


def _stream(built: BuiltCircuit, seed: int, purpose: str) -> np.random.Generator:
    """A stream for circuits of one size: points of a curve are then independent of each other."""
    size = f"{built.circuit.n_qubits}x{built.circuit.n_weights}"
    return derived_generator(seed, "gradient_draws", purpose, size)


def rule_text(rule: Mapping[str, Any]) -> str:
    """An initialisation in words: ``uniform [0, 6.283]``, ``normal 0.1``."""
    if "range" in rule:
        low, high = rule["range"]
        return f"{rule['name']} [{low:.4g}, {high:.4g}]"
    if rule.get("std") is not None:
        return f"{rule['name']} {rule['std']:.4g}"
    return str(rule["name"])
