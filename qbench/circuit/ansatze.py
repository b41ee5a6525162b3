"""Ansätze: layers of trainable gates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any

from qbench.circuit.angle import Angle
from qbench.circuit.circuit import Operation
from qbench.circuit.entanglement import Pairs, entangled_pairs
from qbench.circuit.gates import GATES
from qbench.circuit.options import call, gate_name, switch, whole_number
from qbench.circuit.sim import sim
from qbench.exceptions import CircuitError

Layers = list[list[Operation]]
"""A list of layers; data re-uploading repeats the encoding before each."""

Entanglement = str | Sequence[Sequence[int]] | None

PLANNED = ("random_pauli", "brick_wall", "qcnn")
"""Ansätze of the suite language that are still to come."""


class FreshWeights:
    """Hands out weights that no angle reads yet: ``w[start]``, ``w[start + 1]``, ..."""

    def __init__(self, start: int = 0) -> None:
        self._indices = count(start)
        self.next_index = start

    def __call__(self) -> Angle:
        """The next weight."""
        index = next(self._indices)
        self.next_index = index + 1
        return Angle.weight(index)


def hardware_efficient(
    n_qubits: int,
    fresh: FreshWeights,
    *,
    rotations: Sequence[str] = ("RY",),
    entangler: str = "CNOT",
    entanglement: Entanglement = "ring",
    n_layers: int = 1,
    final_rotations: bool = False,
) -> Layers:
    """Rotations on every wire, then an entangler on every pair, ``n_layers`` times.

    Each rotation goes over all wires before the next begins, and weights count
    in the order of the gates. An entangler with angles gets fresh weights too.
    ``final_rotations`` adds a last round of rotations.
    """
    if isinstance(rotations, str) or not isinstance(rotations, Sequence):
        raise CircuitError(f"rotations is a list of gates such as [RY, RZ], not {rotations!r}")
    names = [gate_name("rotations", name, n_wires=1) for name in rotations]
    entangler = gate_name("entangler", entangler, n_wires=2)
    pairs = entangled_pairs(entanglement, n_qubits)
    layers = []
    for _ in range(_n_layers(n_layers)):
        layer = _rotations(names, n_qubits, fresh)
        layers.append(layer + _entanglers(entangler, pairs, fresh))
    if switch("final_rotations", final_rotations):
        layers[-1] += _rotations(names, n_qubits, fresh)
    return layers


def basic_entangler(
    n_qubits: int, fresh: FreshWeights, *, rotation: str = "RX", n_layers: int = 1
) -> Layers:
    """One rotation a wire and a ring of CNOTs (PennyLane BasicEntanglerLayers)."""
    rotations = [gate_name("rotation", rotation, n_wires=1, n_angles=1)]
    return hardware_efficient(n_qubits, fresh, rotations=rotations, n_layers=n_layers)


def strongly_entangling(
    n_qubits: int,
    fresh: FreshWeights,
    *,
    ranges: str | int | Sequence[int] = "auto",
    entangler: str = "CNOT",
    n_layers: int = 1,
) -> Layers:
    """RZ, RY, RZ on a wire after the other, then wire i to i + range (PennyLane's layers).

    StronglyEntanglingLayers of PennyLane, after Schuld et al. 2018,
    "Circuit-centric quantum classifiers". ``ranges`` is one number a layer, or
    auto: 1, 2, ..., n_qubits - 1, and again from 1.
    """
    entangler = gate_name("entangler", entangler, n_wires=2)
    layers = []
    for distance in _ranges(ranges, n_qubits, _n_layers(n_layers)):
        layer = [
            Operation.of(gate, wire, fresh())
            for wire in range(n_qubits)
            for gate in ("RZ", "RY", "RZ")
        ]
        pairs = [(i, (i + distance) % n_qubits) for i in range(n_qubits) if n_qubits > 1]
        layers.append(layer + _entanglers(entangler, pairs, fresh))
    return layers


def real_amplitudes(
    n_qubits: int,
    fresh: FreshWeights,
    *,
    n_layers: int = 3,
    entanglement: Entanglement = "reverse_linear",
    final_rotations: bool = True,
) -> Layers:
    """RY on every wire and CNOTs: Qiskit's RealAmplitudes, whose ``reps`` are the layers."""
    return hardware_efficient(
        n_qubits,
        fresh,
        rotations=["RY"],
        entanglement=entanglement,
        n_layers=n_layers,
        final_rotations=final_rotations,
    )


def efficient_su2(
    n_qubits: int,
    fresh: FreshWeights,
    *,
    n_layers: int = 3,
    entanglement: Entanglement = "reverse_linear",
    final_rotations: bool = True,
) -> Layers:
    """RY and RZ on every wire and CNOTs: Qiskit's EfficientSU2, whose ``reps`` are the layers."""
    return hardware_efficient(
        n_qubits,
        fresh,
        rotations=["RY", "RZ"],
        entanglement=entanglement,
        n_layers=n_layers,
        final_rotations=final_rotations,
    )


ANSATZE: dict[str, Callable[..., Layers]] = {
    "hardware_efficient": hardware_efficient,
    "basic_entangler": basic_entangler,
    "strongly_entangling": strongly_entangling,
    "real_amplitudes": real_amplitudes,
    "efficient_su2": efficient_su2,
    "sim": sim,
}
"""Every ansatz: ``ansatz(n_qubits, fresh_weights, **options)``."""


def ansatz_layers(ansatz: str | Mapping[str, Any], n_qubits: int, fresh: FreshWeights) -> Layers:
    """The layers of an ansatz given by its name, or by a mapping with its options.

    Raises
    ------
    CircuitError
        An unknown name, option or value, or an ansatz that is still to come.
    """
    name = ansatz if isinstance(ansatz, str) else ansatz.get("name")
    if name in PLANNED:
        raise CircuitError(f"ansatz {name} is planned but not yet supported")
    return call("ansatz", ANSATZE, ansatz, n_qubits, fresh)


def _n_layers(value: object) -> int:
    return whole_number("n_layers", value, 1)


def _rotations(names: Sequence[str], n_qubits: int, fresh: FreshWeights) -> list[Operation]:
    return [_trainable(name, (wire,), fresh) for name in names for wire in range(n_qubits)]


def _entanglers(gate: str, pairs: Pairs, fresh: FreshWeights) -> list[Operation]:
    return [_trainable(gate, pair, fresh) for pair in pairs]


def _trainable(gate: str, wires: tuple[int, ...], fresh: FreshWeights) -> Operation:
    return Operation.of(gate, wires, *(fresh() for _ in range(GATES[gate].n_angles)))


def _ranges(ranges: str | int | Sequence[int], n_qubits: int, n_layers: int) -> list[int]:
    if n_qubits == 1:
        return [0] * n_layers
    if ranges == "auto":
        return [layer % (n_qubits - 1) + 1 for layer in range(n_layers)]
    if isinstance(ranges, int):
        ranges = [ranges] * n_layers
    if isinstance(ranges, str) or not isinstance(ranges, Sequence) or len(ranges) != n_layers:
        raise CircuitError(f"ranges is auto or a list of {n_layers}, one a layer, not {ranges!r}")
    return [whole_number("a range", r, 1, n_qubits - 1) for r in ranges]
