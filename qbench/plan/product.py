"""Exact moments of a gradient whose cost is a product over the wires, or a sum of such products.

Where no gate on several wires has an effect, a term's expectation value is the
product of one function a wire, and so are its moments over independent weights.
Each wire is a Bloch vector r = (1, x, y, z), a gate a 4 x 4 matrix on it, and the
m-th moment the vector E[r x ... x r] with m factors, carried from gate to gate:
each weight is integrated out where its gate stands, by a quadrature that is exact
to rounding.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from math import ceil, pi
from typing import Any

import numpy as np
from numpy.polynomial.legendre import leggauss

from qbench.circuit import GATES, ObservableTerm, Operation
from qbench.circuit.gates import PAULIS
from qbench.plan.transfer import (
    Real,
    Slots,
    pauli_basis,
    transfer_matrix,
    transfer_slope,
    variables,
)

MOST_NODES = 20_000
"""Largest grid of a group of gates that share weights."""

MOST_LEGENDRE_NODES = 1000
"""They are the eigenvalues of a matrix of that size."""

ROUNDING = 1e-14
"""What a wire contributes to a gradient counts as zero below it."""

_POWER = 4
"""Highest moment that the nodes must integrate."""

_BASIS = pauli_basis(1)


def quadrature(init: Mapping[str, Any], bandwidth: float) -> tuple[Real, Real] | None:
    """Nodes and their shares for the mean over one weight; None for a rule that is not offered.

    Exact to rounding for trigonometric polynomials whose largest frequency is
    ``bandwidth``: Gauss-Legendre for uniform, the trapezoidal rule on the line
    for normal (its error falls as exp(-(2 pi / step - bandwidth)^2 std^2 / 2)).
    """
    if init["name"] == "zeros":
        return np.zeros(1), np.ones(1)
    if init["name"] == "normal":
        std = float(init["std"])
        if std == 0.0:
            return np.zeros(1), np.ones(1)
        step = 2 * pi / (bandwidth + 9 / std)
        reach = ceil(9 * std / step)
        nodes: Real = step * np.arange(-reach, reach + 1, dtype=np.float64)
        density = np.exp(-0.5 * (nodes / std) ** 2)
        shares: Real = density / density.sum()
        return nodes, shares
    if init["name"] == "uniform":
        low, high = map(float, init["range"])
        waves = bandwidth * (high - low) / 2
        count = ceil(waves / 2 + 3 * waves ** (1 / 3)) + 12
        if count > MOST_LEGENDRE_NODES:
            return None
        roots, doubled = leggauss(count)
        nodes = low + (high - low) * (roots + 1) / 2
        return nodes, doubled / 2
    return None


def has_product_form(operations: Sequence[Operation], term: ObservableTerm) -> bool:
    """Whether no gate on several wires has an effect on a term.

    None has that lies outside the term's light cone, or that is diagonal and
    meets nothing but diagonal gates and factors on its way to the observable.
    """
    diagonal = {wire: factor in ("Z", "P0", "P1") for wire, factor in term.factors}
    for operation in reversed(operations):
        met = [wire for wire in operation.wires if wire in diagonal]
        if not met or (GATES[operation.gate].diagonal and all(diagonal[w] for w in met)):
            continue
        if len(operation.wires) > 1:
            return False
        diagonal[met[0]] = False
    return True


@dataclass(frozen=True)
class Group:
    """Gates of one wire that share weights or random axes with no other gate.

    Attributes
    ----------
    chances : shape (nodes,)
    matrices : shape (nodes, 4, 4)
        What the gates do to the Bloch vector at each node.
    slopes : by weight, shape (nodes, 4, 4)
        The derivatives of ``matrices``.
    """

    chances: Real
    matrices: Real
    slopes: dict[int, Real]

    def carry(self, moment: Real, weight: int | None) -> Real:
        """A moment from before these gates to behind them, differentiated by a weight."""
        order = moment.ndim
        matrices = self.matrices if weight is None else self.slopes.get(weight, self.matrices)
        carried = moment.reshape(1, 4, -1)
        for _ in range(order):
            carried = np.swapaxes(matrices @ carried, 1, 2).reshape(len(matrices), 4, -1)
        mean: Real = np.tensordot(self.chances, carried, axes=1).reshape((4,) * order)
        return mean


@dataclass
class Wire:
    """The gates of a wire, from |0>."""

    groups: list[Group]
    _moments: dict[tuple[int, int | None], Real] = field(default_factory=dict)

    def moment(self, order: int, weight: int) -> Real:
        """E[r x ... x r], or of d r / d weight if the weight stands here; shape (4,) * order."""
        mine = weight if any(weight in group.slopes for group in self.groups) else None
        key = order, mine
        if key not in self._moments:
            vector = moment = np.array([1.0, 0.0, 0.0, 1.0])
            for _ in range(order - 1):
                moment = np.multiply.outer(moment, vector)
            for group in self.groups:
                moment = group.carry(moment, mine)
            self._moments[key] = moment
        return self._moments[key]


def wire_of(gates: Sequence[Operation], slots: Slots, init: Mapping[str, Any]) -> Wire | None:
    """A wire with its gates; None where a weight's distribution or an angle is not offered."""
    groups = []
    for sharing in _sharing(gates, slots):
        group = _group(sharing, slots, init)
        if group is None:
            return None
        groups.append(group)
    return Wire(groups)


