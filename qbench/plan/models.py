"""Resolved models: layers with their shapes, and the parameters that the parent draws."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from qbench.circuit import Circuit
from qbench.circuit.build import BuiltCircuit


@dataclass(frozen=True)
class Parameter:
    """One array of a model.

    Attributes
    ----------
    shape : dense weights [out, in]; convolutions [filters, channels, height, width];
        quantum weights [copies, weights]
    fixed : values by position of the last axis that are no random draw (input scalings)
    mirrored : position of the last axis -> the position whose gate it undoes in its block
    small_angle : standard deviation of ``small_angle`` where none is given, radians
    """

    name: str
    shape: tuple[int, ...]
    kind: str
    fixed: Mapping[int, float] = field(default_factory=dict)
    mirrored: Mapping[int, int] = field(default_factory=dict)
    small_angle: float = 0.0

    @property
    def size(self) -> int:
        """Number of scalars."""
        total = 1
        for length in self.shape:
            total *= length
        return total


@dataclass(frozen=True)
class ResolvedModel:
    """What a worker builds: plain layers and the parameters that the parent draws.

    Attributes
    ----------
    circuits : those that a backend runs; a product twin's layers have circuits, and none here
    """

    layers: tuple[dict[str, Any], ...]
    parameters: tuple[Parameter, ...]
    n_inputs: int
    n_outputs: int
    circuits: tuple[Circuit, ...] = ()

    @property
    def is_quantum(self) -> bool:
        """Whether a quantum layer occurs: such a model needs a backend."""
        return bool(self.circuits)

    def count(self, kind: str) -> int:
        """Number of scalars of one kind, "quantum" or "classical"."""
        return sum(p.size for p in self.parameters if p.kind == kind)

    def trainable(self, freeze: Iterable[str]) -> list[str]:
        """Names of the parameters that are trained when some kinds are frozen."""
        frozen = set(freeze)
        return [p.name for p in self.parameters if p.kind not in frozen and p.size]

    def summary(self) -> dict[str, int]:
        """Counts for the tables: parameters, qubits, gates, depth (of the largest circuit).

        The angles of circuits that no backend runs are classical parameters.
        """
        quantum = self.count("quantum") if self.is_quantum else 0
        total = self.count("quantum") + self.count("classical")
        return {
            "inputs": self.n_inputs,
            "parameters_quantum": quantum,
            "parameters_classical": total - quantum,
            "n_qubits": max((c.n_qubits for c in self.circuits), default=0),
            "two_qubit_gates": max((c.two_qubit_gates for c in self.circuits), default=0),
            "depth": max((c.depth for c in self.circuits), default=0),
        }


def quantum_parameter(name: str, built: BuiltCircuit, copies: int) -> Parameter:
    """The weights of a quantum layer, with what initialisations need to know of its circuit."""
    return Parameter(
        name,
        (copies, built.circuit.n_weights),
        "quantum",
        fixed=dict(built.scale_weights),
        mirrored=dict(built.mirrored),
        small_angle=small_angle_std(built.one_axis),
    )


def small_angle_std(circuit: Circuit) -> float:
    """1 / (2 sqrt(S (L + 2))), radians.

    S is the number of wires that the widest term of an observable acts on, L the
    largest number of trained gates on a wire (Zhang et al. 2022, arXiv:2203.09376,
    Theorem 4.1, for layers of trained rotations and entanglers).
    """
    terms = [t for r in circuit.readouts for t in getattr(r, "terms", ())]
    widest = max((len(term.factors) for term in terms), default=circuit.n_qubits)
    depth = [0] * circuit.n_qubits
    for operation in circuit.gates:
        if any(angle.weight_indices for angle in operation.angles):
            for wire in operation.wires:
                depth[wire] += 1
    return 0.5 / math.sqrt(max(widest, 1) * (max(depth) + 2))


def circuit_model(built: BuiltCircuit) -> ResolvedModel:
    """A circuit alone as a model of one layer, whose parameters are the circuit's weights."""
    layer = {"type": "quantum", "name": "circuit", "circuit": built.circuit.to_json(), "copies": 1}
    return ResolvedModel(
        (layer,),
        (quantum_parameter("circuit.weights", built, copies=1),),
        built.circuit.n_inputs,
        built.circuit.n_outputs,
        (built.circuit,),
    )


def matched_hidden_units(n_features: int, n_outputs: int, budget: int) -> int:
    """Largest hidden layer whose MLP has at most ``budget`` parameters; 0 if none fits."""
    return max(0, (budget - n_outputs) // (n_features + 1 + n_outputs))
