"""Conformance cases for what suites are written with: encodings and ansätze by name."""

from __future__ import annotations

from typing import Any

from qbench.circuit.ansatze import ANSATZE
from qbench.circuit.build import build_circuit
from qbench.circuit.encodings import ENCODINGS
from qbench.circuit.entanglement import ENTANGLEMENTS
from qbench.testing.cases import Case

_LAYER = {"name": "hardware_efficient", "rotations": ["RY", "RX"]}


def encoding_cases() -> list[Case]:
    """Every encoding, then re-uploading and trainable scales."""
    slots: dict[str, dict[str, Any]] = {name: {"name": name} for name in ENCODINGS}
    slots |= {
        f"angle by {rotation}": {"name": "angle", "rotation": rotation, "scale": 0.5}
        for rotation in ("RX", "RY", "RZ")
    }
    slots["angle by RZ after Hadamards"] = {"name": "angle", "rotation": "RZ", "hadamard": True}
    del slots["angle"]
    cases = [
        Case(
            f"encoding {name}",
            build_circuit(3, encoding=slot, ansatz=_LAYER).circuit,
            features="bits" if slot["name"] == "basis" else "angles",
        )
        for name, slot in slots.items()
    ]
    twice = {**_LAYER, "n_layers": 2}
    again = build_circuit(3, "angle", twice, reupload="each_layer").circuit
    scaled = build_circuit(3, "angle", twice, reupload="each_layer", trainable_scale=True).circuit
    return [
        *cases,
        Case("encoding repeated each layer", again),
        Case("encoding with trainable scales", scaled),
    ]


def ansatz_cases() -> list[Case]:
    """Every ansatz (of sim two circuits), then every entanglement, two layers on 3 or 4 wires."""
    slots: dict[str, dict[str, Any]] = {name: {"name": name} for name in ANSATZE}
    del slots["sim"]
    slots |= {f"sim {number}": {"name": "sim", "number": number} for number in (6, 9)}
    cases = [
        Case(f"ansatz {name}", build_circuit(3, "angle", {**slot, "n_layers": 2}).circuit)
        for name, slot in slots.items()
    ]
    for entanglement in ENTANGLEMENTS:
        slot = {**_LAYER, "entanglement": entanglement, "n_layers": 2}
        circuit = build_circuit(4, "angle", slot).circuit
        cases.append(Case(f"entanglement {entanglement}", circuit))
    return cases