def gradient_moment(
    wires: Sequence[Wire], terms: Sequence[ObservableTerm], order: int, weight: int
) -> float:
    """E[(d cost / d weight)^order] of the terms' sum; the weight stands on one of the wires."""
    total: Real = np.ones((len(terms),) * order)
    for number, wire in enumerate(wires):
        factors = term_factors(terms, number)
        values = wire.moment(order, weight)
        for _ in range(order):
            values = np.moveaxis(np.tensordot(factors, values, axes=(1, 0)), 0, -1)
        total = total * np.where(np.abs(values) > ROUNDING**order, values, 0.0)
    coefficients = np.array([term.coefficient for term in terms])
    for _ in range(order):
        total = np.tensordot(coefficients, total, axes=1)
    return float(total)


def term_factors(terms: Sequence[ObservableTerm], wire: int) -> Real:
    """What each term reads off a wire's Bloch vector, shape (terms, 4)."""
    factors = [PAULIS[dict(term.factors).get(wire, "I")] for term in terms]
    read: Real = 0.5 * np.einsum("tab,iba->ti", factors, _BASIS).real
    return read


def _sharing(gates: Sequence[Operation], slots: Slots) -> Iterator[list[Operation]]:
    """Runs of gates as short as possible, no two of which share a weight or an axis."""
    drawn = [variables([gate], slots) for gate in gates]
    last = {variable: i for i, names in enumerate(drawn) for variable in names}
    run: list[Operation] = []
    end = 0
    for i, gate in enumerate(gates):
        run.append(gate)
        end = max([end, i, *(last[variable] for variable in drawn[i])])
        if i == end:
            yield run
            run = []


def _group(gates: Sequence[Operation], slots: Slots, init: Mapping[str, Any]) -> Group | None:
    drawn = variables(gates, slots)
    weights = sorted(k for kind, k in drawn if kind == "weight")
    axes = sorted(k for kind, k in drawn if kind == "axis")
    rules = [quadrature(init, _bandwidth(gates, weight)) for weight in weights]
    known = [rule for rule in rules if rule is not None]
    terms = [term for gate in gates for angle in gate.angles for term in angle.terms]
    if len(known) < len(rules) or any(len(term.weights) > 1 for term in terms):
        return None
    size = 3 ** len(axes) * int(np.prod([len(nodes) for nodes, _ in known]))
    if size > MOST_NODES:
        return None
    choices = [[(node, chance) for node, chance in zip(*rule, strict=True)] for rule in known]
    choices += [[(axis, 1 / 3) for axis in range(3)] for _ in axes]
    grid = np.array(list(product(*choices)), dtype=float).reshape(size, len(choices), 2)
    values = {weight: grid[:, column, 0] for column, weight in enumerate(weights)}
    features = np.zeros((size, 1 + max((i for slot in slots for i in slot), default=0)))
    for column, axis in enumerate(axes, len(weights)):
        chosen = np.array(slots[axis])[grid[:, column, 0].astype(int)]
        features[np.arange(size), chosen] = 1.0
    return Group(np.prod(grid[:, :, 1], axis=1), *_bloch(gates, features, values))


def _bandwidth(gates: Sequence[Operation], weight: int) -> float:
    """Largest frequency in a weight of the highest moment."""
    terms = [term for gate in gates for angle in gate.angles for term in angle.terms]
    return _POWER * sum(abs(term.coefficient) for term in terms if weight in term.weights)


def _bloch(
    gates: Sequence[Operation], features: Real, weights: Mapping[int, Real]
) -> tuple[Real, dict[int, Real]]:
    """What gates do to the Bloch vector, shape (nodes, 4, 4), and its derivatives by weight."""
    whole = np.broadcast_to(np.eye(4), (len(features), 4, 4))
    slopes = {weight: np.zeros_like(whole) for weight in weights}
    for operation in gates:
        gate = GATES[operation.gate]
        angles = [np.asarray(a.evaluate(features, weights)) for a in operation.angles]
        matrix = np.broadcast_to(transfer_matrix(gate.matrix(*angles)), whole.shape)
        whole, slopes = matrix @ whole, {k: matrix @ slope for k, slope in slopes.items()}
        for angle, generator in zip(operation.angles, gate.generators(*angles), strict=True):
            flow = transfer_slope(generator)
            for kind, k, partial in angle.partials():
                if kind == "weight":
                    local = np.asarray(partial.evaluate(features, weights))
                    slopes[k] = slopes[k] + local[..., None, None] * (flow @ whole)
    return whole, slopes
