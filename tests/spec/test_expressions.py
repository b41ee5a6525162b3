"""Expressions: what they may say, and that nothing else gets through."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbench.exceptions import SpecError
from qbench.spec import evaluate
from qbench.spec.expressions import names_in, resolve_expression


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("=pi/2", math.pi / 2),
        ("=2*pi", 2 * math.pi),
        ("=-pi", -math.pi),
        ("=ceil(log2(n_classes))", 2),
        ("=n_classes", 3),
        ("=7 // 2", 3),
        ("=2**-1", 0.5),
        ("=min(3, 1, 2) + max(4)", 5),
        ("=floor(sqrt(10))", 3),
        ("=6/3", 2),
        ("=+(1.5)", 1.5),
    ],
)
def test_expressions_are_arithmetic(text: str, value: float) -> None:
    result = evaluate(text, {"n_classes": 3})
    assert result == pytest.approx(value, rel=1e-15)
    assert type(result) is type(value)


def test_numbers_and_the_bare_symbol_pass_through() -> None:
    assert evaluate(4) == 4
    assert evaluate("n_classes", {"n_classes": 5}) == 5


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("=", "is no expression"),
        ("=1 +", "is no expression"),
        ("=n_clases", "unknown name 'n_clases'; did you mean 'n_classes'?"),
        ("=log(2)", "unknown function 'log'; did you mean 'log2'?"),
        ("=__import__('os').system('ls')", "only numbers, names"),
        ("=().__class__", "only numbers, names"),
        ("=[1][0]", "only numbers, names"),
        ("=lambda: 1", "only numbers, names"),
        ("=1 if 1 else 2", "only numbers, names"),
        ("=1 < 2", "only numbers, names"),
        ("=5 % 2", "only numbers, names"),
        ("=True", "only numbers, names"),
        ("='a' * 9", "only numbers, names"),
        ("=1j", "only numbers, names"),
        ("=min(*a)", "only numbers, names"),
        ("=min(1, key=2)", "only numbers, names"),
        ("=f'{1}'", "only numbers, names"),
        ("=(a := 1)", "only numbers, names"),
        ("=9**9**9", "the power is too large"),
        ("=10**100", "the power is too large"),
        ("=(0-8)**0.5", "is no finite number"),
        ("=1e308*10", "is no finite number"),
        ("=" + "9" * 100, "is no finite number"),
        ("=1/0", "has no value"),
        ("=0**-1", "has no value"),
        ("=log2(0)", "has no value"),
        ("=sqrt(0-1)", "has no value"),
        ("=log2(1, 2)", "has no value"),
        ("=min()", "has no value"),
        ("=1(2)", "only numbers, names"),
        ("=" + "(" * 150 + "1", "is no expression"),
        ("=" + "1+" * 150 + "1", "at most 200 characters"),
        ("1 + 1", "not an expression"),
    ],
)
def test_everything_else_is_refused_in_words(text: str, expected: str) -> None:
    with pytest.raises(SpecError) as caught:
        evaluate(text, {"n_classes": 2})
    assert expected in str(caught.value)


def test_n_classes_stays_symbolic_until_the_data_is_read() -> None:
    symbolic = resolve_expression("= width*n_classes - pi*0", {"width": -2})
    assert symbolic == "=-2 * n_classes - 3.141592653589793 * 0"
    assert evaluate(symbolic, {"n_classes": 3}) == -6
    assert resolve_expression("=n_classes", {}) == "=n_classes"
    assert resolve_expression("=n_classes", {"n_classes": 4}) == 4


def test_a_negative_axis_keeps_its_parentheses_in_a_symbolic_expression() -> None:
    symbolic = resolve_expression("=a**2 * n_classes", {"a": -3})
    assert evaluate(symbolic, {"n_classes": 2}) == 18


def test_an_axis_alone_may_hold_any_value() -> None:
    assert resolve_expression("=ansatz", {"ansatz": {"name": "sim"}}) == {"name": "sim"}
    with pytest.raises(SpecError, match="ansatz is no number here"):
        resolve_expression("=ansatz + 1", {"ansatz": "sim"})


def test_names_leave_functions_out() -> None:
    assert names_in("=max(a, log2(b)) * pi") == {"a", "b", "pi"}


@given(st.text(max_size=60))
def test_any_text_has_a_finite_value_or_is_refused(text: str) -> None:
    try:
        value = evaluate("=" + text, {"n": 3})
    except SpecError:
        return
    assert math.isfinite(value)


_expressions = st.recursive(
    st.sampled_from(["0", "1", "2", "3.5", "1e308", "n", "pi", "n_classes", "64"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "//", "**"]), inner).map(
            lambda parts: f"({parts[0]}{parts[1]}{parts[2]})"
        ),
        st.tuples(st.sampled_from(["log2", "ceil", "floor", "min", "max", "sqrt", "-"]), inner).map(
            lambda parts: f"{parts[0]}({parts[1]})"
        ),
    ),
    max_leaves=12,
)


@given(_expressions)
def test_nested_arithmetic_is_finite_or_refused(text: str) -> None:
    try:
        value = evaluate("=" + text, {"n": 3, "n_classes": 2})
    except SpecError:
        return
    assert math.isfinite(value)


@given(_expressions)
def test_substituting_axes_first_changes_no_value(text: str) -> None:
    try:
        whole = evaluate("=" + text, {"n": -3, "n_classes": 2})
        first = resolve_expression("=" + text, {"n": -3})
    except SpecError:
        return
    assert evaluate(first, {"n_classes": 2}) == pytest.approx(whole, rel=1e-9)
