"""Angle expressions of the suite language: ``"2*(pi - x0)*w1 + 0.5"`` becomes an Angle.

Parsed by Python's own parser, then walked through a whitelist: nothing is ever
evaluated. Allowed are numbers, ``pi``, features ``x0 x1 ...``, weights
``w0 w1 ...``, a bare ``w`` (every ``w`` is a fresh weight), ``+ - *``, ``/`` by a
constant and ``**`` by a small whole number.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable

from qbench.circuit.angle import Angle
from qbench.exceptions import CircuitError

MAX_LENGTH = 1000
MAX_POWER = 16
MAX_TERMS = 10_000
_NAME = re.compile(r"([xw])([0-9]{1,5})")
_NAME_ANYWHERE = re.compile(r"\bw([0-9]{1,5})\b")

Fresh = Callable[[], Angle]


def parse_angle(expression: str | float, fresh: Fresh | None = None) -> Angle:
    """The angle that an expression means.

    Parameters
    ----------
    expression : str, int or float
        Radians.
    fresh : callable, optional
        Gives the weight of a bare ``w``; without it, ``w`` is refused.

    Raises
    ------
    CircuitError
        Anything outside the whitelist, or a result that is not finite.
    """
    if isinstance(expression, int | float) and not isinstance(expression, bool):
        return _finite(Angle(float(expression)), str(expression))
    if not isinstance(expression, str):
        raise CircuitError(f"an angle is a number or an expression, not {expression!r}")
    if len(expression) > MAX_LENGTH:
        raise CircuitError(f"an angle has at most {MAX_LENGTH} characters")
    try:
        tree = ast.parse(expression.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise CircuitError(f"angle {expression!r} does not parse: {error}") from error
    return _finite(_Walker(expression, fresh).walk(tree.body), expression)


def explicit_weights(expression: object) -> set[int]:
    """Indices of the weights that an expression names, without a bare ``w``."""
    if not isinstance(expression, str):
        return set()
    return {int(index) for index in _NAME_ANYWHERE.findall(expression)}


class _Walker:
    def __init__(self, text: str, fresh: Fresh | None) -> None:
        self.text = text
        self.fresh = fresh

    def walk(self, node: ast.expr) -> Angle:
        match node:
            case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
                return Angle(self._float(value))
            case ast.Name(id=name):
                return self._name(name)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -self.walk(operand)
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self.walk(operand)
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                return self._power(self.walk(left), self.walk(right))
            case ast.BinOp(left=left, op=op, right=right):
                return self._binary(self.walk(left), op, self.walk(right))
        raise self._error("only numbers, pi, x0.., w0.., w, + - * / ** and brackets are allowed")

    def _binary(self, left: Angle, op: ast.operator, right: Angle) -> Angle:
        match op:
            case ast.Add():
                return left + right
            case ast.Sub():
                return left - right
            case ast.Mult():
                return self._product(left, right)
            case ast.Div():
                if not right.is_constant or right.constant == 0.0:
                    raise self._error("only division by a constant other than 0 is allowed")
                return left * (1.0 / right.constant)
        raise self._error("the operators are + - * / and **")

    def _power(self, base: Angle, exponent: Angle) -> Angle:
        power = exponent.constant
        if not exponent.is_constant or power not in range(MAX_POWER + 1):
            raise self._error(f"a power is a whole number from 0 to {MAX_POWER}")
        result = Angle(1.0)
        for _ in range(int(power)):
            result = self._product(result, base)
        return result

    def _product(self, left: Angle, right: Angle) -> Angle:
        if (1 + len(left.terms)) * (1 + len(right.terms)) > MAX_TERMS:
            raise self._error("it has too many terms")
        return left * right

    def _name(self, name: str) -> Angle:
        if name == "pi":
            return Angle(math.pi)
        if name == "w":
            if self.fresh is None:
                raise self._error("a bare w (a fresh weight) is not allowed here")
            return self.fresh()
        found = _NAME.fullmatch(name)
        if found is None:
            raise self._error(f"{name!r} is neither x0 x1 ..., w0 w1 ..., w nor pi")
        kind, index = found[1], int(found[2])
        return Angle.input(index) if kind == "x" else Angle.weight(index)

    def _float(self, value: float) -> float:
        try:
            return float(value)
        except OverflowError:
            raise self._error("a number is too large") from None

    def _error(self, reason: str) -> CircuitError:
        return CircuitError(f"angle {self.text!r}: {reason}")


def _finite(angle: Angle, text: str) -> Angle:
    if all(map(math.isfinite, [angle.constant, *(t.coefficient for t in angle.terms)])):
        return angle
    raise CircuitError(f"angle {text!r}: a number is not finite")
