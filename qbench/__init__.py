"""qbench: one suite file, every quantum neural network framework, honest numbers.

Nothing is imported here at module level: workers import ``qbench.circuit``,
``qbench.backend`` and ``qbench.worker`` in environments that hold NumPy only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qbench.api import evaluate as evaluate
    from qbench.api import load as load
    from qbench.api import predict as predict
    from qbench.api import run as run
    from qbench.circuit import Circuit as Circuit

__version__ = "0.1.0"

_PUBLIC = {
    "Circuit": "qbench.circuit",
    "evaluate": "qbench.api",
    "load": "qbench.api",
    "predict": "qbench.api",
    "run": "qbench.api",
}

__all__ = ["Circuit", "__version__", "evaluate", "load", "predict", "run"]


def __getattr__(name: str) -> object:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'qbench' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
