"""``controls``: each quantum model again, its quantum part disabled, frozen or replaced."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from qbench.spec.base import one_of

ControlName = Literal[
    "no_entanglement",
    "frozen_quantum",
    "random_quantum",
    "linear_twin",
    "product_twin",
    "mlp_matched",
]

CONTROLS: dict[str, str] = {
    "no_entanglement": "its circuits without the gates on several wires",
    "frozen_quantum": "its quantum weights not trained",
    "random_quantum": "random rotations, not trained, in place of its trained ones",
    "linear_twin": "a linear layer in place of its circuits",
    "product_twin": "its circuits without entanglement, computed as products of one-qubit values",
    "mlp_matched": "a perceptron with at most as many parameters",
}
"""Controls by their word, and what each is, said of a model."""

CLASSICAL_CONTROLS = ("no_entanglement", "linear_twin", "product_twin", "mlp_matched")
"""Those that a classical computer evaluates at any number of qubits.

A circuit without entanglement is one of them: each of its values is a sum of products of
one-qubit expectation values.
"""


def _known(value: Any) -> Any:
    return one_of("control", value, CONTROLS)


Control = Annotated[ControlName, BeforeValidator(_known)]
"""One entry of ``controls``."""


def control_key(model: str, control: str) -> str:
    """What a model's control is called: ``qnn[no_entanglement]``."""
    return f"{model}[{control}]"


def split_control(key: str) -> tuple[str, str]:
    """The model and the control of a key; the control is empty where it is none."""
    model, _, control = key.removesuffix("]").partition("[")
    return model, control if control in CONTROLS else ""
