"""The neutral circuit: gates, angles, read-outs, templates and the NumPy reference.

Standard library and NumPy only: this package also runs inside every backend's
environment.
"""

from __future__ import annotations

from qbench.circuit.angle import Angle, Term
from qbench.circuit.ansatze import ANSATZE
from qbench.circuit.build import BuiltCircuit, build_circuit
from qbench.circuit.circuit import Circuit, Operation
from qbench.circuit.encodings import ENCODINGS, encoding_inputs
from qbench.circuit.entanglement import ENTANGLEMENTS
from qbench.circuit.gates import GATES, STATE_PREPARATION, Gate
from qbench.circuit.optimise import optimised
from qbench.circuit.readout import (
    Expectation,
    ObservableTerm,
    Probabilities,
    Readout,
    diagonal_matrix,
)
from qbench.circuit.reference import ReferenceProgram


def expval(factors: str, *wires: int) -> Expectation:
    """One Pauli string: ``expval("ZZ", 0, 1)`` is <Z0 Z1>."""
    return Expectation((ObservableTerm(1.0, tuple(zip(wires, factors, strict=True))),))


__all__ = [
    "ANSATZE",
    "ENCODINGS",
    "ENTANGLEMENTS",
    "GATES",
    "STATE_PREPARATION",
    "Angle",
    "BuiltCircuit",
    "Circuit",
    "Expectation",
    "Gate",
    "ObservableTerm",
    "Operation",
    "Probabilities",
    "Readout",
    "ReferenceProgram",
    "Term",
    "build_circuit",
    "diagonal_matrix",
    "encoding_inputs",
    "expval",
    "optimised",
]
