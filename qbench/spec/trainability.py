"""What tasks without training ask of a suite: gradient variance, diagnosis, times of circuits."""

from __future__ import annotations

from collections.abc import Iterator

from qbench.circuit.build import BuiltCircuit
from qbench.exceptions import CircuitError
from qbench.spec.config import SuiteConfig
from qbench.spec.layers import Quantum, Quanv2d, walk
from qbench.spec.problems import Path, Problem
from qbench.spec.speed import check_speed


def measures_circuits(config: SuiteConfig) -> bool:
    """Whether circuits alone are measured, and not models on data."""
    if config.task == "gradient_variance":
        return not config.models
    return config.task in ("diagnose", "speed")


def needs_data(config: SuiteConfig) -> bool:
    """Whether rows of a data set are read."""
    return not measures_circuits(config)


def check_task(config: SuiteConfig) -> Iterator[Problem]:
    """What is wrong between the task and the rest of the suite."""
    yield from _check_inits(config)
    if config.data is None and needs_data(config):
        hint = ""
        if config.task == "gradient_variance":
            hint = ": a model's gradient is of its loss on data; circuits alone need no `models`"
        yield Problem(("data",), f"is required{hint}")
    if config.task == "train":
        if not config.train and not config.baselines:
            yield Problem((), "nothing to train: give `models`, `baselines` or both")
        return
    if len(config.seeds) > 1:
        repeats = "speed.rounds" if config.task == "speed" else "gradient.n_samples"
        message = (
            f"task {config.task} takes one seed, such as `seeds: [0]`: "
            f"its repetitions are `{repeats}`"
        )
        yield Problem(("seeds",), message)
    if config.baselines and config.task == "gradient_variance":
        yield Problem(("baselines",), "task gradient_variance trains nothing; leave them out")
    if measures_circuits(config):
        if not config.circuits:
            yield Problem((), f"nothing to measure: task {config.task} needs `circuits`")
        if config.task == "speed":
            yield from check_speed(config)
            return
        for name in config.circuits:
            yield from _check_measured(config, name)


def _check_measured(config: SuiteConfig, name: str) -> Iterator[Problem]:
    built = _built(config, name)
    if built is None:
        return
    circuit, place = built.circuit, ("circuits", name)
    if config.task == "diagnose":
        return
    if circuit.n_weights == 0:
        yield Problem(place, "has no weights, so it has no gradient; give it an ansatz")
        return
    if circuit.n_outputs != 1:
        message = (
            f"gives {circuit.n_outputs} values, and the gradient is of one; "
            "such as {expval: Z0}, {expval: mean(Z)} or {expval: prod(P0)}"
        )
        yield Problem((*place, "measure"), message)
    features = circuit.n_inputs - 3 * len(built.axis_inputs)
    if features:
        message = (
            f"reads {features} features, and there are no data; leave the encoding out, "
            "or put the circuit into `models` with `data`"
        )
        yield Problem((*place, "encoding"), message)
    component = config.gradient.component
    indices = [component] if isinstance(component, int) else component
    for index in indices if isinstance(indices, list) else ():
        if index >= circuit.n_weights:
            message = f"weight {index}: circuit '{name}' has weights 0 to {circuit.n_weights - 1}"
            yield Problem(("gradient", "component"), message)


def _check_inits(config: SuiteConfig) -> Iterator[Problem]:
    """``block_identity`` needs blocks; a trained model needs one circuit, not one a sample."""
    for name, model in config.models.items():
        place: Path = ("models", name, "init", "quantum")
        for _, layer in walk(model.layers):
            if not isinstance(layer, Quantum | Quanv2d):
                continue
            built = _built(config, layer.circuit)
            if built is None:
                continue
            if built.axis_inputs:
                message = "draws a new circuit for each sample; a model needs `redraw: false`"
                yield Problem(("circuits", layer.circuit, "ansatz"), message)
            if model.init.quantum.name == "block_identity" and not built.mirrored:
                yield Problem(place, _without_blocks(layer.circuit))
    if (
        config.task != "speed"
        and measures_circuits(config)
        and config.gradient.init.name == "block_identity"
    ):
        for name in config.circuits:
            built = _built(config, name)
            if built is not None and not built.mirrored:
                yield Problem(("gradient", "init"), _without_blocks(name))


def _without_blocks(circuit: str) -> str:
    return f"block_identity needs a circuit of blocks: give '{circuit}' the key `blocks: 1`"


def _built(config: SuiteConfig, name: str) -> BuiltCircuit | None:
    """The circuit; None where it is told elsewhere that there is none."""
    try:
        return config.circuits[name].build()
    except (KeyError, CircuitError):
        return None
