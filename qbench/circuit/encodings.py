"""Encodings: how a row of features enters a circuit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import pi
from typing import Any

from qbench.circuit.angle import Angle
from qbench.circuit.circuit import Operation
from qbench.circuit.entanglement import entangled_pairs
from qbench.circuit.gates import STATE_PREPARATION
from qbench.circuit.options import call, choose, number, switch, whole_number
from qbench.exceptions import CircuitError

MAX_AMPLITUDE_QUBITS = 16
"""Amplitude encoding writes ``2**n_qubits`` angles into the circuit."""


@dataclass(frozen=True)
class Encoded:
    """What an encoding makes: operations that read features, before any scaling.

    Attributes
    ----------
    operations : tuple of Operation
    n_inputs : int
        Features that it reads.
    scale : float
        Every angle that reads a feature is multiplied by it: as a constant, or
        with ``trainable_scale`` as the initial value of a weight.
    """

    operations: tuple[Operation, ...]
    n_inputs: int
    scale: float = 1.0


def angle(
    n_qubits: int,
    n_features: int | None,
    *,
    rotation: str = "RY",
    scale: float = 1.0,
    hadamard: bool = False,
) -> Encoded:
    """Feature i as the angle ``scale * x[i]`` of a rotation of wire i (PennyLane AngleEmbedding).

    ``hadamard`` puts a Hadamard gate on every wire first.
    """
    _exactly("angle", n_qubits, n_features)
    choose("encoding angle: rotation", rotation, ("RX", "RY", "RZ"))
    wires = range(n_qubits)
    operations = _hadamards(n_qubits) if switch("encoding angle: hadamard", hadamard) else []
    operations += [Operation.of(rotation, i, Angle.input(i)) for i in wires]
    return Encoded(tuple(operations), n_qubits, number("encoding angle: scale", scale))


def amplitude(
    n_qubits: int, n_features: int | None, *, pad_with: float = 0.0, normalize: bool = True
) -> Encoded:
    """Up to ``2**n_qubits`` features as amplitudes (PennyLane AmplitudeEmbedding).

    Missing ones are ``pad_with``; the whole is divided by its norm.
    """
    if not switch("encoding amplitude: normalize", normalize):
        raise CircuitError(
            "encoding amplitude: normalize: false is not offered: amplitudes are always divided "
            "by their norm, which leaves a row of norm one as it is"
        )
    whole_number("encoding amplitude: n_qubits", n_qubits, 1, MAX_AMPLITUDE_QUBITS)
    size = 2**n_qubits
    count = size if n_features is None else n_features
    if not 1 <= count <= size:
        raise CircuitError(f"encoding amplitude on {n_qubits} qubits takes 1 to {size} features, "
                           f"not {count}")  # fmt: skip
    amplitudes: list[Angle | float] = [Angle.input(i) for i in range(count)]
    amplitudes += [number("encoding amplitude: pad_with", pad_with)] * (size - count)
    return Encoded((Operation.of(STATE_PREPARATION, range(n_qubits), *amplitudes),), count)


def basis(n_qubits: int, n_features: int | None) -> Encoded:
    """Bit i as the basis state of wire i: RX(pi * x[i]), for features 0 and 1.

    Equal to PennyLane's BasisEmbedding up to a global phase; a feature between
    0 and 1 lies between the two states.
    """
    _exactly("basis", n_qubits, n_features)
    operations = [Operation.of("RX", i, Angle.input(i) * pi) for i in range(n_qubits)]
    return Encoded(tuple(operations), n_qubits)


def iqp(n_qubits: int, n_features: int | None, *, n_layers: int = 1) -> Encoded:
    """Hadamards, RZ(x[i]) and RZZ(x[i] * x[j]) on every pair (PennyLane IQPEmbedding).

    Havlicek et al. 2019, "Supervised learning with quantum-enhanced feature spaces".
    """
    _exactly("iqp", n_qubits, n_features)
    layer = _hadamards(n_qubits)
    layer += [Operation.of("RZ", i, Angle.input(i)) for i in range(n_qubits)]
    for i, j in combinations(range(n_qubits), 2):
        layer.append(Operation.of("RZZ", (i, j), Angle.input(i) * Angle.input(j)))
    layers = whole_number("encoding iqp: n_layers", n_layers, 1)
    return Encoded(tuple(layer * layers), n_qubits)


def zz_feature_map(
    n_qubits: int,
    n_features: int | None,
    *,
    n_layers: int = 2,
    entanglement: str | Sequence[Sequence[int]] = "full",
) -> Encoded:
    """Qiskit's ZZFeatureMap: phases 2 x[i] and, on pairs, 2 (pi - x[i]) (pi - x[j]).

    Havlicek et al. 2019, "Supervised learning with quantum-enhanced feature spaces".
    """
    _exactly("zz_feature_map", n_qubits, n_features)
    layer = _hadamards(n_qubits)
    layer += [Operation.of("PhaseShift", i, Angle.input(i) * 2.0) for i in range(n_qubits)]
    for i, j in entangled_pairs(entanglement, n_qubits):
        phase = (pi - Angle.input(i)) * (pi - Angle.input(j)) * 2.0
        cnot = Operation.of("CNOT", (i, j))
        layer += [cnot, Operation.of("PhaseShift", j, phase), cnot]
    layers = whole_number("encoding zz_feature_map: n_layers", n_layers, 1)
    return Encoded(tuple(layer * layers), n_qubits)


ENCODINGS: dict[str, Callable[..., Encoded]] = {
    "angle": angle,
    "amplitude": amplitude,
    "basis": basis,
    "iqp": iqp,
    "zz_feature_map": zz_feature_map,
}
"""Every encoding: ``encode(n_qubits, n_features or None, **options)``."""


def encode(
    encoding: str | Mapping[str, Any], n_qubits: int, n_features: int | None = None
) -> Encoded:
    """The operations of an encoding given by its name, or by a mapping with its options.

    Raises
    ------
    CircuitError
        An unknown name, option or value, or features that do not fit.
    """
    return call("encoding", ENCODINGS, encoding, n_qubits, n_features)


def encoding_inputs(encoding: str | Mapping[str, Any] | None, n_qubits: int) -> int:
    """Features that an encoding reads: ``n_qubits``, or for amplitude at most ``2**n_qubits``."""
    if encoding in (None, "none"):
        return 0
    assert encoding is not None
    return encode(encoding, n_qubits).n_inputs


def _hadamards(n_qubits: int) -> list[Operation]:
    return [Operation.of("H", i) for i in range(n_qubits)]


def _exactly(name: str, n_qubits: int, n_features: int | None) -> None:
    if n_features is not None and n_features != n_qubits:
        raise CircuitError(
            f"encoding {name} on {n_qubits} qubits takes {n_qubits} features, one a qubit, "
            f"not {n_features}; reduce them (pca, dense) or change n_qubits"
        )
