"""Ansätze: layers of trainable gates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from qbench.circuit.circuit import Operation
from qbench.circuit.entanglement import entangled_pairs, linear
from qbench.circuit.options import call, gate_name, switch, whole_number
from qbench.circuit.qcnn import kept_wires, qcnn
from qbench.circuit.random_pauli import random_pauli
from qbench.circuit.sim import sim
from qbench.circuit.trainable import (
    Entanglement,
    FreshWeights,
    Layers,
    entangler_round,
    layer_count,
    rotation_names,
    rotation_round,
)
from qbench.exceptions import CircuitError


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
    names = rotation_names(rotations)
    entangler = gate_name("entangler", entangler, n_wires=2)
    pairs = entangled_pairs(entanglement, n_qubits)
    layers = []
    for _ in range(layer_count(n_layers)):
        layer = rotation_round(names, n_qubits, fresh)
        layers.append(layer + entangler_round(entangler, pairs, fresh))
    if switch("final_rotations", final_rotations):
        layers[-1] += rotation_round(names, n_qubits, fresh)
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
    for distance in _ranges(ranges, n_qubits, layer_count(n_layers)):
        layer = [
            Operation.of(gate, wire, fresh())
            for wire in range(n_qubits)
            for gate in ("RZ", "RY", "RZ")
        ]
        pairs = [(i, (i + distance) % n_qubits) for i in range(n_qubits) if n_qubits > 1]
        layers.append(layer + entangler_round(entangler, pairs, fresh))
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


def brick_wall(
    n_qubits: int,
    fresh: FreshWeights,
    *,
    rotations: Sequence[str] = ("RY",),
    entangler: str = "CZ",
    n_layers: int = 1,
    final_rotations: bool = False,
) -> Layers:
    """Rotations and entanglers on (0, 1), (2, 3), ..., then the same with (1, 2), (3, 4), ...

    The alternating layered ansatz of Cerezo et al. 2021, "Cost function dependent
    barren plateaus in shallow parametrized quantum circuits", Nature
    Communications 12, 1791, whose numerical part has RY before and after CZ on
    alternating pairs. Pinned here: one layer is rotations on every wire (also on
    one that the next entanglers leave out), the even pairs, rotations on every
    wire, the odd pairs; ``final_rotations`` adds a last round. PennyLane's
    SimplifiedTwoDesign has the same pairs, but RY on their wires behind each CZ,
    and one round of RY at its start.
    """
    names = rotation_names(rotations)
    entangler = gate_name("entangler", entangler, n_wires=2)
    chain = linear(n_qubits)
    layers = []
    for _ in range(layer_count(n_layers)):
        layer = []
        for pairs in (chain[::2], chain[1::2]):
            layer += rotation_round(names, n_qubits, fresh)
            layer += entangler_round(entangler, pairs, fresh)
        layers.append(layer)
    if switch("final_rotations", final_rotations):
        layers[-1] += rotation_round(names, n_qubits, fresh)
    return layers


ANSATZE: dict[str, Callable[..., Layers]] = {
    "hardware_efficient": hardware_efficient,
    "basic_entangler": basic_entangler,
    "strongly_entangling": strongly_entangling,
    "real_amplitudes": real_amplitudes,
    "efficient_su2": efficient_su2,
    "random_pauli": random_pauli,
    "brick_wall": brick_wall,
    "sim": sim,
    "qcnn": qcnn,
}
"""Every ansatz: ``ansatz(n_qubits, fresh_weights, **options)``."""


def ansatz_layers(ansatz: str | Mapping[str, Any], n_qubits: int, fresh: FreshWeights) -> Layers:
    """The layers of an ansatz given by its name, or by a mapping with its options.

    Raises
    ------
    CircuitError
        An unknown name, option or value.
    """
    return call("ansatz", ANSATZE, ansatz, n_qubits, fresh)


def default_measure(ansatz: str | Mapping[str, Any] | None, n_qubits: int) -> dict[str, Any]:
    """What is measured where nothing is said: Z on every wire, of ``qcnn`` on those it keeps."""
    slot: Mapping[str, Any] = {"name": ansatz} if isinstance(ansatz, str) else ansatz or {}
    if slot.get("name") != "qcnn" or n_qubits < 2:
        return {"expval": "Z"}
    return {"expval": [f"Z{wire}" for wire in kept_wires(n_qubits, slot.get("keep", 1))[-1]]}


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
