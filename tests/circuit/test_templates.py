"""Encodings, ansätze and entanglement orders, pinned to the frameworks that they come from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from qbench.circuit import ENTANGLEMENTS, ReferenceProgram, build_circuit

pytestmark = pytest.mark.environments

Printed = Callable[[str], dict[str, Any]]


def our_state(n_qubits: int, inputs: list[float] | None = None, **slots: Any) -> np.ndarray:
    circuit = build_circuit(n_qubits, **slots).circuit
    x = [0.4 + 0.35 * i for i in range(circuit.n_inputs)] if inputs is None else inputs
    weights = np.sin(1.0 + np.arange(circuit.n_weights))
    return ReferenceProgram(circuit).states(np.array([x]), weights)[0]


def assert_same_up_to_phase(ours: np.ndarray, printed: list[list[float]]) -> None:
    theirs = np.array(printed[0]) + 1j * np.array(printed[1])
    phase = np.vdot(ours, theirs)
    np.testing.assert_allclose(abs(phase), 1.0, atol=1e-10)
    np.testing.assert_allclose(ours * phase, theirs, atol=1e-10)


def layers(name: str, n_layers: int, **options: Any) -> dict[str, Any]:
    return {"name": name, "n_layers": n_layers, **options}


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_encodings_are_those_of_pennylane(n: int, framework_states: Printed):
    states = framework_states("pennylane")["states"]
    for axis in "XY":
        angle = {"name": "angle", "rotation": f"R{axis}"}
        assert_same_up_to_phase(our_state(n, encoding=angle), states[f"angle {axis} {n}"])
    angle = {"name": "angle", "rotation": "RZ", "hadamard": True}
    assert_same_up_to_phase(our_state(n, encoding=angle), states[f"angle Z {n}"])
    amplitude = {"name": "amplitude", "pad_with": 0.3}
    ours = our_state(n, encoding=amplitude, n_features=2**n - 1)
    assert_same_up_to_phase(ours, states[f"amplitude {n}"])
    bits = [(i + 1) % 2 for i in range(n)]
    assert_same_up_to_phase(our_state(n, bits, encoding="basis"), states[f"basis {n}"])
    for repeats in (1, 2):
        ours = our_state(n, encoding=layers("iqp", repeats))
        assert_same_up_to_phase(ours, states[f"iqp {n} {repeats}"])


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_ansatze_are_those_of_pennylane(n: int, framework_states: Printed):
    states = framework_states("pennylane")["states"]
    ours = our_state(n, ansatz=layers("basic_entangler", 2))
    assert_same_up_to_phase(ours, states[f"basic_entangler RX {n}"])
    ours = our_state(n, ansatz=layers("basic_entangler", 2, rotation="RY"))
    assert_same_up_to_phase(ours, states[f"basic_entangler RY {n}"])
    ours = our_state(n, ansatz=layers("strongly_entangling", 5))
    assert_same_up_to_phase(ours, states[f"strongly_entangling {n}"])
    if n > 1:
        options = {"ranges": [n - 1, 1], "entangler": "CZ"}
        ours = our_state(n, ansatz=layers("strongly_entangling", 2, **options))
        assert_same_up_to_phase(ours, states[f"strongly_entangling CZ {n}"])


@pytest.mark.parametrize("n", [2, 3, 4])
@pytest.mark.parametrize("pattern", ["linear", "reverse_linear", "circular", "full", "pairwise"])
def test_templates_are_those_of_qiskit(n: int, pattern: str, framework_states: Printed):
    states = framework_states("qiskit")["states"]
    for name in ("real_amplitudes", "efficient_su2"):
        ours = our_state(n, ansatz=layers(name, 2, entanglement=pattern))
        assert_same_up_to_phase(ours, states[f"{name} {pattern} {n}"])
    ours = our_state(n, encoding={"name": "zz_feature_map", "entanglement": pattern})
    assert_same_up_to_phase(ours, states[f"zz_feature_map {pattern} {n}"])


@pytest.mark.parametrize("n", [2, 3, 4])
def test_defaults_are_those_of_qiskit(n: int, framework_states: Printed):
    states = framework_states("qiskit")["states"]
    for name in ("real_amplitudes", "efficient_su2"):
        assert_same_up_to_phase(our_state(n, ansatz=name), states[f"{name} default {n}"])
    ours = our_state(n, encoding="zz_feature_map")
    assert_same_up_to_phase(ours, states[f"zz_feature_map default {n}"])
    ours = our_state(n, ansatz=layers("real_amplitudes", 1, final_rotations=False))
    assert_same_up_to_phase(ours, states[f"real_amplitudes bare {n}"])


@pytest.mark.parametrize("n", [2, 3, 4])
def test_a_trainable_entangler_takes_its_weights_where_qiskit_does(
    n: int, framework_states: Printed
):
    options = {"rotations": ["RX", "RY"], "entangler": "CRX", "entanglement": "full"}
    ansatz = layers("hardware_efficient", 2, final_rotations=True, **options)
    assert_same_up_to_phase(
        our_state(n, ansatz=ansatz), framework_states("qiskit")["states"][f"n_local crx {n}"]
    )


@pytest.mark.parametrize("framework", ["pennylane", "qiskit"])
def test_entanglement_orders_are_exactly_the_frameworks(framework: str, framework_states: Printed):
    for case, pairs in framework_states(framework)["pairs"].items():
        name, n_qubits = case.split()
        assert [list(pair) for pair in ENTANGLEMENTS[name](int(n_qubits))] == pairs, case
