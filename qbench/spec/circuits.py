"""``circuits``: what a suite says of a circuit; the circuit itself is built by qbench.circuit."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from qbench.circuit.ansatze import ANSATZE, default_measure
from qbench.circuit.build import BuiltCircuit, build_circuit
from qbench.circuit.encodings import ENCODINGS
from qbench.exceptions import CircuitError
from qbench.spec.base import Count, SpecModel, normalised_slot, one_of, refusals
from qbench.spec.problems import Problem, suggestion


@cache
def slot_options(maker: Callable[..., Any]) -> dict[str, Any]:
    """Options of an encoding or ansatz and their defaults: its keyword-only parameters."""
    parameters = inspect.signature(maker).parameters.values()
    return {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}


def _completed(value: Any, kind: str, registry: Mapping[str, Callable[..., Any]]) -> Any:
    """The slot with every option written out, so that equal circuits read equal."""
    slot = normalised_slot(value)
    if slot is None:
        return None
    name = one_of(kind, slot["name"], registry)
    defaults = slot_options(registry[name])
    wrong = [
        Problem((key,), "unknown key" + suggestion(key, defaults))
        for key in slot
        if key != "name" and key not in defaults
    ]
    if wrong:
        raise refusals(*wrong)
    given = {key: option for key, option in slot.items() if option is not None}
    options = {key: given.get(key, default) for key, default in defaults.items()}
    return {"name": name} | {k: _like(defaults[k], option) for k, option in options.items()}


def _like(default: Any, option: Any) -> Any:
    if isinstance(default, float) and type(option) is int:
        return float(option)
    return list(option) if isinstance(option, tuple) else option


def _encoding(value: Any) -> Any:
    return _completed(value, "encoding", ENCODINGS)


def _ansatz(value: Any) -> Any:
    return _completed(value, "ansatz", ANSATZE)


def _measure(found: dict[str, Any]) -> dict[str, Any]:
    """The default of ``measure``, from the keys before it, as far as they are right."""
    try:
        return default_measure(found.get("ansatz"), found.get("n_qubits", 0))
    except CircuitError:  # told of the ansatz when the circuit is built
        return {"expval": "Z"}


class CircuitConfig(SpecModel):
    """One entry of ``circuits``."""

    n_qubits: Count
    """Number of qubits."""
    encoding: Annotated[dict[str, Any] | None, BeforeValidator(_encoding)] = None
    """``{"name": ..., every option}``, or None."""
    ansatz: Annotated[dict[str, Any] | None, BeforeValidator(_ansatz)] = None
    """``{"name": ..., every option}``, or None."""
    reupload: Literal["once", "each_layer"] = "once"
    """Whether the encoding stands once, or before each layer of the ansatz."""
    trainable_scale: bool = False
    """Whether a trained weight multiplies each encoded feature."""
    blocks: Annotated[int, Field(ge=1, le=10_000)] | None = None
    """Repeats of the ansatz followed by its inverse, each half with weights of its own."""
    gates: list[Any] | None = None
    """``[GATE, WIRES, ANGLE...]`` and repetitions, instead of encoding and ansatz."""
    measure: dict[str, Any] = Field(default_factory=_measure)
    """``{expval: OBSERVABLE}`` (Z is one value a qubit) or ``{probs: all | [wires]}``; by default
    Z on every qubit, of ``qcnn`` on those that it keeps."""

    def arguments(self) -> dict[str, Any]:
        """Keyword arguments of :func:`qbench.circuit.build.build_circuit`."""
        return self.model_dump()

    def build(self) -> BuiltCircuit:
        """The circuit, built once for equal entries.

        Raises
        ------
        CircuitError
            The entry describes no circuit.
        """
        return _build(json.dumps(self.arguments(), sort_keys=True))


@lru_cache(maxsize=256)
def _build(arguments: str) -> BuiltCircuit:
    return build_circuit(**json.loads(arguments))
