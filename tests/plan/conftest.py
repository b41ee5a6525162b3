"""Plans from the text of a suite, with the backends that ship."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from qbench.plan import Plan, make_plan
from qbench.registry import BackendInfo, load_registry
from qbench.spec import load_suite

BASE = """\
qbench: 1
name: base
seeds: [5, 6]
data:
  name: moons
  classes: [0, 1]
  split: {train: 0.5, validation: 0.25, test: 0.25}
  transform: [standardize, {min_max: [0, 3]}]
circuits:
  pqc:
    n_qubits: 2
    encoding: {name: angle, rotation: RY}
    ansatz: {name: hardware_efficient, n_layers: 2}
    measure: {expval: Z}
  other: {n_qubits: 2, encoding: angle, measure: {expval: X}}
  free: {n_qubits: 2, gates: [[RX, 0, x0], [RY, 1, x1], [CNOT, [0, 1]], [RZ, 1, w]]}
models:
  qnn:
    layers:
      - dense: {units: 2, activation: tanh}
      - relu
      - dropout: 0.1
      - scale: 2
      - quantum: {circuit: pqc, copies: 1}
      - dense: n_classes
  gated: {layers: [{quantum: free}, {dense: n_classes}]}
  linear: {layers: [{dense: n_classes}]}
baselines: [svm_rbf, {mlp_matched: {to: qnn}}]
backends: [reference, pennylane]
trainer: {epochs: 3}
"""

MakePlan = Callable[..., Plan]


@pytest.fixture(scope="session")
def registry() -> dict[str, BackendInfo]:
    return load_registry()


@pytest.fixture
def plan_of(tmp_path: Path, registry: dict[str, BackendInfo]) -> MakePlan:
    """The plan of the base suite with ``--set`` texts, or of another text."""

    def plan_of(
        *overrides: str, text: str = BASE, profile: str | None = None, extra: str = ""
    ) -> Plan:
        path = tmp_path / "suite.yaml"
        path.write_text(text + extra)
        return make_plan(load_suite(path, profile, overrides), registry)

    return plan_of
