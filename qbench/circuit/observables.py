"""Observables as text: what a suite's ``measure`` means.

Grammar::

    OBS    = ["-"] TERM { ("+" | "-") TERM }
    TERM   = NUMBER | [NUMBER "*"] FACTOR { ["*"] FACTOR } | [NUMBER "*"] OVER
    FACTOR = X0, Y[1], Z2, P0[3], ...      an operator on a wire
    OVER   = each(F) | sum(F) | mean(F) | prod(F) | F      over all wires
    F      = I | X | Y | Z | P0 | P1       P0 = |0><0|, P1 = |1><1|

The wire of I, X, Y and Z stands behind the letter, with or without brackets:
``Z0`` is ``Z[0]``. The wire of a projector always takes brackets, since its name
ends in a digit: ``P0[2]`` is |0><0| on wire 2, and ``P0`` alone is ``each(P0)``.
``each(F)``, or a bare F, makes one output for every wire: ``1 - P0`` on three
wires is three outputs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any, NamedTuple

from qbench.circuit.options import choose
from qbench.circuit.readout import Expectation, ObservableTerm, Probabilities, Readout
from qbench.exceptions import CircuitError

Factors = tuple[tuple[int, str], ...]

_TOKEN = re.compile(
    r"\s*(?:"
    r"(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)(?![A-Za-z0-9_.])"
    r"|(?P<over>[a-z]+)\(\s*(?P<inside>[A-Z][01]?)\s*\)"
    r"|(?P<factor>[IXYZ])(?P<wire>[0-9]{1,5})(?![A-Za-z0-9_.\[])"
    r"|(?P<bracketed>[IXYZ]|P0|P1)\[\s*(?P<bracket>[0-9]{1,5})\s*\]"
    r"|(?P<bare>[IXYZ]|P0|P1)(?![A-Za-z0-9_\[(])"
    r"|(?P<sign>[-+])"
    r"|(?P<times>\*)"
    r")"
)
_PROJECTOR_WITHOUT_BRACKETS = re.compile(r"\s*(P[01])([0-9]+)")
_OVER = ("each", "sum", "mean", "prod")


class _Token(NamedTuple):
    kind: str
    text: str = ""
    value: float = 0.0


def parse_observable(text: str, n_qubits: int) -> tuple[Expectation, ...]:
    """The expectation values that a text means: one, or with each(F) one a wire.

    Raises
    ------
    CircuitError
        A text outside the grammar (see the module), a wire that is not there,
        or an observable that is zero.
    """
    if not isinstance(text, str) or not text.strip():
        raise CircuitError(f"an observable is a text such as 'Z0 Z1', not {text!r}")
    tokens = _tokens(text)
    terms = [_Term(text, n_qubits, sign, part) for sign, part in _split(text, tokens)]
    wires = range(n_qubits) if any(t.over == "each" for t in terms) else range(1)
    return tuple(_expectation(text, [t for term in terms for t in term.at(w)]) for w in wires)


def parse_measure(measure: Mapping[str, Any], n_qubits: int) -> tuple[Readout, ...]:
    """The read-outs of ``{"expval": OBS | [OBS]}`` or ``{"probs": "all" | [wires]}``.

    Raises
    ------
    CircuitError
        Another form, or what :func:`parse_observable` refuses.
    """
    if not isinstance(measure, Mapping) or len(measure) != 1:
        raise CircuitError(
            f"measure is {{expval: OBSERVABLE}} or {{probs: all | [wires]}}, not {measure!r}"
        )
    ((kind, value),) = measure.items()
    if choose("measure", kind, ("expval", "probs")) == "probs":
        return (Probabilities(_probability_wires(value, n_qubits)),)
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, Sequence) or not texts:
        raise CircuitError(f"expval is an observable or a list of them, not {value!r}")
    return tuple(readout for text in texts for readout in parse_observable(text, n_qubits))


def _probability_wires(value: Any, n_qubits: int) -> tuple[int, ...]:
    if value == "all":
        return tuple(range(n_qubits))
    is_list = isinstance(value, Sequence) and not isinstance(value, str) and len(value) > 0
    if is_list and all(type(w) is int and 0 <= w < n_qubits for w in value):
        wires = tuple(value)
        if len(set(wires)) == len(wires):
            return wires
    raise CircuitError(
        f"probs is all or a list of different wires from 0 to {n_qubits - 1}, not {value!r}"
    )


def _tokens(text: str) -> list[_Token]:
    tokens, position, end = [], 0, len(text.rstrip())
    while position < end:
        found = _TOKEN.match(text, position)
        if found is None:
            raise CircuitError(f"observable {text!r}: {_complaint(text, position)}")
        tokens.append(_token(text, found))
        position = found.end()
    return tokens


def _token(text: str, found: re.Match[str]) -> _Token:
    if found["number"]:
        return _Token("number", found["number"], float(found["number"]))
    if found["over"]:
        over = choose(f"observable {text!r}", found["over"], _OVER)
        inside = choose(f"observable {text!r}", found["inside"], ("I", "X", "Y", "Z", "P0", "P1"))
        return _Token(over, inside)
    if found["factor"]:
        return _Token("factor", found["factor"], int(found["wire"]))
    if found["bracketed"]:
        return _Token("factor", found["bracketed"], int(found["bracket"]))
    if found["bare"]:
        return _Token("each", found["bare"])
    return _Token("sign" if found["sign"] else "times", found["sign"] or "*")


def _complaint(text: str, position: int) -> str:
    projector = _PROJECTOR_WITHOUT_BRACKETS.match(text, position)
    if projector:
        return f"a projector's wire takes brackets: {projector[1]}[{projector[2]}]"
    return f"not understood from {text[position:].strip()!r} on; such as 'Z0 Z1' or '1 - mean(P0)'"


def _split(text: str, tokens: Sequence[_Token]) -> list[tuple[float, list[_Token]]]:
    parts: list[tuple[float, list[_Token]]] = [(1.0, [])]
    for position, token in enumerate(tokens):
        if token.kind != "sign":
            parts[-1][1].append(token)
        elif position == 0:
            parts[0] = (-1.0 if token.text == "-" else 1.0, [])
        else:
            parts.append((-1.0 if token.text == "-" else 1.0, []))
    if any(not part for _, part in parts):
        raise CircuitError(f"observable {text!r}: a term is missing beside a sign")
    return parts


class _Term:
    """One signed term: a coefficient and either factors or one F over all wires."""

    def __init__(self, text: str, n_qubits: int, sign: float, tokens: list[_Token]) -> None:
        self.text, self.n_qubits = text, n_qubits
        self.coefficient, self.over, self.inside = sign, "", ""
        self.factors: Factors = ()
        for token in self._factor_tokens(tokens):
            if token.kind == "number":
                self.coefficient *= token.value
            elif token.kind == "factor":
                self._multiply(token)
            elif self.over or self.factors:
                raise self._error(f"{token.kind}({token.text}) stands alone in its term")
            else:
                self.over, self.inside = token.kind, token.text

    def at(self, wire: int) -> list[ObservableTerm]:
        """The term's sum of products; ``wire`` is the one that each(F) stands for."""
        c, every = self.coefficient, range(self.n_qubits)
        match self.over:
            case "each":
                return [self._product(c, [wire])]
            case "prod":
                return [self._product(c, every)]
            case "sum":
                return [self._product(c, [w]) for w in every]
            case "mean":
                return [self._product(c / self.n_qubits, [w]) for w in every]
        return [ObservableTerm(c, tuple(sorted(self.factors)))]

    def _product(self, coefficient: float, wires: Sequence[int]) -> ObservableTerm:
        factors = () if self.inside == "I" else tuple((w, self.inside) for w in wires)
        return ObservableTerm(coefficient, factors)

    def _factor_tokens(self, tokens: list[_Token]) -> list[_Token]:
        """The tokens without ``*``, which must stand between two and behind a number."""
        kept = []
        for position, token in enumerate(tokens):
            before = tokens[position - 1].kind if position else "times"
            last = position == len(tokens) - 1
            if token.kind == "times" and (before == "times" or last):
                raise self._error("a factor is missing beside *")
            if token.kind == "number" and position:
                raise self._error("a number stands first in its term")
            if before == "number" and token.kind != "times":
                raise self._error(f"write {tokens[position - 1].text}*, then the factors")
            if token.kind != "times":
                kept.append(token)
        return kept

    def _multiply(self, token: _Token) -> None:
        wire = int(token.value)
        if self.over:
            raise self._error(f"{self.over}({self.inside}) stands alone in its term")
        if wire >= self.n_qubits:
            raise self._error(f"wire {wire} is outside 0..{self.n_qubits - 1}")
        if any(w == wire for w, _ in self.factors):
            raise self._error(f"two factors on wire {wire} in one term")
        if token.text != "I":
            self.factors = (*self.factors, (wire, token.text))

    def _error(self, reason: str) -> CircuitError:
        return CircuitError(f"observable {self.text!r}: {reason}")


def _expectation(text: str, terms: Sequence[ObservableTerm]) -> Expectation:
    merged: dict[Factors, float] = {}
    for term in terms:
        merged[term.factors] = merged.get(term.factors, 0.0) + term.coefficient
    kept = tuple(ObservableTerm(c, factors) for factors, c in merged.items() if c != 0.0)
    if not kept:
        raise CircuitError(f"observable {text!r} is zero")
    if not all(isfinite(term.coefficient) for term in kept):
        raise CircuitError(f"observable {text!r}: a number is not finite")
    return Expectation(kept)
