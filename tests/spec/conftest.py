from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from qbench.exceptions import SpecError
from qbench.spec import Suite, load_suite

SMALL = """\
qbench: 1
name: small
data: {name: digits, classes: [3, 8]}
circuits:
  pqc:
    n_qubits: 4
    encoding: {name: angle, rotation: RY}
    ansatz: hardware_efficient
models:
  qnn:
    layers:
      - quantum: pqc
      - dense: n_classes
"""

Load = Callable[..., Suite]
Refusal = Callable[..., str]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Load a suite from text; ``extra`` follows the small suite."""

    def load(extra: str = "", *, text: str = SMALL, **options: object) -> Suite:
        path = tmp_path / "suite.yaml"
        path.write_text(text + extra, encoding="utf-8")
        return load_suite(path, **options)  # type: ignore[arg-type]

    return load


@pytest.fixture
def refusal(load: Load, tmp_path: Path) -> Refusal:
    """The message with which a suite is refused, file names without their folder."""

    def refusal(extra: str = "", **options: object) -> str:
        with pytest.raises(SpecError) as caught:
            load(extra, **options)
        return str(caught.value).replace(f"{tmp_path}/", "")

    return refusal
