"""What a suite comes to: its data, its models with their shapes, its circuits."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

from qbench.circuit import Circuit
from qbench.plan import Plan, ResolvedModel, Trial
from qbench.plan.methods import ResolvedPoint
from qbench.registry import BackendInfo
from qbench.spec import Point
from qbench.worker.layers import Shape, output_shapes


@dataclass(frozen=True)
class LayerRow:
    """One layer of a model: in words, the numbers that leave it a row, its parameters.

    Attributes
    ----------
    shape : of what leaves it: (features,) or (channels, height, width)
    """

    layer: str
    outputs: int
    shape: tuple[int, ...]
    parameters: int


@dataclass
class ModelOverview:
    """A model at some points of the grid.

    Attributes
    ----------
    points : the labels of each point that has the model in this form
    """

    name: str
    model: ResolvedModel
    points: list[dict[str, str]] = field(default_factory=list)

    @property
    def layers(self) -> list[LayerRow]:
        """The layers in order, shapes inferred; those of branches behind a dot for each depth."""
        sizes = {p.name: p.size for p in self.model.parameters}
        return list(_rows(self.model.layers, (self.model.n_inputs,), sizes, ""))

    def to_json(self) -> dict[str, Any]:
        """Plain values for ``--json``."""
        return {
            "name": self.name,
            "points": self.points,
            "n_inputs": self.model.n_inputs,
            "n_outputs": self.model.n_outputs,
            "parameters_quantum": self.model.count("quantum"),
            "parameters_classical": self.model.count("classical"),
            "layers": [vars(row) for row in self.layers],
        }


@dataclass
class CircuitOverview:
    """A circuit, and at which points it goes by its name."""

    name: str
    circuit: Circuit
    points: list[dict[str, str]] = field(default_factory=list)

    @property
    def facts(self) -> dict[str, int]:
        """Its size: qubits, gates, depth, two-qubit gates, inputs, weights and outputs."""
        c = self.circuit
        return {
            "n_qubits": c.n_qubits,
            "gates": len(c.gates),
            "depth": c.depth,
            "two_qubit_gates": c.two_qubit_gates,
            "inputs": c.n_inputs,
            "parameters": c.n_weights,
            "outputs": c.n_outputs,
        }

    @property
    def title(self) -> str:
        """Name and size in one line."""
        f = self.facts
        return (
            f"{self.name}: {f['n_qubits']} qubits, {f['gates']} gates, depth {f['depth']}, "
            f"{f['two_qubit_gates']} two-qubit gates, {f['parameters']} parameters"
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values for ``--json``, the neutral circuit among them."""
        return {
            "name": self.name,
            "points": self.points,
            **self.facts,
            "circuit": self.circuit.to_json(),
        }


@dataclass(frozen=True)
class SuiteOverview:
    """A suite as it would run; what several points of its grid share stands once."""

    plan: Plan
    models: list[ModelOverview]
    circuits: list[CircuitOverview]

    @property
    def variants(self) -> dict[str, Trial]:
        """A trial of each backend that trains a quantum model, by its name in the suite."""
        quantum = (t for t in self.plan.trials if t.work.model and t.work.model.is_quantum)
        found: dict[str, Trial] = {}
        for trial in quantum:
            found.setdefault(trial.work.variant, trial)
        return found

    def to_json(self) -> dict[str, Any]:
        """Plain values for ``--json``."""
        suite = self.plan.suite
        return {
            "name": suite.name,
            "description": suite.description,
            "path": str(suite.path),
            "profile": suite.profile,
            "profiles": suite.profiles,
            "axes": suite.axes,
            "seeds": suite.seeds,
            "trials": len(self.plan.trials),
            "search": [
                {
                    "method": search.method,
                    "labels": search.labels,
                    "configurations": [each.text for each in search.configurations],
                    "trials": sum(len(each.trials) for each in search.configurations),
                }
                for search in self.plan.searches
            ],
            "points": [
                {"labels": point.labels, "config": suite.resolved(point)} for point in suite.points
            ],
            "backends": [
                {
                    "name": name,
                    "version": trial.work.version,
                    "execution": trial.work.execution.to_json() if trial.work.execution else None,
                    "refusal": trial.work.refusal,
                }
                for name, trial in self.variants.items()
            ],
            "models": [model.to_json() for model in self.models],
            "circuits": [circuit.to_json() for circuit in self.circuits],
        }


