"""States as data: the circuit that reads them has their wires, or the plan says so."""

from __future__ import annotations

import pytest

from qbench.exceptions import SpecError
from qbench.plan import make_plan
from qbench.registry import load_registry
from qbench.spec import load_suite

SUITE = """\
qbench: 1
name: phases
seeds: 1
data: {name: tfim, options: {n_qubits: 3, n_samples: 20}}
circuits: {net: {n_qubits: 3, encoding: amplitude, ansatz: qcnn}}
models: {qnn: {layers: [{quantum: net}, {dense: n_classes}]}}
backends: [reference]
record: {gradient_variance: off}
"""


@pytest.fixture
def plan(tmp_path):
    """The plan of the suite with something replaced."""

    def make(old: str = "", new: str = ""):
        assert old in SUITE
        path = tmp_path / "phases.yaml"
        path.write_text(SUITE.replace(old, new))
        return make_plan(load_suite(path), load_registry())

    return make


def test_a_network_reads_as_many_amplitudes_as_its_wires_have(plan):
    (trial,) = plan().trials
    (layer,) = (each for each in trial.work.model.layers if "circuit" in each)
    assert (layer["circuit"]["n_inputs"], layer["circuit"]["n_qubits"]) == (8, 3)


@pytest.mark.parametrize(
    ("old", "new", "has"),
    [
        ("net: {n_qubits: 3", "net: {n_qubits: 4", "4 qubits and amplitude encoding"),
        ("net: {n_qubits: 3", "net: {n_qubits: 2", "2 qubits and amplitude encoding"),
        ("encoding: amplitude", "encoding: angle", "3 qubits and no amplitude encoding"),
    ],
)
def test_a_circuit_of_other_wires_is_told_so(plan, old, new, has):
    with pytest.raises(SpecError) as caught:
        plan(old, new)
    assert "models.qnn.layers: tfim holds states of 3 qubits" in str(caught.value)
    assert f"circuit 'net' needs n_qubits: 3 and encoding: amplitude; it has {has}" in str(
        caught.value
    )


def test_rows_that_a_transform_made_are_no_states(plan):
    made = plan(
        "n_samples: 20}}\ncircuits: {net: {n_qubits: 3",
        "n_samples: 20}, transform: [pca: 4]}\ncircuits: {net: {n_qubits: 2",
    )
    assert {trial.work.model.n_inputs for trial in made.trials if trial.work.model} == {4}
