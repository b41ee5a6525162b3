"""Angles: real polynomials of input features and weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qbench.exceptions import CircuitError

Json = Any
"""What the json module reads and writes."""


@dataclass(frozen=True, order=True)
class Term:
    """One monomial: ``coefficient * prod(x[i] for i in inputs) * prod(w[k] for k in weights)``.

    An index that stands twice is a square.
    """

    inputs: tuple[int, ...]
    weights: tuple[int, ...]
    coefficient: float


@dataclass(frozen=True)
class Angle:
    """A polynomial ``constant + sum(terms)``, in radians.

    Immutable and in canonical form (terms sorted, equal monomials merged, zero
    ones dropped), so equal angles compare and serialise equal.
    """

    constant: float = 0.0
    terms: tuple[Term, ...] = ()

    @staticmethod
    def input(index: int) -> Angle:
        """Input feature ``x[index]``."""
        return Angle(0.0, (Term((index,), (), 1.0),))

    @staticmethod
    def weight(index: int) -> Angle:
        """Weight ``w[index]``."""
        return Angle(0.0, (Term((), (index,), 1.0),))

    @property
    def input_indices(self) -> frozenset[int]:
        """Features that this angle reads."""
        return frozenset(i for term in self.terms for i in term.inputs)

    @property
    def weight_indices(self) -> frozenset[int]:
        """Weights that this angle reads."""
        return frozenset(k for term in self.terms for k in term.weights)

    @property
    def is_constant(self) -> bool:
        """Whether the angle reads neither features nor weights."""
        return not self.terms

    def evaluate(self, inputs: Any, weights: Any) -> Any:
        """The angle's value, by indexing, ``+`` and ``*`` alone.

        Works on arrays and tensors of any library, and on symbolic parameters.

        Parameters
        ----------
        inputs : array, shape (..., features)
        weights : array, shape (weights,)

        Returns
        -------
        A Python float (constant), a scalar (weights only) or shape (...,).
        """
        total: Any = None
        for term in self.terms:
            product: Any = None
            for i in term.inputs:
                product = inputs[..., i] if product is None else product * inputs[..., i]
            for k in term.weights:
                product = weights[k] if product is None else product * weights[k]
            if term.coefficient != 1.0:
                product = product * term.coefficient
            total = product if total is None else total + product
        if total is None:
            return self.constant
        return total + self.constant if self.constant != 0.0 else total

    def partials(self) -> Iterator[tuple[str, int, Angle]]:
        """The non-zero partial derivatives: ("input" | "weight", index, polynomial)."""
        for i in sorted(self.input_indices):
            yield "input", i, self._derivative("inputs", i)
        for k in sorted(self.weight_indices):
            yield "weight", k, self._derivative("weights", k)

    def _derivative(self, kind: str, index: int) -> Angle:
        result = Angle()
        for term in self.terms:
            factors = list(getattr(term, kind))
            power = factors.count(index)
            if not power:
                continue
            factors.remove(index)
            inputs = tuple(factors) if kind == "inputs" else term.inputs
            weights = tuple(factors) if kind == "weights" else term.weights
            coefficient = term.coefficient * power
            if inputs or weights:
                result += Angle(0.0, (Term(inputs, weights, coefficient),))
            else:
                result += coefficient
        return result

    def weights_as_inputs(self, n_inputs: int) -> Angle:
        """The same polynomial with weight k read as feature ``n_inputs + k``."""
        return _canonical(
            self.constant,
            [
                Term((*t.inputs, *(n_inputs + k for k in t.weights)), (), t.coefficient)
                for t in self.terms
            ],
        )

    def shifted(self, inputs: int, weights: int) -> Angle:
        """The same polynomial with every index moved up by ``inputs`` and ``weights``."""
        return _canonical(
            self.constant,
            [
                Term(
                    tuple(i + inputs for i in t.inputs),
                    tuple(k + weights for k in t.weights),
                    t.coefficient,
                )
                for t in self.terms
            ],
        )

    def __add__(self, other: Angle | float) -> Angle:
        other = as_angle(other)
        return _canonical(self.constant + other.constant, [*self.terms, *other.terms])

    __radd__ = __add__

    def __neg__(self) -> Angle:
        return self * -1.0

    def __sub__(self, other: Angle | float) -> Angle:
        return self + (as_angle(other) * -1.0)

    def __rsub__(self, other: float) -> Angle:
        return as_angle(other) - self

    def __mul__(self, other: Angle | float) -> Angle:
        other = as_angle(other)
        left = (Term((), (), self.constant), *self.terms)
        right = (Term((), (), other.constant), *other.terms)
        products = [
            Term(a.inputs + b.inputs, a.weights + b.weights, a.coefficient * b.coefficient)
            for a in left
            for b in right
        ]
        constant = products[0].coefficient
        return _canonical(constant, products[1:])

    __rmul__ = __mul__

    def to_json(self) -> Json:
        """A number, or ``{"constant": c, "terms": [[coefficient, inputs, weights], ...]}``."""
        if self.is_constant:
            return self.constant
        terms = [[t.coefficient, list(t.inputs), list(t.weights)] for t in self.terms]
        return {"constant": self.constant, "terms": terms}

    @staticmethod
    def from_json(value: Json) -> Angle:
        """Inverse of :meth:`to_json`; raises CircuitError for anything else."""
        if isinstance(value, int | float) and not isinstance(value, bool):
            return Angle(float(value))
        if not isinstance(value, Mapping):
            raise CircuitError(f"an angle is a number or a mapping, not {value!r}")
        try:
            terms = [
                Term(tuple(map(_index, i)), tuple(map(_index, w)), float(c))
                for c, i, w in value["terms"]
            ]
            return _canonical(float(value["constant"]), terms)
        except (KeyError, TypeError, ValueError) as error:
            raise CircuitError(f"not an angle: {value!r} ({error})") from error


def as_angle(value: Angle | float) -> Angle:
    """A number as a constant angle; an angle as itself."""
    return value if isinstance(value, Angle) else Angle(float(value))


def _index(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"an index is a whole number from 0, not {value!r}")
    return value


def _canonical(constant: float, terms: Sequence[Term]) -> Angle:
    merged: dict[tuple[tuple[int, ...], tuple[int, ...]], float] = {}
    for term in terms:
        if not term.inputs and not term.weights:
            constant += term.coefficient
            continue
        key = (tuple(sorted(term.inputs)), tuple(sorted(term.weights)))
        merged[key] = merged.get(key, 0.0) + term.coefficient
    kept = [Term(inputs, weights, c) for (inputs, weights), c in merged.items() if c != 0.0]
    return Angle(constant + 0.0, tuple(sorted(kept)))
