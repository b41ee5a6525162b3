"""Axes: values, labels, expressions and points."""

from __future__ import annotations

import pytest

from .conftest import SMALL, Load, Refusal


def test_points_are_the_product_with_the_first_axis_slowest(load: Load) -> None:
    text = SMALL.replace("n_qubits: 4", "n_qubits: =n")
    suite = load("matrix: {n: [2, 3], trainer.epochs: {short: 1, long: 9}}\n", text=text)
    assert suite.axes == {"n": ["2", "3"], "trainer.epochs": ["short", "long"]}
    assert [tuple(p.labels.values()) for p in suite.points] == [
        ("2", "short"),
        ("2", "long"),
        ("3", "short"),
        ("3", "long"),
    ]
    assert [p.config.circuits["pqc"].n_qubits for p in suite.points] == [2, 2, 3, 3]
    assert [p.config.trainer.epochs for p in suite.points] == [1, 9, 1, 9]
    assert suite.config == suite.points[0].config


def test_an_axis_may_hold_words_mappings_and_lists(load: Load) -> None:
    axes = """matrix:
  circuits.pqc.ansatz: [none, real_amplitudes, {name: basic_entangler, n_layers: 2}]
  data: [digits, wine]
  kind: [angle, iqp]
"""
    text = SMALL.replace("{name: angle, rotation: RY}", "=kind")
    text = text.replace("{name: digits, classes: [3, 8]}", "{split: {train: 90}}")
    suite = load(axes, text=text)
    assert suite.axes["circuits.pqc.ansatz"] == ["none", "real_amplitudes", "basic_entangler"]
    assert len(suite.points) == 12
    assert {p.config.data.name for p in suite.points} == {"digits", "wine"}
    assert {p.config.data.split.train for p in suite.points} == {90}
    encodings = [p.config.circuits["pqc"].encoding for p in suite.points[:2]]
    assert [e["name"] for e in encodings if e] == ["angle", "iqp"]


def test_expressions_see_axes_and_axes_may_be_expressions(load: Load) -> None:
    text = SMALL.replace("n_qubits: 4", "n_qubits: =ceil(log2(width)) + 1")
    suite = load("matrix: {base: [2], width: [=base*4, 16], trainer.epochs: [=base + 1]}\n",
                 text=text)  # fmt: skip
    assert [p.config.circuits["pqc"].n_qubits for p in suite.points] == [4, 5]
    assert suite.axes["width"] == ["base*4", "16"]
    assert suite.config.trainer.epochs == 3


def test_labels_are_what_the_user_wrote(load: Load) -> None:
    suite = load("matrix: {trainer.shuffle: [true, false], data.order: [random]}\n")
    assert suite.axes["trainer.shuffle"] == ["true", "false"]


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        ("[1]", "14:1: matrix: must be a mapping of axes"),
        ("{trainer.epochs: 3}", "14:10: matrix.trainer.epochs: must be a list of values or"),
        ("{trainer.epochs: []}", "matrix.trainer.epochs: has no values"),
        ("{trainer.epochs: [1, 1]}", "has two values named '1'; name them: {label: value}"),
        ("{trainer.epoch: [1]}", "14:26: trainer.epoch: unknown key; did you mean 'epochs'?"),
        ("{trainer.epochs: [1, x]}", "14:30: trainer.epochs: must be a whole number, not text"),
        ("{trianer.epochs: [1]}", "matrix.trianer.epochs: unknown key; did you mean 'trainer'?"),
        ("{circuits.pqc.n_qbits: [1]}", "circuits.pqc.n_qbits: unknown key; did you mean"),
        ("{circuits.x.n_qubits: [1]}", "circuits.x: unknown circuit 'x'"),
        ("{models.qnn.layers.dense: [1]}", "is a list, and a dotted key passes through no list"),
        ("{depth: [1]}", "matrix.depth: this axis changes nothing: no expression reads `=depth`"),
        ("{seeds: [[1]]}", "`seeds` holds for the whole suite: it is no axis"),
        ("{backends: [[any]]}", "`backends` holds for the whole suite: it is no axis"),
        ("{'a, b': [[1, 2]]}", "matrix.a: this axis changes nothing: no expression reads `=a`"),
        ("{experiment: [1]}", "'experiment' can't be the name of an axis"),
        ("{pi: [1]}", "'pi' can't be the name of an axis"),
        ("{a-b: [1]}", "'a-b' can't be the name of an axis"),
        ("{trainer.epochs: [=nope]}", "trainer.epochs: '=nope': unknown name 'nope'"),
    ],
)
def test_a_wrong_axis_is_told_with_its_place(matrix: str, expected: str, refusal: Refusal) -> None:
    assert expected in refusal(f"matrix: {matrix}\n")


def test_a_grid_too_large_is_refused_at_once(refusal: Refusal) -> None:
    values = list(range(100))
    text = SMALL.replace("n_qubits: 4", "n_qubits: =a*b*c")
    told = refusal(f"matrix: {{a: {values}, b: {values}, c: {values}}}\n", text=text)
    assert "matrix: makes 1000000 points, more than 100000" in told


def test_a_problem_of_every_point_is_told_once(refusal: Refusal) -> None:
    told = refusal("matrix: {trainer.epochs: [1, 2, 3]}\nfoo: 1\n")
    assert len(told.splitlines()) == 1


def test_axes_and_expressions_reach_no_text(load: Load) -> None:
    suite = load("description: =n means nothing here\n")
    assert suite.description == "=n means nothing here"
