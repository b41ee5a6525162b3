"""Prints the states of Qiskit's own templates as JSON, for tests/circuit/test_templates.py.

Run by the Python of the qiskit environment. Feature i is 0.4 + 0.35 i, weight k
is sin(1 + k); a state is [[real parts], [imaginary parts]], wire 0 most
significant.
"""

from __future__ import annotations

import json
import math

from qiskit import QuantumCircuit
from qiskit.circuit.library import efficient_su2, n_local, real_amplitudes, zz_feature_map
from qiskit.quantum_info import Statevector

ENTANGLEMENTS = ("linear", "reverse_linear", "circular", "full", "pairwise")


def state(circuit: QuantumCircuit, values: list[float]) -> list[list[float]]:
    vector = Statevector(circuit.assign_parameters(values)).reverse_qargs().data
    return [vector.real.tolist(), vector.imag.tolist()]


def trained(circuit: QuantumCircuit) -> list[list[float]]:
    return state(circuit, [math.sin(1 + k) for k in range(circuit.num_parameters)])


def pairs(n_qubits: int, entanglement: str) -> list[list[int]]:
    circuit = n_local(n_qubits, "ry", "cx", entanglement, reps=1, skip_final_rotation_layer=True)
    return [
        [circuit.find_bit(qubit).index for qubit in instruction.qubits]
        for instruction in circuit.data
        if len(instruction.qubits) == 2
    ]


states, orders = {}, {}
for n in (2, 3, 4):
    features = [0.4 + 0.35 * i for i in range(n)]
    for entanglement in ENTANGLEMENTS:
        states[f"real_amplitudes {entanglement} {n}"] = trained(
            real_amplitudes(n, entanglement, reps=2)
        )
        states[f"efficient_su2 {entanglement} {n}"] = trained(
            efficient_su2(n, entanglement=entanglement, reps=2)
        )
        states[f"zz_feature_map {entanglement} {n}"] = state(
            zz_feature_map(n, reps=2, entanglement=entanglement), features
        )
    states[f"real_amplitudes default {n}"] = trained(real_amplitudes(n))
    states[f"efficient_su2 default {n}"] = trained(efficient_su2(n))
    states[f"zz_feature_map default {n}"] = state(zz_feature_map(n), features)
    states[f"real_amplitudes bare {n}"] = trained(
        real_amplitudes(n, reps=1, skip_final_rotation_layer=True)
    )
    states[f"n_local crx {n}"] = trained(n_local(n, ["rx", "ry"], "crx", "full", reps=2))
for n in (1, 2, 3, 4, 5, 6):
    for entanglement in ENTANGLEMENTS:
        orders[f"{entanglement} {n}"] = pairs(n, entanglement) if n > 1 else []
print(json.dumps({"states": states, "pairs": orders}))
