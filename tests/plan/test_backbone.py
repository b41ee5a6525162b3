"""Transfer learning: models that begin with the trained layers of others."""

from __future__ import annotations

import pytest

from qbench.exceptions import SpecError

SUITE = """\
qbench: 1
name: transfer
seeds: [5]
data: {name: digits, classes: [0, 1, 2], split: {train: {per_class: 10}, validation: 20, test: 90}}
circuits:
  pqc: {n_qubits: 3, encoding: angle, ansatz: basic_entangler}
models:
  first: {layers: [{dense: {units: 8, activation: relu}}, {dense: 3}, tanh, {dense: n_classes}]}
  qnn: {layers: [{backbone: {model: first, until: 2}}, {quantum: pqc}, {dense: n_classes}]}
train: [qnn]
backends: [reference]
controls: [linear_twin]
trainer: {epochs: 3}
"""
NAMES = ("0.dense.weight", "0.dense.bias", "1.dense.weight", "1.dense.bias")


def of(plan, method):
    return next(t.work for t in plan.trials if t.work.method == method)


def layers(text):
    return f"models.qnn.layers=[{{backbone: {text}}}, {{quantum: pqc}}, {{dense: n_classes}}]"


def test_the_leading_layers_are_written_out_and_their_weights_are_the_others(plan_of):
    plan = plan_of(text=SUITE)
    work = of(plan, "qnn")
    assert [layer["type"] for layer in work.model.layers] == ["dense", "dense", "quantum", "dense"]
    assert work.backbone.parameters == NAMES
    assert work.needs == (of(plan, "first"),)
    assert work.trainable == ["2.quantum.weights", "3.dense.weight", "3.dense.bias"]
    assert not [t for t in plan.trials if t.work.task == "gradient_variance"]
    loose = of(plan_of(layers("{model: first, until: 2, freeze: false}"), text=SUITE), "qnn")
    assert set(loose.trainable) == {p.name for p in loose.model.parameters}


@pytest.mark.parametrize("until", ["tanh", "2"])
def test_a_backbone_ends_before_the_first_layer_of_a_type_or_after_so_many(plan_of, until):
    same = plan_of(layers(f"{{model: first, until: {until}}}"), text=SUITE)
    assert {t.id for t in same.trials} == {t.id for t in plan_of(text=SUITE).trials}
    whole = of(plan_of(layers("first"), text=SUITE), "qnn")
    kinds = [layer["type"] for layer in whole.model.layers]
    assert kinds == ["dense", "dense", "tanh", "quantum", "dense"]


def test_a_control_behind_the_backbone_has_it_too_and_one_within_it_is_unsupported(plan_of):
    assert of(plan_of(text=SUITE), "qnn[linear_twin]").backbone.parameters == NAMES
    within = plan_of(
        "models.first.layers=[{dense: 3}, {quantum: pqc}, {dense: n_classes}]",
        "models.qnn.layers=[{backbone: first}, {dense: n_classes}]",
        text=SUITE,
    )
    assert "changes layers of the backbone" in of(within, "qnn[linear_twin]").refusal
    assert of(within, "qnn").refusal is None


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        (layers("frist"), "unknown model 'frist'; did you mean 'first'"),
        (layers("qnn"), "backbones run in a circle: qnn -> qnn"),
        (layers("{model: first, until: relu}"), "has no layer 'relu'; it has dense, tanh"),
        (layers("{model: first, until: dense}"), "takes 0 of the 4 layers of 'first'"),
        (layers("{model: first, until: 5}"), "takes 5 of the 4 layers"),
        ("models.qnn.layers=[relu, {backbone: first}]", "it is the first layer"),
        ("models.first.data={name: wine, classes: all}", "parameter 0.dense.weight is .* here"),
        ("models.first.trainer={select: best_test}", "'first' is selected by its test rows"),
        ("models.first.data={split: {train: 0.5}}", r"'first' trains on \d+ of the 90 test rows"),
    ],
)
def test_a_backbone_that_does_not_fit_is_refused(plan_of, setting, said):
    with pytest.raises(SpecError, match=said):
        plan_of(setting, text=SUITE)
