"""Expressions: ``=expr`` stands for a value, parsed by a whitelist and never run as code."""

from __future__ import annotations

import ast
import math
import operator
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from qbench.exceptions import SpecError
from qbench.spec.problems import unknown

Number = int | float

SYMBOLIC = "n_classes"
"""The one name that is known only after the data set was read."""

LONGEST = 200
LARGEST_EXPONENT_BITS = 64

_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "log2": math.log2,
    "ceil": math.ceil,
    "floor": math.floor,
    "sqrt": math.sqrt,
    "min": min,
    "max": max,
}
_OFFER = "numbers, names, + - * / // **, and log2 ceil floor min max sqrt"


def is_expression(value: object) -> bool:
    """Whether a value is an expression, ``=...``."""
    return isinstance(value, str) and value.startswith("=")


def evaluate(value: object, names: Mapping[str, Number] | None = None) -> Number:
    """The number that ``value`` stands for.

    Parameters
    ----------
    value : a number, which passes through, or text ``=expr`` (or ``n_classes`` alone)
    names : values of names besides ``pi``, such as ``{"n_classes": 2}``

    Returns
    -------
    An int if the result is integral, else a float.

    Raises
    ------
    SpecError
        Not an expression, an unknown name, or no finite number.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    if value == SYMBOLIC:
        value = f"={SYMBOLIC}"
    if not isinstance(value, str) or not is_expression(value):
        raise SpecError(f"not an expression: {value!r}")
    return _value_of(_parsed(value), value, {"pi": math.pi, **(names or {})})


def resolve_expression(value: str, names: Mapping[str, Any]) -> Any:
    """The value of ``=expr``, or the expression itself, canonical, if it needs ``n_classes``.

    An expression that is the name of an axis alone takes the axis' value as it
    is, so an axis may hold words, lists or mappings too.
    """
    body = _parsed(value)
    if isinstance(body, ast.Name) and body.id in names:
        return names[body.id]
    numbers = {"pi": math.pi} | {
        name: given
        for name, given in names.items()
        if isinstance(given, int | float) and not isinstance(given, bool)
    }
    used = names_in(value)
    for name in sorted(used):
        if name in names and name not in numbers:
            raise SpecError(f"'{value}': {name} is no number here")
    if SYMBOLIC not in used or SYMBOLIC in numbers:
        return _value_of(body, value, numbers)
    _value_of(body, value, {**numbers, SYMBOLIC: 2})
    return f"={ast.unparse(_Substitute(numbers).visit(body))}"


def names_in(value: str) -> set[str]:
    """Names that an expression reads, functions apart."""
    body = _parsed(value)
    called = {id(node.func) for node in ast.walk(body) if isinstance(node, ast.Call)}
    return {n.id for n in ast.walk(body) if isinstance(n, ast.Name) and id(n) not in called}


class _Substitute(ast.NodeTransformer):
    def __init__(self, numbers: Mapping[str, Number]) -> None:
        self.numbers = numbers

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in self.numbers and node.id not in _FUNCTIONS:
            number = self.numbers[node.id]
            positive = ast.Constant(abs(number))
            return ast.UnaryOp(ast.USub(), positive) if number < 0 else positive
        return node


def _parsed(text: str) -> ast.expr:
    if len(text) > LONGEST:
        raise SpecError(f"an expression has at most {LONGEST} characters, this one {len(text)}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            warnings.simplefilter("ignore", DeprecationWarning)
            return ast.parse(text[1:].strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise SpecError(f"'{text}' is no expression; it may hold {_OFFER}") from None


def _value_of(body: ast.expr, text: str, names: Mapping[str, Number]) -> Number:
    try:
        result = _walk(body, names)
        if isinstance(result, complex) or not math.isfinite(result) or abs(result) >= 2**63:
            raise SpecError(f"'{text}' is no finite number")
    except SpecError as error:
        raise SpecError(str(error) if text in str(error) else f"'{text}': {error}") from None
    except (ArithmeticError, ValueError, TypeError, RecursionError) as error:
        raise SpecError(f"'{text}' has no value: {error}") from None
    return int(result) if result == int(result) else result


def _walk(node: ast.expr, names: Mapping[str, Number]) -> Number:
    match node:
        case ast.Constant(value=bool() | complex()):
            pass
        case ast.Constant(value=int() | float() as number):
            return number
        case ast.Name(id=name):
            if name not in names:
                raise SpecError(unknown("name", name, [*names, SYMBOLIC, *_FUNCTIONS]))
            return names[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_walk(operand, names)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _walk(operand, names)
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return _power(_walk(left, names), _walk(right, names))
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _BINARY:
            result: Number = _BINARY[type(sign)](_walk(left, names), _walk(right, names))
            return result
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
            return _call(name, [_walk(arg, names) for arg in args])
    raise SpecError(f"only {_OFFER} are allowed")


def _power(base: Number, exponent: Number) -> Number:
    if abs(exponent) * abs(math.log2(abs(base) or 1)) > LARGEST_EXPONENT_BITS:
        raise SpecError("the power is too large")
    result: Number = base**exponent
    return result


def _call(name: str, args: list[Number]) -> Number:
    if name not in _FUNCTIONS:
        raise SpecError(unknown("function", name, _FUNCTIONS))
    if name in ("min", "max") and len(args) == 1:
        return args[0]
    result: Number = _FUNCTIONS[name](*args)
    return result
