"""Read-outs from counts: bases that are measured together, and what an outcome contributes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit

from qbench.backend import Array
from qbench.circuit import Circuit, ObservableTerm, Probabilities

Counts = Mapping[str, int]
"""How often each outcome came, by its number in hexadecimal, as Aer gives it."""


class Basis:
    """One basis to measure in, and the Pauli strings and probabilities that are read there.

    Strings share a basis where they agree on every wire that both read (they commute qubit by
    qubit); one circuit with its own shots then serves them all.
    """

    def __init__(self) -> None:
        self._paulis: dict[int, str] = {}
        self._terms: list[tuple[int, ObservableTerm]] = []
        self._probabilities: list[tuple[int, tuple[int, ...]]] = []

    def takes(self, factors: Iterable[tuple[int, str]]) -> bool:
        """Whether these Pauli factors can be measured here too; they are from now on."""
        wanted = dict(factors)
        if any(self._paulis.get(wire, pauli) != pauli for wire, pauli in wanted.items()):
            return False
        self._paulis |= wanted
        return True

    def read_term(self, output: int, term: ObservableTerm) -> None:
        """Add a Pauli string with its coefficient to an output."""
        self._terms.append((output, term))

    def read_probabilities(self, first: int, wires: tuple[int, ...]) -> None:
        """Read the basis states of ``wires`` into the outputs from ``first`` on."""
        self._probabilities.append((first, wires))

    def append(self, circuit: QuantumCircuit) -> QuantumCircuit:
        """The circuit with its wires turned to this basis and measured in ascending order."""
        wires = sorted(self._paulis) or [0]  # constants read none, but counts are needed
        measured = QuantumCircuit(circuit.num_qubits, len(wires))
        measured.compose(circuit, inplace=True)
        for wire in wires:
            if self._paulis[wire] == "Y":
                measured.sdg(wire)
            if self._paulis[wire] in ("X", "Y"):
                measured.h(wire)
        measured.measure(wires, range(len(wires)))
        return measured

    def outputs(self, rows: Sequence[Counts], n_outputs: int) -> Array:
        """What the counts of each row contribute, shape (rows, n_outputs)."""
        outcomes = np.array([int(outcome, 16) for counts in rows for outcome in counts])
        times = np.array([count for counts in rows for count in counts.values()], dtype=float)
        row = np.repeat(np.arange(len(rows)), [len(counts) for counts in rows])
        shots = np.bincount(row, times)
        values = self._values(outcomes, n_outputs) * (times / shots[row])[:, None]
        result = np.zeros((len(rows), n_outputs))
        np.add.at(result, row, values)
        return result

    def _values(self, outcomes: NDArray[np.int64], n_outputs: int) -> Array:
        """What one shot with each outcome contributes, shape (outcomes, n_outputs)."""
        bits = {w: (outcomes >> k) & 1 for k, w in enumerate(sorted(self._paulis))}
        values = np.zeros((len(outcomes), n_outputs))
        for output, term in self._terms:
            parity = sum((bits[wire] for wire, _ in term.factors), np.zeros_like(outcomes))
            values[:, output] += term.coefficient * (1 - 2 * (parity & 1))
        for first, wires in self._probabilities:
            state = np.zeros_like(outcomes)
            for wire in wires:
                state = 2 * state + bits[wire]
            values[np.arange(len(outcomes)), first + state] += 1.0
        return values


def bases_of(circuit: Circuit) -> list[Basis]:
    """As few bases for all read-outs as a first fit gives; diagonal ones share the first."""
    bases = [Basis()]

    def basis(factors: Sequence[tuple[int, str]]) -> Basis:
        found = next((each for each in bases if each.takes(factors)), None)
        if found is None:
            bases.append(found := Basis())
            found.takes(factors)
        return found

    output, later = 0, []
    for readout in circuit.readouts:
        if isinstance(readout, Probabilities):
            basis([(w, "Z") for w in readout.wires]).read_probabilities(output, readout.wires)
            output += 2 ** len(readout.wires)
        else:
            later += [(output, term) for term in readout.pauli_terms()]
            output += 1
    later.sort(key=lambda each: any(pauli != "Z" for _, pauli in each[1].factors))
    for number, term in later:
        basis(term.factors).read_term(number, term)
    return bases
