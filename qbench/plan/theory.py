"""Gradient variances that are known without a measurement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import pi
from typing import Any

import numpy as np

from qbench.circuit import STATE_PREPARATION, Expectation, ObservableTerm, build_circuit
from qbench.circuit.build import BuiltCircuit
from qbench.exceptions import CircuitError
from qbench.plan.models import small_angle_std
from qbench.plan.paulis import mean_variance
from qbench.plan.product import (
    Wire,
    gradient_moment,
    has_product_form,
    term_factors,
    wire_of,
)
from qbench.plan.transfer import variables

MOST_PRODUCTS = 1_000_000
"""Largest number of products of terms that one moment of a sum may have."""

LAYERS_A_QUBIT = 10
"""Depth from which on random_pauli counts as a 2-design on either side of its middle third."""


@dataclass(frozen=True)
class ClosedForm:
    """What theory says of the gradient over random weights.

    Attributes
    ----------
    name : "product", "paulis" or "2-design"
    variance : of d cost / d weight, the mean over the components asked for
    kurtosis : fourth central moment over squared variance (3 for a normal); None
        where it is not known, where the variance is zero, and for several components
    limit : whether the circuit only tends to it
    """

    name: str
    variance: float
    kurtosis: float | None
    limit: bool


def closed_form(
    built: BuiltCircuit, init: Mapping[str, Any], components: Sequence[int]
) -> ClosedForm | None:
    """The variance of the gradient of a circuit's one output; None where no closed form is known.

    Exactly known are circuits whose cost factorises over the wires ("product") and, for
    angles uniform over full turns, circuits of Clifford gates and Pauli rotations of up to
    about ten qubits ("paulis"); the deep random circuits of McClean et al. 2018 tend to a
    limit beyond ("2-design").

    Parameters
    ----------
    init : ``{"name": "uniform", "range": [a, b]}``, ``{"name": "normal", "std": s}``,
        ``{"name": "small_angle", "std": s or None}`` or ``{"name": "zeros"}``
        Others have no closed form.
    components : indices of weights, at least one
    """
    readouts = built.circuit.readouts
    if len(readouts) != 1 or not isinstance(readouts[0], Expectation):
        return None
    if init["name"] == "small_angle":
        init = {"name": "normal", "std": init.get("std") or small_angle_std(built.one_axis)}
    terms = readouts[0].terms
    exact = _product(built, terms, init, components) or _paulis(built, init, components)
    return exact or two_design(built, init, components)


def _product(
    built: BuiltCircuit,
    terms: Sequence[ObservableTerm],
    init: Mapping[str, Any],
    components: Sequence[int],
) -> ClosedForm | None:
    wires = _wires(built, terms, init)
    if wires is None or len(terms) ** 2 > MOST_PRODUCTS:
        return None
    standing = {weight for wire in wires for group in wire.groups for weight in group.slopes}
    variances = [_variance(wires, terms, k) if k in standing else 0.0 for k in components]
    kurtosis = None
    if len(variances) == 1 and variances[0] > 0.0 and len(terms) ** 4 <= MOST_PRODUCTS:
        kurtosis = _fourth(wires, terms, components[0]) / variances[0] ** 2
    return ClosedForm("product", float(np.mean(variances)), kurtosis, limit=False)


def _wires(
    built: BuiltCircuit, terms: Sequence[ObservableTerm], init: Mapping[str, Any]
) -> list[Wire] | None:
    """Every wire with the gates on it alone; None unless the terms are products over wires."""
    circuit, slots = built.circuit, built.axis_inputs
    if circuit.n_inputs > 3 * len(slots) or init["name"] == "block_identity":
        return None
    if any(o.gate == STATE_PREPARATION for o in circuit.operations):
        return None
    if not all(has_product_form(circuit.operations, term) for term in terms):
        return None
    read = {wire for term in terms for wire, _ in term.factors}
    own = [
        [o for o in circuit.operations if o.wires == (w,)] if w in read else []
        for w in range(circuit.n_qubits)
    ]
    drawn = [variable for gates in own for variable in variables(gates, slots)]
    if len(drawn) > len(set(drawn)):
        return None
    wires = [wire_of(gates, slots, init) for gates in own]
    known = [wire for wire in wires if wire is not None]
    return known if len(known) == len(wires) else None


def _variance(wires: Sequence[Wire], terms: Sequence[ObservableTerm], weight: int) -> float:
    mean, square = (gradient_moment(wires, terms, order, weight) for order in (1, 2))
    variance = square - mean**2
    return variance if variance > 1e-13 * square else 0.0


def _fourth(wires: Sequence[Wire], terms: Sequence[ObservableTerm], weight: int) -> float:
    """Fourth central moment."""
    m1, m2, m3, m4 = (gradient_moment(wires, terms, order, weight) for order in (1, 2, 3, 4))
    return m4 - 4 * m1 * m3 + 6 * m1**2 * m2 - 3 * m1**4


def _paulis(
    built: BuiltCircuit, init: Mapping[str, Any], components: Sequence[int]
) -> ClosedForm | None:
    variance = mean_variance(built, components) if _is_full_period(init) else None
    return None if variance is None else ClosedForm("paulis", variance, None, limit=False)


def two_design(
    built: BuiltCircuit, init: Mapping[str, Any], components: Sequence[int]
) -> ClosedForm | None:
    """The limit of the deep random circuits of McClean et al. 2018; None for any other circuit.

    d^2 / (2 (d^2 - 1) (d + 1)) times tr(O^2) / d, with d = 2^n and O without its trace.

    For a weight w of exp(-i w P / 2) between two parts of the circuit that are
    2-designs: the gradient is <psi| A |psi> with A = i [P / 2, O']. Over the part
    before, E <A>^2 = tr(A^2) / (d (d + 1)); over the part behind,
    E tr(A^2) = tr(O^2) d^2 / (2 (d^2 - 1)); McClean et al. 2018 give the same limit.
    At 10 layers a qubit, weights of the middle layer and <Z0 Z1>, the exact variance is
    1.02 (n = 4), 1.06 (6) and 1.12 (8) times that on wire 0, and 0.85, 0.76, 0.69 times on
    the last; at 20 layers 1.00 and 0.98.
    """
    n, readouts = built.circuit.n_qubits, built.circuit.readouts
    if len(readouts) != 1 or not isinstance(readouts[0], Expectation):
        return None
    if not _is_full_period(init) or not _is_deep_random_pauli(built):
        return None
    n_layers = built.circuit.n_weights // n
    if any(min(k // n, n_layers - 1 - k // n) < n_layers / 3 for k in components):
        return None
    d = 2.0**n
    pauli = d**2 / (2 * (d**2 - 1) * (d + 1))
    return ClosedForm("2-design", _traceless_square(readouts[0].terms, n) * pauli, None, limit=True)


def _is_full_period(init: Mapping[str, Any]) -> bool:
    if init["name"] != "uniform":
        return False
    low, high = map(float, init["range"])
    periods = (high - low) / (2 * pi)
    return periods > 0.5 and abs(periods - round(periods)) < 1e-9


def _is_deep_random_pauli(built: BuiltCircuit) -> bool:
    """Whether it is random_pauli as in the paper, at 10 layers a qubit or more."""
    circuit, slots = built.circuit, built.axis_inputs
    n_layers = circuit.n_weights // circuit.n_qubits
    if len(slots) != circuit.n_weights or n_layers < LAYERS_A_QUBIT * circuit.n_qubits:
        return False
    try:
        paper = build_circuit(
            circuit.n_qubits, ansatz={"name": "random_pauli", "n_layers": n_layers}
        )
    except CircuitError:
        return False
    return paper.circuit.operations == circuit.operations and paper.axis_inputs == slots


def _traceless_square(terms: Sequence[ObservableTerm], n_qubits: int) -> float:
    """tr(O^2) / d of the observable without its trace; 1 for a Pauli string."""
    overlaps, traces = np.ones((len(terms), len(terms))), np.ones(len(terms))
    for wire in range(n_qubits):
        factors = term_factors(terms, wire)
        overlaps = overlaps * (factors @ factors.T)
        traces = traces * factors[:, 0]
    coefficients = np.array([term.coefficient for term in terms])
    return float(coefficients @ overlaps @ coefficients - (coefficients @ traces) ** 2)
