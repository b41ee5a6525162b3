"""Stand-ins for what TorchQuantum imports at its start and this adapter never uses.

TorchQuantum 0.1.8 imports Qiskit (and qiskit_ibm_runtime, which its metadata omits),
plotting and data-set packages before it defines a gate. Their place is taken by
modules whose every attribute is a class; a package that is installed wins.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

UNUSED = (
    "matplotlib",
    "pathos",
    "qiskit",
    "qiskit_ibm_runtime",
    "torchdiffeq",
    "torchpack",
    "torchvision",
    "tqdm",
)
"""Packages that TorchQuantum's imports name; measured, not taken from its metadata."""


class _AnswersAll(type):
    """TorchQuantum subclasses what it imports, and reads class attributes of it."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _stub(name)


def _stub(name: str) -> type:
    return _AnswersAll(name, (), {"__init__": lambda self, *args, **kwargs: None})


class _StubModule(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        value = _stub(name)
        setattr(self, name, value)
        return value


class _Finder:
    """Finds nothing but the unused packages; stands last, so that real ones win."""

    def __init__(self) -> None:
        self.found: set[str] = set()

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        top = name.partition(".")[0]
        if top not in UNUSED or (top != name and top not in self.found):
            return None
        self.found.add(top)
        return ModuleSpec(name, self, origin="stub", is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = _StubModule(spec.name)
        module.__file__ = f"{spec.name}/__init__.py"
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Nothing to run."""


@contextmanager
def stubbed_imports() -> Iterator[set[str]]:
    """Inside, the unused packages import; yields the set of those that were stood in for.

    Afterwards they are gone again: whoever asks for one of them gets an honest ImportError.
    """
    finder = _Finder()
    sys.meta_path.append(finder)
    try:
        yield finder.found
    finally:
        sys.meta_path.remove(finder)
        for name in [n for n, m in sys.modules.items() if isinstance(m, _StubModule)]:
            del sys.modules[name]
