"""``execution.optimise``: the circuit that a backend is given, and what the table says of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from qbench.backend import Execution, NumpyProgram
from qbench.circuit import Circuit, ReferenceProgram, build_circuit
from qbench.plan import load_plan
from qbench.registry import find
from qbench.testing import InProcess

SUITE = """
qbench: 1
name: merged
data: {{name: moons, transform: [standardize]}}
circuits:
  pqc: {{n_qubits: 2, encoding: angle, ansatz: {{name: hardware_efficient, rotations: [RY, RZ]}}}}
models: {{qnn: {{layers: [{{quantum: pqc}}, {{dense: n_classes}}]}}}}
backends: [{backend}]
"""


def works_of(folder: Path, backend: str) -> list:
    path = folder / "suite.yaml"
    path.write_text(SUITE.format(backend=backend))
    return [trial.work for trial in load_plan(path).trials if trial.work.task == "train"]


class NotingProgram(ReferenceProgram, NumpyProgram):
    pass


class Noting:
    """A backend that notes the circuits it is given."""

    def __init__(self) -> None:
        self.given: list[Circuit] = []

    def compile(self, circuit: Circuit, execution: Execution):
        self.given.append(circuit)
        return NotingProgram(circuit)


def test_the_backend_is_given_the_merged_circuit_where_the_suite_says_safe():
    ansatz = {"name": "hardware_efficient", "rotations": ["RY", "RZ"]}
    circuit = build_circuit(3, "angle", ansatz).circuit
    as_written = Execution("numpy", "adjoint")
    backend = Noting()
    rng = np.random.default_rng(0)
    arrays = rng.normal(size=(2, 3)), rng.normal(size=6), rng.normal(size=(2, 3))
    results = [
        InProcess(backend).evaluate(circuit, execution, *arrays)
        for execution in (as_written, replace(as_written, optimise="safe"))
    ]
    assert [len(each.operations) for each in backend.given] == [12, 6]
    for before, after in zip(results[0], results[1], strict=True):
        np.testing.assert_allclose(after, before, atol=1e-12)


def test_a_circuit_run_as_written_is_the_trial_that_it_was(tmp_path):
    plain, none, safe = (
        works_of(tmp_path, backend)[0].execution.to_json()
        for backend in ("reference", "'reference[optimise=none]'", "'reference[optimise=safe]'")
    )
    assert plain == none
    assert "optimise" not in plain
    assert safe == {**plain, "optimise": "safe"}
    assert Execution.from_json(safe).optimise == "safe"


def test_a_backend_without_the_merged_gate_is_refused_in_words(tmp_path, monkeypatch, make_backend):
    rotations = 'gates = ["RX", "RY", "RZ", "CNOT"]'
    folder = make_backend(('gates = ["RX", "CNOT"]', rotations))
    monkeypatch.setenv("QBENCH_BACKENDS", str(folder))
    assert find("tiny").capabilities.gates == {"RX", "RY", "RZ", "CNOT"}
    assert works_of(tmp_path, "tiny")[0].refusal is None
    assert works_of(tmp_path, "'tiny[optimise=safe]'")[0].refusal == "gates not offered: U3"
