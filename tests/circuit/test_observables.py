from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbench.circuit import Expectation, Probabilities
from qbench.circuit.observables import parse_measure, parse_observable
from qbench.exceptions import CircuitError

Terms = dict[tuple[tuple[int, str], ...], float]


def parsed(text: str, n_qubits: int = 3) -> list[Terms]:
    observables = parse_observable(text, n_qubits)
    return [{t.factors: t.coefficient for t in o.terms} for o in observables]


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("Z0", {((0, "Z"),): 1}),
        ("Z[0]", {((0, "Z"),): 1}),
        ("Z0 Z1", {((0, "Z"), (1, "Z")): 1}),
        ("X2 * Y0", {((0, "Y"), (2, "X")): 1}),
        ("P0[2]", {((2, "P0"),): 1}),
        ("P1[ 0 ] Z1", {((0, "P1"), (1, "Z")): 1}),
        ("0.5*X0 + Z1", {((0, "X"),): 0.5, ((1, "Z"),): 1}),
        ("-Z0 - 2 * Z1", {((0, "Z"),): -1, ((1, "Z"),): -2}),
        ("+Z0 + Z0", {((0, "Z"),): 2}),
        ("1e-1*Z0+.5", {((0, "Z"),): 0.1, (): 0.5}),
        ("I0 Z1", {((1, "Z"),): 1}),
        ("sum(Z)", {((0, "Z"),): 1, ((1, "Z"),): 1, ((2, "Z"),): 1}),
        ("prod(Z)", {((0, "Z"), (1, "Z"), (2, "Z")): 1}),
        ("1 - prod( P0 )", {(): 1, ((0, "P0"), (1, "P0"), (2, "P0")): -1}),
        ("3*mean(X)", {((0, "X"),): 1, ((1, "X"),): 1, ((2, "X"),): 1}),
        ("mean(I)", {(): 1}),
    ],
)
def test_one_output(text, terms):
    (found,) = parsed(text)
    assert found == pytest.approx(terms)


@pytest.mark.parametrize("text", ["Z", "each(Z)"])
def test_a_bare_factor_stands_for_every_wire(text):
    assert parsed(text) == [{((w, "Z"),): 1} for w in range(3)]


def test_terms_beside_each_are_added_to_every_output():
    assert parsed("1 - 0.5*P0") == [{(): 1, ((w, "P0"),): -0.5} for w in range(3)]
    assert parsed("each(Z) + each(X)", 2) == [{((w, "Z"),): 1, ((w, "X"),): 1} for w in range(2)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "an observable is a text"),
        (None, "an observable is a text"),
        ("Q0", "not understood from 'Q0'"),
        ("Z3", "wire 3 is outside 0..2"),
        ("Z0 Z0", "two factors on wire 0"),
        ("P01", r"brackets: P0\[1\]"),
        ("P12 Z0", r"brackets: P1\[2\]"),
        ("P2", "not understood"),
        ("Z 0", "a number stands first"),
        ("Z0*2", "a number stands first"),
        ("2 Z0", r"write 2\*, then"),
        ("2*3*Z0", "a number stands first"),
        ("Z0 +", "a term is missing"),
        ("Z0 + - Z1", "a term is missing"),
        ("-", "a term is missing"),
        ("* Z0", r"missing beside \*"),
        ("Z0 *", r"missing beside \*"),
        ("Z0 ** Z1", r"missing beside \*"),
        ("Z0 @ Z1", "not understood from '@ Z1'"),
        ("Z Z0", "stands alone"),
        ("Z0 Z", "stands alone"),
        ("sum(Z) mean(Z)", "stands alone"),
        ("avg(Z)", "no 'avg'; known are each, sum, mean, prod"),
        ("meen(Z)", "did you mean 'mean'"),
        ("mean(Q)", "no 'Q'"),
        ("mean(Z0)", "no 'Z0'"),
        ("mean(Z Z)", "not understood"),
        ("Z0 - Z0", "is zero"),
        ("1e999*Z0", "not finite"),
        ("z0", "not understood"),
        ("Zx", "not understood"),
        ("1e", "not understood"),
        ("Z0.5", "not understood"),
    ],
)
def test_text_outside_the_grammar_is_refused(text, words):
    with pytest.raises(CircuitError, match=words):
        parse_observable(text, 3)


@given(st.text(alphabet="XYZIP01[]+-* .2(eachsumprodn)", max_size=25))
def test_any_text_is_an_observable_or_a_clear_error(text):
    try:
        observables = parse_observable(text, 3)
    except CircuitError:
        return
    assert all(isinstance(o, Expectation) for o in observables)


def test_measure_lists_outputs_in_order():
    readouts = parse_measure({"expval": ["Z", "X0", "1 - mean(P0)"]}, 2)
    assert len(readouts) == 4
    assert readouts[2] == parse_observable("X0", 2)[0]


def test_probabilities_of_all_or_some_wires():
    assert parse_measure({"probs": "all"}, 3) == (Probabilities((0, 1, 2)),)
    assert parse_measure({"probs": [2, 0]}, 3) == (Probabilities((2, 0)),)


@pytest.mark.parametrize(
    ("measure", "words"),
    [
        ({}, "measure is"),
        ("Z", "measure is"),
        ({"expval": "Z", "probs": "all"}, "measure is"),
        ({"expvals": "Z"}, "did you mean 'expval'"),
        ({"expval": []}, "an observable or a list"),
        ({"expval": 1}, "an observable or a list"),
        ({"expval": [1]}, "an observable is a text"),
        ({"probs": []}, "different wires"),
        ({"probs": [0, 0]}, "different wires"),
        ({"probs": [3]}, "different wires"),
        ({"probs": "some"}, "different wires"),
        ({"probs": 0}, "different wires"),
    ],
)
def test_other_measures_are_refused(measure, words):
    with pytest.raises(CircuitError, match=words):
        parse_measure(measure, 3)
