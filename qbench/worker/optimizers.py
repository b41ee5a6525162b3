"""Options of the optimizers, with torch's defaults: resolved once for every host."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qbench.exceptions import QbenchError

_ADAM = {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}

OPTIMIZERS: Mapping[str, Mapping[str, float]] = {
    "sgd": {"momentum": 0.0},
    "adam": _ADAM,
    "adamw": {**_ADAM, "weight_decay": 0.01},
}
"""Options and their defaults by optimizer; each has a ``learning_rate`` besides."""


def resolve(optimizer: Mapping[str, Any]) -> tuple[str, dict[str, float]]:
    """Name and complete options, ``learning_rate`` included.

    Raises
    ------
    QbenchError
        An unknown optimizer or option, or no learning rate.
    """
    given = dict(optimizer)
    name = given.pop("name", None)
    if name not in OPTIMIZERS:
        raise QbenchError(f"no such optimizer: {name!r}; known are {', '.join(OPTIMIZERS)}")
    known = {"learning_rate", *OPTIMIZERS[name]}
    unknown = sorted(set(given) - known)
    if unknown:
        raise QbenchError(f"optimizer {name} has no option {unknown[0]!r}; it has {sorted(known)}")
    if "learning_rate" not in given:
        raise QbenchError(f"optimizer {name} needs a learning_rate")
    return name, {**OPTIMIZERS[name], **{key: float(value) for key, value in given.items()}}
