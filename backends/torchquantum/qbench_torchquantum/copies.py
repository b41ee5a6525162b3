"""TorchQuantum as it is, in complex64, and a second import of it in complex128.

TorchQuantum 0.1.8 has no setting for its precision. Each of its modules takes two dtypes from
``torchquantum.macro`` when it is imported, and makes its fixed matrices in them: so the package
is imported once more, beside the first, with double dtypes there. All code is TorchQuantum's.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from types import ModuleType

import numpy as np
import torch

from qbench_torchquantum.stubs import stubbed_imports

PACKAGE = "torchquantum"

with stubbed_imports() as stubbed:
    import torchquantum

DOUBLE = {
    "C_DTYPE": torch.complex128,
    "F_DTYPE": torch.float64,
    "C_DTYPE_NUMPY": np.complex128,
    "F_DTYPE_NUMPY": np.float64,
}
"""What ``torchquantum.macro`` says in the second import."""

DTYPES = {"single": torch.float32, "double": torch.float64}


@cache
def torchquantum_in(precision: str) -> ModuleType:
    """TorchQuantum in "single" precision, its own, or in "double"."""
    if precision == "single":
        return torchquantum
    with _out_of_the_way(), stubbed_imports():
        sys.modules[torchquantum.macro.__name__] = _double_macro()
        return import_module(PACKAGE)


def _double_macro() -> ModuleType:
    """TorchQuantum's own module of constants, with the dtypes of double precision."""
    first = torchquantum.macro
    spec = spec_from_file_location(first.__name__, first.__file__)
    macro = module_from_spec(spec)
    spec.loader.exec_module(macro)
    vars(macro).update(DOUBLE)
    return macro


@contextmanager
def _out_of_the_way() -> Iterator[None]:
    """Inside, the first import's modules have left ``sys.modules``; the second's leave after it."""
    before = _taken_out()
    try:
        yield
    finally:
        _taken_out()
        sys.modules.update(before)


def _taken_out() -> dict[str, ModuleType]:
    names = [name for name in sys.modules if name.partition(".")[0] == PACKAGE]
    return {name: sys.modules.pop(name) for name in names}
