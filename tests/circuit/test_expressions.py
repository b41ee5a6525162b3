from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbench.circuit import Angle
from qbench.circuit.expressions import explicit_weights, parse_angle
from qbench.circuit.trainable import FreshWeights
from qbench.exceptions import CircuitError

X, W = Angle.input, Angle.weight


@pytest.mark.parametrize(
    ("text", "angle"),
    [
        (0.5, Angle(0.5)),
        (2, Angle(2.0)),
        ("1e-3", Angle(1e-3)),
        ("pi/2", Angle(math.pi / 2)),
        ("x0", X(0)),
        (" w12 ", W(12)),
        ("-x1", -X(1)),
        ("+x1", X(1)),
        ("2*(pi - x0)*(pi - x1)", 2.0 * ((math.pi - X(0)) * (math.pi - X(1)))),
        ("x0**2 + w0*x0/4", X(0) * X(0) + W(0) * X(0) * 0.25),
        ("x0**0", Angle(1.0)),
        ("x0 - x0", Angle(0.0)),
        ("2**3", Angle(8.0)),
    ],
)
def test_an_expression_becomes_its_polynomial(text, angle):
    assert parse_angle(text) == angle


def test_every_bare_w_is_a_fresh_weight():
    fresh = FreshWeights(3)
    assert parse_angle("w*x0 + w", fresh) == W(3) * X(0) + W(4)
    assert parse_angle("w", fresh) == W(5)
    assert fresh.next_index == 6


def test_explicit_weights_leave_out_the_bare_one():
    assert explicit_weights("w0*x7 + w12 - w") == {0, 12}
    assert explicit_weights(0.5) == set()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "does not parse"),
        ("x0 +", "does not parse"),
        ("x0)", "does not parse"),
        ("\x00", "does not parse"),
        ("(" * 400 + "1" + ")" * 400, "does not parse"),
        ("y0", "neither x0"),
        ("x", "neither x0"),
        ("x0.real", "only numbers"),
        ("x1000000", "neither x0"),
        ("sin(x0)", "only numbers"),
        ("__import__('os')", "only numbers"),
        ("[1]", "only numbers"),
        ("'1'", "only numbers"),
        ("1j", "only numbers"),
        ("True", "only numbers"),
        ("x0 if x1 else 1", "only numbers"),
        ("x0 % 2", "operators"),
        ("x0 // 2", "operators"),
        ("~1", "only numbers"),
        ("1/x0", "division by a constant"),
        ("1/0", "division by a constant"),
        ("x0**x1", "power"),
        ("x0**0.5", "power"),
        ("x0**-1", "power"),
        ("2**99999999", "power"),
        ("1e999", "not finite"),
        ("1e300*1e300", "not finite"),
        ("1" * 400, "too large"),
        ("((x0+x1+x2+x3+x4)**8)**8", "too many terms"),
        ("w", "not allowed here"),
        ("1+" * 600 + "1", "at most"),
        (None, "a number or an expression"),
        (True, "a number or an expression"),
        (float("nan"), "not finite"),
    ],
)
def test_anything_else_is_refused(text, words):
    with pytest.raises(CircuitError, match=words):
        parse_angle(text)


leaves = st.sampled_from(["x0", "x1", "w0", "w1", "pi", "0.5", "3"])
expressions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*"), inner).map("({0[0]}){0[1]}({0[2]})".format),
        inner.map("-({})".format),
        st.tuples(inner, st.integers(0, 2)).map("({0[0]})**{0[1]}".format),
    ),
    max_leaves=6,
)


@given(expressions)
def test_the_polynomial_has_the_value_that_python_gives(text):
    x, w = np.array([0.7, -1.1]), np.array([0.3, 1.9])
    names = {"x0": x[0], "x1": x[1], "w0": w[0], "w1": w[1], "pi": math.pi}
    expected = eval(text, {"__builtins__": {}}, names)
    assert math.isclose(parse_angle(text).evaluate(x, w), expected, rel_tol=1e-9, abs_tol=1e-9)


@given(st.text(alphabet="xw01+-*/(). pi**e", max_size=30))
def test_any_text_is_an_angle_or_a_clear_error(text):
    try:
        angle = parse_angle(text, FreshWeights())
    except CircuitError:
        return
    assert isinstance(angle, Angle)
