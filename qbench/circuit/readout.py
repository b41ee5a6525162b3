"""Read-outs: expectation values of observables, and basis-state probabilities."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qbench.circuit.angle import Json
from qbench.circuit.gates import PAULIS, Real
from qbench.exceptions import CircuitError

_DIAGONAL_FACTORS = frozenset({"Z", "P0", "P1"})


@dataclass(frozen=True)
class ObservableTerm:
    """``coefficient`` times one factor a wire: ((wire, "X" | "Y" | "Z" | "P0" | "P1"), ...).

    No factor means the identity. P0 = |0><0|, P1 = |1><1|.
    """

    coefficient: float
    factors: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class Expectation:
    """The expectation value of a weighted sum of products of one-wire factors."""

    terms: tuple[ObservableTerm, ...]

    @property
    def is_diagonal(self) -> bool:
        """Whether only I, Z, P0 and P1 occur: basis-state probabilities suffice."""
        return all(f in _DIAGONAL_FACTORS for term in self.terms for _, f in term.factors)

    def diagonal(self, n_qubits: int) -> Real:
        """The observable's diagonal, shape (2**n_qubits,); of a diagonal observable only."""
        if not self.is_diagonal:
            raise CircuitError("this observable has X or Y factors: it is not diagonal")
        total: Real = np.zeros(2**n_qubits)
        for term in self.terms:
            by_wire = dict(term.factors)
            signs = (np.diag(PAULIS[by_wire.get(w, "I")]).real for w in range(n_qubits))
            product: Real = np.ones(1)
            for sign in signs:
                product = np.multiply.outer(product, sign).ravel()
            total += term.coefficient * product
        return total

    def pauli_terms(self) -> tuple[ObservableTerm, ...]:
        """The same observable in X, Y, Z alone: P0 = (I + Z)/2, P1 = (I - Z)/2.

        A product of k projectors makes 2**k terms.
        """
        merged: dict[tuple[tuple[int, str], ...], float] = {}
        for term in self.terms:
            expanded = [(term.coefficient, ())]  # type: list[tuple[float, tuple[tuple[int, str], ...]]]
            for wire, factor in term.factors:
                if factor in ("P0", "P1"):
                    sign = 0.5 if factor == "P0" else -0.5
                    expanded = [
                        item
                        for c, f in expanded
                        for item in ((0.5 * c, f), (sign * c, (*f, (wire, "Z"))))
                    ]
                else:
                    expanded = [(c, (*f, (wire, factor))) for c, f in expanded]
            for c, f in expanded:
                merged[f] = merged.get(f, 0.0) + c
        return tuple(ObservableTerm(c, f) for f, c in merged.items() if c != 0.0)

    def to_json(self) -> Json:
        """``{"expval": [[coefficient, [[wire, factor], ...]], ...]}``."""
        return {"expval": [[t.coefficient, [list(f) for f in t.factors]] for t in self.terms]}


@dataclass(frozen=True)
class Probabilities:
    """Probabilities of the basis states of ``wires``; the first wire is most significant."""

    wires: tuple[int, ...]

    def to_json(self) -> Json:
        """``{"probs": [wire, ...]}``."""
        return {"probs": list(self.wires)}


Readout = Expectation | Probabilities


def readout_from_json(value: Json) -> Readout:
    """Inverse of ``to_json``; raises CircuitError for anything else."""
    try:
        if isinstance(value, Mapping) and set(value) == {"probs"}:
            return Probabilities(tuple(int(w) for w in value["probs"]))
        if isinstance(value, Mapping) and set(value) == {"expval"}:
            terms = [
                ObservableTerm(float(c), tuple((int(w), str(f)) for w, f in factors))
                for c, factors in value["expval"]
            ]
            return Expectation(tuple(terms))
    except (TypeError, ValueError) as error:
        raise CircuitError(f"not a read-out: {value!r} ({error})") from error
    raise CircuitError(f"a read-out is {{'expval': ...}} or {{'probs': ...}}, not {value!r}")


def count_outputs(readouts: Iterable[Readout]) -> int:
    """Numbers that all read-outs give for one row of inputs."""
    return sum(2 ** len(r.wires) if isinstance(r, Probabilities) else 1 for r in readouts)


def diagonal_matrix(readouts: tuple[Readout, ...], n_qubits: int) -> NDArray[np.float64] | None:
    """D with ``outputs = probabilities @ D``, shape (2**n_qubits, outputs).

    None if some observable has X or Y factors. The probabilities are those of
    all basis states, wire 0 most significant.
    """
    columns: list[NDArray[np.float64]] = []
    for readout in readouts:
        if isinstance(readout, Expectation):
            if not readout.is_diagonal:
                return None
            columns.append(readout.diagonal(n_qubits)[:, None])
        else:
            columns.append(_marginal(readout.wires, n_qubits))
    return np.concatenate(columns, axis=1)


def _marginal(wires: tuple[int, ...], n_qubits: int) -> NDArray[np.float64]:
    states = np.arange(2**n_qubits)
    target = np.zeros_like(states)
    for wire in wires:
        target = 2 * target + ((states >> (n_qubits - 1 - wire)) & 1)
    result = np.zeros((2**n_qubits, 2 ** len(wires)))
    result[states, target] = 1.0
    return result
