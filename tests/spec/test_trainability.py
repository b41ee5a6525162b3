"""Suites that measure circuits: what they need, and mistakes told with their place."""

from __future__ import annotations

from pathlib import Path

import pytest

from qbench.exceptions import SpecError
from qbench.spec import Suite, load_suite, measures_circuits

SUITE = """\
qbench: 1
name: plateau
task: gradient_variance
circuits:
  c:
    n_qubits: 3
    ansatz: {name: hardware_efficient, rotations: [RX, RY]}
    measure: {expval: Z0}
"""
DATA = "data: moons\n"
MODELS = "models: {m: {layers: [{quantum: c}, {dense: n_classes}]}}\n"


def load(tmp_path: Path, text: str) -> Suite:
    path = tmp_path / "s.yaml"
    path.write_text(text)
    return load_suite(path)


def refusal(tmp_path: Path, text: str) -> str:
    with pytest.raises(SpecError) as caught:
        load(tmp_path, text)
    return str(caught.value)


def test_circuits_alone_need_neither_data_nor_models_and_take_one_seed(tmp_path: Path) -> None:
    suite = load(tmp_path, SUITE)
    assert measures_circuits(suite.config)
    assert suite.seeds == [0]
    assert suite.config.gradient.n_samples == 200


def test_models_are_measured_on_data(tmp_path: Path) -> None:
    assert not measures_circuits(load(tmp_path, SUITE + DATA + MODELS).config)
    assert "data: is required: a model's gradient is of its loss" in refusal(
        tmp_path, SUITE + MODELS
    )


def test_training_needs_data_as_ever(tmp_path: Path) -> None:
    text = SUITE.replace("gradient_variance", "train") + MODELS
    assert "data: is required" in refusal(tmp_path, text)


@pytest.mark.parametrize("task", ["gradient_variance", "diagnose"])
def test_a_given_single_seed_counts_and_several_are_refused(tmp_path: Path, task: str) -> None:
    text = SUITE.replace("gradient_variance", task)
    assert load(tmp_path, text + "seeds: [7]\n").seeds == [7]
    assert f"seeds: task {task} takes one seed" in refusal(tmp_path, text + "seeds: 3\n")


def test_a_diagnosis_takes_circuits_of_any_kind(tmp_path: Path) -> None:
    text = SUITE.replace("gradient_variance", "diagnose").replace(
        "    ansatz:", "    encoding: angle\n    ansatz:"
    )
    assert measures_circuits(load(tmp_path, text.replace("expval: Z0", "expval: Z")).config)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "expval: Z0",
            "expval: Z7",
            "s.yaml:8:5: circuits.c.measure: observable 'Z7': wire 7 is outside 0..2",
        ),
        (
            "expval: Z0",
            "expval: Z",
            "circuits.c.measure: gives 3 values, and the gradient is of one",
        ),
        ("expval: Z0", "probs: all", "circuits.c.measure: gives 8 values"),
        (
            "    ansatz: {name: hardware_efficient, rotations: [RX, RY]}\n",
            "",
            "circuits.c: has no weights, so it has no gradient; give it an ansatz",
        ),
        (
            "    ansatz:",
            "    encoding: angle\n    ansatz:",
            "encoding: reads 3 features, and there",
        ),
        (
            "circuits:",
            "gradient: {component: 6}\ncircuits:",
            "weight 6: circuit 'c' has weights 0 to 5",
        ),
        ("circuits:", "gradient: {component: [0, 9]}\ncircuits:", "gradient.component: weight 9"),
        ("circuits:", "gradient: {component: lst}\ncircuits:", "did you mean 'last'?"),
        ("circuits:", "gradient: {component: [1, 1]}\ncircuits:", "names a weight twice"),
        ("circuits:", "gradient: {component: -1}\ncircuits:", "must be all, first, middle, last"),
        ("circuits:", "gradient: {n_samples: 1}\ncircuits:", "one sample has no variance"),
        ("circuits:", "gradient: {n_samples: {rse: 2}}\ncircuits:", "rse: must be less than 1"),
        (
            "circuits:",
            "gradient: {n_samples: {rse: 0.1, min: 500, max: 300}}\ncircuits:",
            "min is 500, more than max, 300",
        ),
        ("circuits:", "gradient: {samples: 5}\ncircuits:", "did you mean 'n_samples'?"),
        ("circuits:", "n_samples: 5\ncircuits:", "did you mean 'gradient.n_samples'?"),
        (
            "circuits:",
            "gradient: {init: block_identity}\ncircuits:",
            "gradient.init: block_identity needs a circuit of blocks: give 'c' the key `blocks: 1`",
        ),
        ("circuits:", "gradient: {init: smal_angle}\ncircuits:", "did you mean 'small_angle'?"),
        (
            "circuits:",
            "fit: {models: [linear]}\ncircuits:",
            "fit.models[0]: unknown value 'linear'",
        ),
        ("circuits:", "baselines: [mlp]\ncircuits:", "task gradient_variance trains nothing"),
        ("gradient_variance", "gradient_varience", "did you mean 'gradient_variance'?"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert SUITE.count(old) == 1
    assert told in refusal(tmp_path, SUITE.replace(old, new))


def test_a_suite_without_circuits_measures_nothing(tmp_path: Path) -> None:
    text = "qbench: 1\nname: none\ntask: diagnose\n"
    assert "nothing to measure: task diagnose needs `circuits`" in refusal(tmp_path, text)


def test_a_circuit_that_is_drawn_anew_cannot_be_trained(tmp_path: Path) -> None:
    text = SUITE.replace(
        "{name: hardware_efficient, rotations: [RX, RY]}", "{name: random_pauli, n_layers: 2}"
    )
    assert measures_circuits(load(tmp_path, text).config)
    told = refusal(tmp_path, text.replace("gradient_variance", "train") + DATA + MODELS)
    assert "circuits.c.ansatz: draws a new circuit for each sample" in told


def test_a_model_that_starts_as_the_identity_needs_blocks(tmp_path: Path) -> None:
    models = MODELS.replace("n_classes}]", "n_classes}], init: {quantum: block_identity}")
    text = SUITE.replace("gradient_variance", "train") + DATA + models
    assert "models.m.init.quantum: block_identity needs a circuit of blocks" in refusal(
        tmp_path, text
    )
    load(tmp_path, text.replace("    n_qubits: 3\n", "    n_qubits: 3\n    blocks: 1\n"))
