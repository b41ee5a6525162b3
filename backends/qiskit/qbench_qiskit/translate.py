"""Between qbench's circuits (wire 0 most significant) and Qiskit's (qubit 0 least)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from numpy.typing import NDArray
from qiskit import QuantumCircuit, transpile
from qiskit.quantum_info import SparsePauliOp

from qbench.circuit import Circuit, Expectation, Operation

APPEND: dict[str, Callable[..., Any]] = {
    "H": QuantumCircuit.h,
    "X": QuantumCircuit.x,
    "Y": QuantumCircuit.y,
    "Z": QuantumCircuit.z,
    "S": QuantumCircuit.s,
    "T": QuantumCircuit.t,
    "SX": QuantumCircuit.sx,
    "RX": QuantumCircuit.rx,
    "RY": QuantumCircuit.ry,
    "RZ": QuantumCircuit.rz,
    "PhaseShift": QuantumCircuit.p,
    "U3": QuantumCircuit.u,
    "CNOT": QuantumCircuit.cx,
    "CY": QuantumCircuit.cy,
    "CZ": QuantumCircuit.cz,
    "SWAP": QuantumCircuit.swap,
    "CRX": QuantumCircuit.crx,
    "CRY": QuantumCircuit.cry,
    "CRZ": QuantumCircuit.crz,
    "CPhase": QuantumCircuit.cp,
    "RXX": QuantumCircuit.rxx,
    "RYY": QuantumCircuit.ryy,
    "RZZ": QuantumCircuit.rzz,
    "Toffoli": QuantumCircuit.ccx,
}
"""qbench's gates as Qiskit's methods: angles first, then qubits, both in the same order."""

BASIS = [
    *("id", "h", "x", "y", "z", "s", "sdg", "t", "tdg", "sx", "sxdg", "rx", "ry", "rz", "p", "u"),
    *("cx", "cy", "cz", "swap", "rxx", "ryy", "rzz", "ccx"),
]
"""What Aer binds rightly: without cp, crx, cry, crz, which it runs as if their angle were 0
when it comes by a parameter bind (seen in Aer 0.16.4 to 0.18.2)."""


def append(circuit: QuantumCircuit, operation: Operation, values: Sequence[Any]) -> None:
    """Append a gate whose angles have these values: numbers or Qiskit parameters."""
    APPEND[operation.gate](circuit, *values, *operation.wires)


def lower(circuit: QuantumCircuit, basis: Sequence[str] = BASIS) -> QuantumCircuit:
    """The circuit transpiled to gates of the basis: by default those that Aer binds rightly."""
    return transpile(circuit, basis_gates=[*basis], optimization_level=1, seed_transpiler=0)


def variable_angles(circuit: Circuit) -> list[tuple[int, int]]:
    """(position among the gates, angle of that gate) of every angle that is no constant."""
    return [
        (position, k)
        for position, operation in enumerate(circuit.gates)
        for k, angle in enumerate(operation.angles)
        if not angle.is_constant
    ]


def to_qiskit(circuit: Circuit, values: Callable[[int, int], Any]) -> QuantumCircuit:
    """The gates (without state preparation); ``values(position, k)`` gives a variable angle."""
    result = QuantumCircuit(circuit.n_qubits)
    for position, operation in enumerate(circuit.gates):
        angles = [
            angle.constant if angle.is_constant else values(position, k)
            for k, angle in enumerate(operation.angles)
        ]
        if operation.gate == "U3" and not all(a.is_constant for a in operation.angles):
            _append_turns(result, operation, angles)
        else:
            append(result, operation, angles)
    return result


def _append_turns(circuit: QuantumCircuit, operation: Operation, values: Sequence[Any]) -> None:
    """U3 as the same product of p, ry and p: Aer binds parameters of ``u`` circuit by circuit."""
    theta, phi, lam = values
    for method, value in ((circuit.p, lam), (circuit.ry, theta), (circuit.p, phi)):
        if not (isinstance(value, float) and value == 0.0):
            method(value, *operation.wires)


def pauli_operator(readout: Expectation, n_qubits: int) -> SparsePauliOp:
    """An observable as Qiskit's sum of Pauli strings (it keeps qubit 0 rightmost itself)."""
    terms = []
    for term in readout.pauli_terms():
        wires, factors = [w for w, _ in term.factors], "".join(f for _, f in term.factors)
        terms.append((factors, wires, term.coefficient))
    return SparsePauliOp.from_sparse_list(terms or [("", [], 0.0)], num_qubits=n_qubits)


def reverse_bits(vectors: NDArray[Any], n_qubits: int) -> NDArray[Any]:
    """Vectors (batch, 2**n) in the other bit order."""
    batch = len(vectors)
    axes = (0, *range(n_qubits, 0, -1))
    return vectors.reshape(batch, *(2,) * n_qubits).transpose(axes).reshape(batch, -1)
