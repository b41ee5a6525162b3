"""Circuits that entangle nothing, computed wire by wire: their values are sums of products."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from qbench.backend import Array, NumpyProgram
from qbench.circuit import (
    Circuit,
    Expectation,
    ObservableTerm,
    Operation,
    Readout,
    ReferenceProgram,
)
from qbench.exceptions import CircuitError


@dataclass(frozen=True)
class _Wire:
    """One wire as a circuit of its own, and which column is which factor's value."""

    program: ReferenceProgram
    column: dict[str, int]


class ProductProgram(NumpyProgram):
    """A circuit without entangling gates.

    Its state is a product over the wires, so the expectation value of a product of one-wire
    factors is the product of theirs: time and memory grow with the number of wires and of
    terms, not as 2**n_qubits. A SWAP only renames wires.

    Raises
    ------
    CircuitError
        A gate on several wires that is no SWAP, or amplitudes on several wires.
    """

    def __init__(self, circuit: Circuit) -> None:
        self.circuit = circuit
        self._outputs = [terms for r in circuit.readouts for terms in _terms(r)]
        read = {factor for terms in self._outputs for term in terms for factor in term.factors}
        self._wires = {
            wire: _wire(circuit, operations, sorted(f for w, f in read if w == wire))
            for wire, operations in enumerate(_lines(circuit))
            if any(w == wire for w, _ in read)
        }

    def forward(self, inputs: Array, weights: Array) -> Array:
        """Outputs, shape (batch, outputs), for inputs (batch, features) and weights (weights,)."""
        x = np.asarray(inputs, dtype=float)
        values = {w: wire.program.forward(x, weights) for w, wire in self._wires.items()}
        return self._combined(values, len(x))

    def vjp(
        self,
        inputs: Array,
        weights: Array,
        cotangent: Array,
        wrt_inputs: bool = True,
        wrt_weights: bool = True,
    ) -> tuple[Array, Array, Array]:
        """Outputs and the vector-Jacobian products of ``sum(cotangent * outputs)``.

        Returns
        -------
        outputs (batch, outputs), input gradient (batch, features), weight gradient (weights,)
        """
        x, w = np.asarray(inputs, dtype=float), np.asarray(weights, dtype=float)
        values = {k: wire.program.forward(x, w) for k, wire in self._wires.items()}
        asked = self._pulled_back(values, np.asarray(cotangent, dtype=float))
        d_inputs, d_weights = np.zeros_like(x), np.zeros_like(w)
        for k, wire in self._wires.items():
            _, by_inputs, by_weights = wire.program.vjp(x, w, asked[k], wrt_inputs, wrt_weights)
            d_inputs += by_inputs
            d_weights += by_weights
        return self._combined(values, len(x)), d_inputs, d_weights

    def _combined(self, values: dict[int, Array], rows: int) -> Array:
        outputs = np.zeros((rows, len(self._outputs)))
        for column, terms in enumerate(self._outputs):
            for term in terms:
                outputs[:, column] += term.coefficient * self._product(term, values, rows)
        return outputs

    def _pulled_back(self, values: dict[int, Array], cotangent: Array) -> dict[int, Array]:
        """The cotangent of each wire's values: the product rule, term by term."""
        asked = {wire: np.zeros_like(value) for wire, value in values.items()}
        for column, terms in enumerate(self._outputs):
            for term in terms:
                for factor in term.factors:
                    others = replace(term, factors=tuple(f for f in term.factors if f != factor))
                    rest = term.coefficient * self._product(others, values, len(cotangent))
                    wire, name = factor
                    asked[wire][:, self._wires[wire].column[name]] += cotangent[:, column] * rest
        return asked

    def _product(self, term: ObservableTerm, values: dict[int, Array], rows: int) -> Array:
        result: Array = np.ones(rows)
        for wire, name in term.factors:
            result = result * values[wire][:, self._wires[wire].column[name]]
        return result


def _wire(circuit: Circuit, operations: list[Operation], factors: list[str]) -> _Wire:
    readouts = tuple(Expectation((ObservableTerm(1.0, ((0, f),)),)) for f in factors)
    alone = Circuit(1, tuple(operations), readouts, circuit.n_inputs, circuit.n_weights)
    return _Wire(ReferenceProgram(alone), {f: column for column, f in enumerate(factors)})


def _lines(circuit: Circuit) -> list[list[Operation]]:
    """The operations of each wire, in order, as on wire 0."""
    lines: list[list[Operation]] = [[] for _ in range(circuit.n_qubits)]
    for operation in circuit.operations:
        if operation.gate == "SWAP":
            a, b = operation.wires
            lines[a], lines[b] = lines[b], lines[a]
        elif len(operation.wires) == 1:
            lines[operation.wires[0]].append(replace(operation, wires=(0,)))
        else:
            where = f"{operation.gate} on {list(operation.wires)}"
            raise CircuitError(f"{where} entangles wires: to run it takes a backend")
    return lines


def _terms(readout: Readout) -> Iterator[tuple[ObservableTerm, ...]]:
    """The terms of each of a read-out's values."""
    if isinstance(readout, Expectation):
        yield readout.terms
        return
    for bits in product((0, 1), repeat=len(readout.wires)):
        factors = tuple((w, f"P{bit}") for w, bit in zip(readout.wires, bits, strict=True))
        yield (ObservableTerm(1.0, factors),)
