"""Zipped axes, and points that a matrix adds and leaves out."""

from __future__ import annotations

import pytest

from .conftest import SMALL, Load, Refusal

TEXT = SMALL.replace("n_qubits: 4", "n_qubits: =n")


def points(suite) -> list[tuple[str, ...]]:
    return [tuple(point.labels.values()) for point in suite.points]


def test_zipped_axes_move_together_and_combine_with_the_others(load: Load) -> None:
    matrix = 'matrix: {"n, trainer.epochs": [[2, 8], [3, 4]], trainer.batch_size: [16, 32]}\n'
    suite = load(matrix, text=TEXT)
    assert suite.axes == {
        "n": ["2", "3"],
        "trainer.epochs": ["8", "4"],
        "trainer.batch_size": ["16", "32"],
    }
    assert points(suite) == [("2", "8", "16"), ("2", "8", "32"), ("3", "4", "16"), ("3", "4", "32")]
    configs = [point.config for point in suite.points]
    assert [c.circuits["pqc"].n_qubits for c in configs] == [2, 2, 3, 3]
    assert [c.trainer.epochs for c in configs] == [8, 8, 4, 4]


def test_a_value_may_stand_in_several_zipped_rows(load: Load) -> None:
    suite = load('matrix: {"n, trainer.epochs": [[2, 1], [2, 2], [3, 2]]}\n', text=TEXT)
    assert suite.axes == {"n": ["2", "3"], "trainer.epochs": ["1", "2"]}
    assert points(suite) == [("2", "1"), ("2", "2"), ("3", "2")]


def test_excluded_points_are_left_out(load: Load) -> None:
    suite = load(
        """matrix:
  n: [2, 3, 4]
  trainer.epochs: {short: 1, long: 9}
  exclude:
    - {n: [3, 4], trainer.epochs: long}
    - {n: 2, trainer.epochs: short}
""",
        text=TEXT,
    )
    assert points(suite) == [("2", "long"), ("3", "short"), ("4", "short")]


def test_included_points_come_after_the_grid_and_may_bring_new_values(load: Load) -> None:
    suite = load(
        """matrix:
  n: [2, 3]
  trainer.epochs: {short: 1, long: 9}
  exclude: [{trainer.epochs: long}]
  include: [{n: 5, trainer.epochs: long}, {n: 3, trainer.epochs: 50}]
""",
        text=TEXT,
    )
    assert points(suite) == [("2", "short"), ("3", "short"), ("5", "long"), ("3", "50")]
    assert [p.config.trainer.epochs for p in suite.points] == [1, 1, 9, 50]
    assert suite.axes == {"n": ["2", "3", "5"], "trainer.epochs": ["short", "long", "50"]}


def test_a_matrix_may_be_a_list_of_points_alone(load: Load) -> None:
    suite = load(
        "matrix: {include: [{n: 2, trainer.epochs: 1}, {n: 4, trainer.epochs: 7}]}\n", text=TEXT
    )
    assert points(suite) == [("2", "1"), ("4", "7")]
    assert suite.axes == {"n": ["2", "4"], "trainer.epochs": ["1", "7"]}


def test_a_profile_that_shortens_an_axis_may_leave_exclude_as_it_is(load: Load) -> None:
    suite = load(
        """matrix: {n: [2, 4], trainer.epochs: [1, 2], exclude: [{n: 4, trainer.epochs: 2}]}
profiles: {quick: {matrix.n: [2]}}
""",
        text=TEXT,
        profile="quick",
    )
    assert points(suite) == [("2", "1"), ("2", "2")]


def test_a_value_that_a_profile_gives_an_axis_is_told_where_it_stands(refusal: Refusal) -> None:
    told = refusal(
        "matrix: {trainer.epochs: [1]}\nprofiles: {quick: {matrix.trainer.epochs: [x]}}\n"
    )
    assert "suite.yaml:15:44: trainer.epochs: must be a whole number, not text 'x'" in told


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        ("'n, trainer.epochs': 3", "zipped axes take a list of rows, each [n, trainer.epochs]"),
        ("'n, trainer.epochs': []", "zipped axes take a list of rows, each [n, trainer.epochs]"),
        ("'n, trainer.epochs': [[1]]", "14:32: matrix.n, trainer.epochs[0]: must be [n, trainer"),
        ("'n, trainer.epochs': [[2, 1], [2, 1]]", "14:40: matrix.n, trainer.epochs[1]: this row"),
        ("'n, trainer.epochs': [[2, x]]", "14:36: trainer.epochs: must be a whole number, not te"),
        ("'n, n': [[2, 1]]", 'zipped axes are written "a, b": [[a1, b1], [a2, b2]]'),
        ("'n, ': [[2, 1]]", 'zipped axes are written "a, b": [[a1, b1], [a2, b2]]'),
        ("'n, trainer.epochs': [[2, 1]], n: [3]", "matrix.n: the axis 'n' is there twice"),
        ("'n, trianer.epochs': [[2, 1]]", "unknown key; did you mean 'trainer'?"),
        ("n: [2], exclude: {n: 2}", "matrix.exclude: must be a list, [{axis: value, ...}, ...]"),
        ("n: [2], exclude: [2]", "14:28: matrix.exclude[0]: must be {axis: value}, not the number"),
        ("n: [2], exclude: [{}]", "matrix.exclude[0]: must be {axis: value}, not a mapping"),
        ("n: [2], exclude: [{m: 2}]", "14:29: matrix.exclude[0].m: there is no such axis; known"),
        ("n: [2], exclude: [{n: 3}]", "14:29: matrix.exclude[0].n: unknown value '3'; known are 2"),
        ("n: [2], exclude: [{n: [2]}]", "matrix.exclude: leaves no point of the grid"),
        ("n: [2], include: [{m: 2}]", "matrix.include[0].m: there is no such axis; known are n"),
        ("n: [2], include: [{n: 2}]", "matrix.include[0]: this point is in the grid already"),
        ("n: [2], trainer.epochs: [1], include: [{n: 3}]", "gives no value to trainer.epochs; a"),
        ("n: {two: 2}, include: [{n: x}]", "n_qubits: must be a whole number, not text 'x'"),
        ("include: [{trianer.epochs: 2}]", "14:21: matrix.include[0].trianer.epochs: unknown key"),
    ],
)  # fmt: skip
def test_a_wrong_grid_is_told_with_its_place(matrix: str, expected: str, refusal: Refusal) -> None:
    assert expected in refusal(f"matrix: {{{matrix}}}\n", text=TEXT)
