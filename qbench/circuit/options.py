"""Checked names and option values, with words for the user when they are wrong."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from qbench.circuit.gates import GATES
from qbench.exceptions import CircuitError

Result = TypeVar("Result")

_OTHER_WORDS = {
    "cx": "CNOT",
    "ccx": "Toffoli",
    "cp": "CPhase",
    "p": "PhaseShift",
    "u": "U3",
    "hadamard": "H",
    "paulix": "X",
    "pauliy": "Y",
    "pauliz": "Z",
    "isingxx": "RXX",
    "isingyy": "RYY",
    "isingzz": "RZZ",
    "controlledphaseshift": "CPhase",
    "reps": "n_layers",
    "depth": "n_layers",
    "layers": "n_layers",
    "entanglement_blocks": "entangler",
    "imprimitive": "entangler",
    "rotation_blocks": "rotations",
}
"""PennyLane's and Qiskit's words for ours, in lower case; used in hints only."""


def choose(kind: str, name: object, choices: Iterable[str]) -> str:
    """``name`` if it is one of the choices.

    Raises
    ------
    CircuitError
        It isn't; the message names the nearest choice and lists them all.
    """
    known = list(choices)
    if isinstance(name, str) and name in known:
        return name
    hint, listed = _hint(name, known), f"known are {', '.join(known)}"
    raise CircuitError(f"{kind}: no {name!r}{f'{hint} ({listed})' if hint else f'; {listed}'}")


def whole_number(what: str, value: object, minimum: int = 0, maximum: int = 10_000) -> int:
    """``value`` if it is a whole number in the range; raises CircuitError otherwise."""
    if isinstance(value, bool) or not isinstance(value, int) or not minimum <= value <= maximum:
        raise CircuitError(f"{what} is a whole number from {minimum} to {maximum}, not {value!r}")
    return value


def number(what: str, value: object) -> float:
    """``value`` as a finite float; raises CircuitError otherwise."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise CircuitError(f"{what} is a number, not {value!r}")
    if not abs(value) < float("inf"):
        raise CircuitError(f"{what} is a finite number, not {value!r}")
    return float(value)


def switch(what: str, value: object) -> bool:
    """``value`` if it is a bool; raises CircuitError otherwise."""
    if not isinstance(value, bool):
        raise CircuitError(f"{what} is true or false, not {value!r}")
    return value


def gate_name(what: str, name: object, n_wires: int | None = None, n_angles: int = -1) -> str:
    """The name of a gate in the catalogue that has so many wires and angles (-1: any)."""
    fitting = [
        gate.name
        for gate in GATES.values()
        if n_wires in (None, gate.n_wires) and n_angles in (-1, gate.n_angles)
    ]
    return choose(what, name, fitting)


def call(
    kind: str,
    registry: Mapping[str, Callable[..., Result]],
    slot: str | Mapping[str, Any],
    *arguments: Any,
) -> Result:
    """The registered function that a slot names, called with the slot's options.

    Parameters
    ----------
    slot : ``"name"`` or ``{"name": ..., option: value, ...}``
        The options are the function's keyword-only parameters.

    Raises
    ------
    CircuitError
        An unknown name or option; the message has the nearest right one.
    """
    settings = {"name": slot} if isinstance(slot, str) else dict(slot)
    name = choose(kind, settings.pop("name", None), registry)
    parameters = inspect.signature(registry[name]).parameters.values()
    allowed = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]
    for option in settings:
        if option not in allowed:
            options = ", ".join(allowed) if allowed else "none"
            hint = _hint(option, allowed)
            raise CircuitError(f"{kind} {name}: no option {option!r}{hint}; its options: {options}")
    return registry[name](*arguments, **settings)


def _hint(name: object, known: list[str]) -> str:
    if not isinstance(name, str):
        return ""
    other = _OTHER_WORDS.get(name.lower())
    if other in known:
        return f"; did you mean {other!r}?"
    lower = {word.lower(): word for word in known}
    near = difflib.get_close_matches(name.lower(), lower, n=1)
    return f"; did you mean {lower[near[0]]!r}?" if near else ""