def suite_overview(plan: Plan, registry: Mapping[str, BackendInfo]) -> SuiteOverview:
    """The models and circuits of every point of a plan's grid.

    Raises
    ------
    SpecError
        As planning does.
    """
    models: dict[str, ModelOverview] = {}
    circuits: dict[str, CircuitOverview] = {}
    for point in plan.suite.points:
        for name, model in ResolvedPoint(point, registry).models.items():
            key = json.dumps([name, model.layers], sort_keys=True)
            models.setdefault(key, ModelOverview(name, model)).points.append(point.labels)
        for name, circuit in _circuits(point):
            key = f"{name} {circuit.key}"
            circuits.setdefault(key, CircuitOverview(name, circuit)).points.append(point.labels)
    return SuiteOverview(plan, list(models.values()), list(circuits.values()))


def differing(points: Iterable[Mapping[str, str]], axes: Mapping[str, list[str]]) -> str:
    """At which values of the axes something stands so, such as ``n_layers 1, 2``.

    Axes of which every value occurs are left out.
    """
    points = list(points)
    parts = []
    for axis, labels in axes.items():
        here = list(dict.fromkeys(p[axis] for p in points if axis in p))
        if here and len(here) < len(labels):
            parts.append(f"{axis} {', '.join(here)}")
    return "; ".join(parts)


def _circuits(point: Point) -> Iterable[tuple[str, Circuit]]:
    return ((name, circuit.build().circuit) for name, circuit in point.config.circuits.items())


def _rows(
    layers: Sequence[Mapping[str, Any]], shape: Shape, sizes: Mapping[str, int], depth: str
) -> Iterator[LayerRow]:
    shapes = output_shapes(layers, shape)
    for layer, received, left in zip(layers, shapes, shapes[1:], strict=False):
        own = sum(n for name, n in sizes.items() if name.rpartition(".")[0] == layer.get("name"))
        yield LayerRow(depth + _words(layer), prod(left), left, own)
        for number, branch in enumerate(layer.get("branches", ()), start=1):
            yield from _rows(branch, received, sizes, f"{depth}· {number}: ")


def _words(layer: Mapping[str, Any]) -> str:
    kind = layer["type"]
    make = _WORDS.get(kind)
    return make(layer) if make else str(kind)


def _dense(layer: Mapping[str, Any]) -> str:
    return f"dense{_activation(layer)}{'' if layer['bias'] else ' without bias'}"


def _activation(layer: Mapping[str, Any]) -> str:
    return "" if layer["activation"] == "linear" else f" {layer['activation']}"


def _quantum(layer: Mapping[str, Any]) -> str:
    copies = int(layer["copies"])
    several = f", {copies} copies" if copies > 1 else ""
    return f"{layer['type']}{_window(layer)}, {layer['circuit']['n_qubits']} qubits{several}"


def _window(layer: Mapping[str, Any]) -> str:
    if "kernel_size" not in layer:
        return ""
    strides = f", strides {layer['strides']}" if layer["strides"] > 1 else ""
    padded = ", padded" if any(layer.get("pads", ())) else ""
    return f" {layer['kernel_size']} x {layer['kernel_size']}{strides}{padded}"


_WORDS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "dense": _dense,
    "quantum": _quantum,
    "quanv2d": _quantum,
    "conv2d": lambda layer: f"conv2d{_window(layer)}{_activation(layer)}",
    "max_pool2d": lambda layer: f"max_pool2d {layer['pool_size']}",
    "avg_pool2d": lambda layer: f"avg_pool2d {layer['pool_size']}",
    "dropout": lambda layer: f"dropout {layer['p']:g}{' of channels' * ('channels' in layer)}",
    "scale": lambda layer: f"scale {layer['factor']:g}",
    "reduce": lambda layer: f"reduce {layer['how']}",
    "select": lambda layer: "select {}, {}".format(*layer["span"]),
    "concat": lambda layer: f"concat of {len(layer['branches'])} branches",
}
