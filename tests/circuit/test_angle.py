from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbench.circuit import Angle, Term
from qbench.exceptions import CircuitError

numbers = st.floats(-4, 4, allow_nan=False).map(lambda v: round(v, 3) + 0.0)
indices = st.lists(st.integers(0, 2), max_size=2).map(tuple)
terms = st.builds(
    lambda i, w, c: Angle.from_json({"constant": 0, "terms": [[c, i, w]]}),
    indices.map(list),
    indices.map(list),
    numbers,
)
angles = st.lists(terms, max_size=3).flatmap(
    lambda found: numbers.map(lambda c: sum(found, Angle(c)))
)
points = st.lists(numbers, min_size=3, max_size=3).map(np.array)


def close(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)


@given(angles, angles, points, points)
def test_sums_and_products_of_angles_are_those_of_their_values(a, b, x, w):
    left, right = a.evaluate(x, w), b.evaluate(x, w)
    assert close((a + b).evaluate(x, w), left + right)
    assert close((a - b).evaluate(x, w), left - right)
    assert close((a * b).evaluate(x, w), left * right)
    assert close((1.5 - a * 2.0).evaluate(x, w), 1.5 - 2.0 * left)


@given(angles, angles, angles)
def test_equal_polynomials_are_equal_objects(a, b, c):
    assert a + b == b + a
    assert a * b == b * a
    assert hash(a + b) == hash(b + a)
    assert a - a == Angle()


@given(angles)
def test_json_gives_the_angle_back(angle):
    assert Angle.from_json(json.loads(json.dumps(angle.to_json()))) == angle


@given(angles, points, points)
def test_partials_are_the_slopes(angle, x, w):
    step = 1e-6
    slopes = {("input", i): 0.0 for i in range(3)} | {("weight", k): 0.0 for k in range(3)}
    slopes |= {(kind, index): p.evaluate(x, w) for kind, index, p in angle.partials()}
    for (kind, index), slope in slopes.items():
        shift = step * np.eye(3)[index]
        dx, dw = (shift, 0) if kind == "input" else (0, shift)
        numeric = (angle.evaluate(x + dx, w + dw) - angle.evaluate(x - dx, w - dw)) / (2 * step)
        assert math.isclose(slope, numeric, rel_tol=1e-5, abs_tol=1e-5)


@given(angles, points, points)
def test_weights_read_as_inputs_keep_the_value(angle, x, w):
    moved = angle.weights_as_inputs(3)
    assert not moved.weight_indices
    assert close(moved.evaluate(np.concatenate([x, w]), np.array([])), angle.evaluate(x, w))


@given(angles, points, points)
def test_shifted_angles_read_further_on(angle, x, w):
    wide_x, wide_w = np.concatenate([np.zeros(2), x]), np.concatenate([np.zeros(5), w])
    assert close(angle.shifted(2, 5).evaluate(wide_x, wide_w), angle.evaluate(x, w))


def test_an_angle_evaluates_over_a_batch():
    angle = Angle.input(0) * Angle.weight(1) + 0.5
    x, w = np.array([[1.0], [2.0]]), np.array([0.0, 3.0])
    np.testing.assert_array_equal(angle.evaluate(x, w), [3.5, 6.5])
    assert Angle(0.25).evaluate(x, w) == 0.25


def test_a_squared_feature_is_one_term():
    assert (Angle.input(1) * Angle.input(1)).terms == (Term((1, 1), (), 1.0),)


@pytest.mark.parametrize(
    "value",
    [
        "x0",
        None,
        True,
        {},
        {"constant": 0},
        {"constant": 0, "terms": [[1, [0]]]},
        {"constant": 0, "terms": [[1, [-1], []]]},
        {"constant": 0, "terms": [[1, [0.5], []]]},
        {"constant": 0, "terms": [[1, [True], []]]},
        {"constant": "a", "terms": []},
    ],
)
def test_json_that_is_no_angle_is_refused(value):
    with pytest.raises(CircuitError, match="angle"):
        Angle.from_json(value)
