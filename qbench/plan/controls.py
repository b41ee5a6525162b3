"""Controls of a quantum model: derived from its layers and circuits before shapes are known."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from qbench.circuit import STATE_PREPARATION, Angle, Operation, Term
from qbench.circuit.build import BuiltCircuit
from qbench.exceptions import Unsupported

LayerPair = tuple[str, Mapping[str, Any]]
"""A layer's type and its options, every expression already a number."""


@dataclass(frozen=True)
class WrittenModel:
    """A model as the suite writes it, its circuits built.

    Attributes
    ----------
    circuits : every circuit of the suite by name; the layers use some of them
    init : ``{"quantum": rule, "classical": rule}``
    freeze : kinds of weights that are not trained
    """

    layers: Sequence[LayerPair]
    circuits: Mapping[str, BuiltCircuit]
    init: Mapping[str, Any]
    freeze: tuple[str, ...] = ()

    @property
    def used(self) -> dict[str, BuiltCircuit]:
        """The circuits that occur in the layers."""
        return {n: self.circuits[n] for n in dict.fromkeys(_named([o for _, o in self.layers]))}

    def with_circuits(self, change: Callable[[BuiltCircuit], BuiltCircuit]) -> WrittenModel:
        """The same with each circuit that it uses changed."""
        changed = {name: change(built) for name, built in self.used.items()}
        return replace(self, circuits={**self.circuits, **changed})


def no_entanglement(model: WrittenModel) -> WrittenModel:
    """Without the gates on several wires, as the separable models of Bowles et al. 2024.

    "Better than classical? The subtle art of benchmarking quantum machine learning models",
    arXiv:2403.07059.

    Raises
    ------
    Unsupported
        A circuit begins with amplitudes, which are entangled before any gate.
    """
    return model.with_circuits(without_entanglement)


def frozen_quantum(model: WrittenModel) -> WrittenModel:
    """The quantum weights as they are drawn, not trained."""
    if not any(built.circuit.n_weights for built in model.used.values()):
        return model
    return replace(model, freeze=tuple(dict.fromkeys((*model.freeze, "quantum"))))


def random_quantum(model: WrittenModel) -> WrittenModel:
    """Random rotations in place of the trained ones, drawn anew for each seed and frozen."""
    frozen = frozen_quantum(model)
    if frozen is model:
        return model
    uniform = {"name": "uniform", "range": (0.0, 2 * math.pi)}
    changed = frozen.with_circuits(with_random_rotations)
    return replace(changed, init={**model.init, "quantum": uniform})


def linear_twin(model: WrittenModel) -> WrittenModel:
    """A dense layer without activation in place of each circuit, a convolution for a ``quanv2d``.

    It has a bias if that brings its parameters nearer to the circuit's weights (``near``: the
    features are counted when shapes are known). Its rank is full, though that may take more
    parameters than the circuit has: a narrower one would hold it back by something that the
    circuit isn't held back by.

    Raises
    ------
    Unsupported
        A circuit reads no features.
    """
    return replace(model, layers=[_linear(layer, model.circuits) for layer in model.layers])


DERIVED: dict[str, Callable[[WrittenModel], WrittenModel]] = {
    "no_entanglement": no_entanglement,
    "product_twin": no_entanglement,
    "frozen_quantum": frozen_quantum,
    "random_quantum": random_quantum,
    "linear_twin": linear_twin,
}
"""What each control makes of a model (``mlp_matched`` takes nothing but its size).

``product_twin`` is ``no_entanglement`` computed without a quantum backend.
"""


def without_entanglement(built: BuiltCircuit) -> BuiltCircuit:
    """The circuit without its gates on several wires; weights that they alone read go too.

    A SWAP stays: it entangles nothing.
    """
    operations = built.circuit.operations
    if operations and operations[0].gate == STATE_PREPARATION and len(operations[0].wires) > 1:
        raise Unsupported(
            "amplitude encoding prepares an entangled state, which no removal of gates undoes"
        )
    kept = [o for o in operations if len(o.wires) == 1 or o.gate == "SWAP"]
    return built if len(kept) == len(operations) else _compacted(built, kept)


def with_random_rotations(built: BuiltCircuit) -> BuiltCircuit:
    """Each trained gate on one wire, where it reads no feature, becomes a U3 of fresh weights."""
    fresh = count(built.circuit.n_weights)
    return _compacted(built, [_randomised(o, fresh) for o in built.circuit.operations])


def _randomised(operation: Operation, fresh: Iterator[int]) -> Operation:
    trained = any(angle.weight_indices for angle in operation.angles)
    reads = any(angle.input_indices for angle in operation.angles)
    if len(operation.wires) > 1 or reads or not trained:
        return operation
    return Operation("U3", operation.wires, tuple(Angle.weight(next(fresh)) for _ in range(3)))


def _compacted(built: BuiltCircuit, operations: Iterable[Operation]) -> BuiltCircuit:
    """The circuit with these operations, its weights numbered anew without gaps."""
    kept = tuple(operations)
    read = sorted({k for o in kept for angle in o.angles for k in angle.weight_indices})
    number = {old: new for new, old in enumerate(read)}
    moved = tuple(
        replace(o, angles=tuple(_renumbered(angle, number) for angle in o.angles)) for o in kept
    )
    return replace(
        built,
        circuit=replace(built.circuit, operations=moved, n_weights=len(read)),
        scale_weights={number[k]: v for k, v in built.scale_weights.items() if k in number},
        mirrored={
            number[k]: number[v] for k, v in built.mirrored.items() if k in number and v in number
        },
    )


def _renumbered(angle: Angle, number: Mapping[int, int]) -> Angle:
    terms = (
        Term(t.inputs, tuple(sorted(number[k] for k in t.weights)), t.coefficient)
        for t in angle.terms
    )
    return Angle(angle.constant, tuple(sorted(terms)))


def _linear(layer: LayerPair, circuits: Mapping[str, BuiltCircuit]) -> LayerPair:
    kind, options = layer
    if "branches" in options:
        branches = [[_linear(inner, circuits) for inner in each] for each in options["branches"]]
        return kind, {**options, "branches": branches}
    if "circuit" not in options:
        return layer
    circuit = circuits[options["circuit"]].circuit
    if not circuit.n_inputs:
        raise Unsupported(f"circuit '{options['circuit']}' reads no features to be linear in")
    if kind == "quanv2d":
        window = {key: options[key] for key in ("kernel_size", "strides")}
        plain = {"filters": circuit.n_outputs, "padding": "valid", "activation": "linear"}
        return "conv2d", {**window, **plain}
    copies = int(options["copies"])
    units, weights = copies * circuit.n_outputs, copies * circuit.n_weights
    return "dense", {"units": units, "activation": "linear", "near": weights}


def _named(node: Any) -> Iterator[str]:
    """The circuits that options name, at any depth."""
    if isinstance(node, Mapping):
        for key, value in node.items():
            yield from [value] if key == "circuit" and isinstance(value, str) else _named(value)
    elif isinstance(node, list | tuple):
        for value in node:
            yield from _named(value)
