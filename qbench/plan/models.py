"""From a suite's layers to resolved layers: shapes inferred, parameters named."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from qbench.circuit import Circuit
from qbench.circuit.build import BuiltCircuit
from qbench.spec.problems import Path as KeyPath
from qbench.spec.problems import Problem, ProblemError

ACTIVATIONS = ("relu", "tanh", "sigmoid", "softmax")


@dataclass(frozen=True)
class Parameter:
    """One array of a model.

    Attributes
    ----------
    shape : dense weights [out, in]; quantum weights [copies, weights]
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
    """What a worker builds: plain layers and the parameters that the parent draws."""

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
        """Counts for the tables: parameters, qubits, gates, depth (of the largest circuit)."""
        return {
            "inputs": self.n_inputs,
            "parameters_quantum": self.count("quantum"),
            "parameters_classical": self.count("classical"),
            "n_qubits": max((c.n_qubits for c in self.circuits), default=0),
            "two_qubit_gates": max((c.two_qubit_gates for c in self.circuits), default=0),
            "depth": max((c.depth for c in self.circuits), default=0),
        }


def resolve_model(
    layers: Sequence[tuple[str, Mapping[str, Any]]],
    circuits: Mapping[str, BuiltCircuit],
    *,
    n_features: int,
) -> ResolvedModel:
    """Infer every shape of a Sequential model on rows of ``n_features``.

    Parameters
    ----------
    layers : (type, options) pairs; every expression already a number

    Raises
    ------
    ProblemError
        A quantum layer whose circuit reads another number of features than it is given;
        its path begins at the model.
    """
    width, resolved, parameters, used = n_features, [], [], []
    for position, (kind, options) in enumerate(layers):
        name = f"{position}.{kind}"
        layer: dict[str, Any] = {"type": kind, **options}
        if kind == "dense":
            layer |= {"name": name, "inputs": width}
            parameters.append(Parameter(f"{name}.weight", (layer["units"], width), "classical"))
            if layer["bias"]:
                parameters.append(Parameter(f"{name}.bias", (layer["units"],), "classical"))
            width = layer["units"]
        elif kind == "quantum":
            built, copies = circuits[options["circuit"]], int(options["copies"])
            _check_features(("layers", position), options["circuit"], built, copies, width)
            layer |= {"name": name, "circuit": built.circuit.to_json(), "copies": copies}
            parameters.append(quantum_parameter(f"{name}.weights", built, copies))
            used.append(built.circuit)
            width = copies * built.circuit.n_outputs
        elif kind == "dropout":
            layer["index"] = position
        resolved.append(layer)
    return ResolvedModel(tuple(resolved), tuple(parameters), n_features, width, tuple(used))


def quantum_parameter(name: str, built: BuiltCircuit, copies: int) -> Parameter:
    """The weights of a quantum layer, with what initialisations need to know of its circuit."""
    return Parameter(
        name,
        (copies, built.circuit.n_weights),
        "quantum",
        fixed=dict(built.scale_weights),
        mirrored=dict(built.mirrored),
        small_angle=small_angle_std(built.circuit),
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


def mlp(n_features: int, hidden: int, n_outputs: int) -> ResolvedModel:
    """One hidden ReLU layer, trained like any other model (the ``mlp`` baselines)."""
    layers = [
        ("dense", {"units": hidden, "activation": "relu", "bias": True}),
        ("dense", {"units": n_outputs, "activation": "linear", "bias": True}),
    ]
    return resolve_model(layers, {}, n_features=n_features)


def matched_hidden_units(n_features: int, n_outputs: int, budget: int) -> int:
    """Largest hidden layer whose MLP has at most ``budget`` parameters; 0 if none fits."""
    return max(0, (budget - n_outputs) // (n_features + 1 + n_outputs))


def _check_features(
    place: KeyPath, name: str, built: BuiltCircuit, copies: int, width: int
) -> None:
    needed = copies * built.circuit.n_inputs
    if built.circuit.n_inputs and needed != width:
        qubits = built.circuit.n_qubits
        message = (
            f"circuit '{name}' ({qubits} qubits{f', {copies} copies' * (copies > 1)}) "
            f"reads {needed} features but receives {width}; change n_qubits, reduce the data "
            f"(transform: [{{pca: {needed}}}]) or put a dense layer of {needed} units before it"
        )
        raise ProblemError(Problem(place, message))
