"""``search``: what a space may hold, where its mistakes are told, and what each value makes."""

from __future__ import annotations

import pytest

from qbench.spec import Point
from qbench.spec.search import Space

from .conftest import Load, Refusal

RATES = "trainer.optimizer.learning_rate: [0.1, 0.01]"


def space_of(point: Point) -> Space:
    assert point.space is not None
    return point.space


def written(space: str, more: str = "") -> str:
    return f"search: {{space: {{{space}}}{more}}}\n"


def test_a_space_has_dotted_keys_and_options_of_baselines(load: Load) -> None:
    text = written(f"{RATES}, baselines.svm_rbf.C: [1, =2**5]") + "baselines: [svm_rbf]\n"
    point = load(text).points[0]
    space = space_of(point)
    rates, penalties = space.dimensions
    slow = space.at(space.row(rates, rates.rows[1]))
    assert slow.config.trainer.optimizer.learning_rate == 0.01
    assert point.config.trainer.optimizer.learning_rate == 1e-3
    strict = space.at(space.row(penalties, penalties.rows[1]))
    assert strict.options == {"svm_rbf": {"C": 32}}
    assert strict.config == point.config


def test_zipped_keys_move_together_and_expressions_read_the_matrix(load: Load) -> None:
    keys = '"trainer.epochs, trainer.batch_size": [[=n, 8], [4, =2*n]]'
    suite = load(written(keys) + "matrix: {n: [2]}\n" + "description: =n\n")
    space = space_of(suite.points[0])
    (both,) = space.dimensions
    found = [space.at(space.row(both, row)).config.trainer for row in both.rows]
    assert [(one.epochs, one.batch_size) for one in found] == [(2, 8), (4, 4)]


def test_a_profile_shortens_a_space_by_its_keys(load: Load) -> None:
    profile = "profiles: {quick: {search.space.trainer.epochs: [1], search.seeds: 1}}\n"
    text = written(f"{RATES}, trainer.epochs: [5, 9]") + profile
    suite = load(text, profile="quick")
    rates, epochs = space_of(suite.points[0]).dimensions
    assert (len(rates.rows), len(epochs.rows)) == (2, 1)
    assert suite.config.search is not None
    assert suite.config.search.seeds == 1


@pytest.mark.parametrize(
    ("search", "message"),
    [
        ("{}", "14:1: search.space: is required"),
        ("{space: {}}", "search.space: must be {dotted.key: [values]}"),
        (f"{{space: {{{RATES}}}, sampler: tpe}}", "`tpe` is not yet supported (planned)"),
        (f"{{space: {{{RATES}}}, sampler: gird}}", "unknown value 'gird'; did you mean 'grid'?"),
        (f"{{space: {{{RATES}}}, seeds: 0}}", "search.seeds: must be at least 1, not 0"),
        (
            f"{{space: {{{RATES}}}, metric: accuracy}}",
            "known are validation_loss, validation_accuracy",
        ),
        ("{space: {trainer.epochs: [2, 0]}}", "14:38: trainer.epochs: must be at least 1, not 0"),
        ("{space: {trainer.epoch: [2]}}", "14:34: trainer.epoch: unknown key; did you mean"),
        ("{space: {trainer.epochs: 3}}", "search.space.trainer.epochs: must be a list of values"),
        ("{space: {depth: [1, 2]}}", "search.space.depth: a space has dotted keys"),
        ("{space: {seeds: [1, 2]}}", "search.space.seeds: `seeds` holds for the whole suite"),
        ("{space: {execution.shots: [1, 2]}}", "execution.shots: can't be searched; circuits, mod"),
        ("{space: {data.order: [first]}}", "search.space.data.order: can't be searched"),
        ("{space: {exclude: []}}", "search.space.exclude: a search tries every combination"),
        ("{space: {baselines.svm: [1]}}", "is written baselines.NAME.OPTION"),
        ("{space: {baselines.svm.C: [1]}}", "unknown baseline 'svm'; did you mean 'svm_rbf'?"),
        ("{space: {baselines.svm_rbf.c: [1]}}", "svm_rbf has no such option; did you mean 'C'?"),
        ("{space: {baselines.svm_rbf.C: [1]}}", "search.space.baselines.svm_rbf.C: unknown basel"),
        ("{space: {baselines.mlp.hidden_units: [2.5]}}", "hidden units are whole numbers from 1"),
        ("{space: {trainer.epochs: [1, 2]}}\nmatrix: {trainer.epochs: [1]}", "is an axis of the m"),
        (f"{{space: {{{RATES}}}}}\ntrainer: {{select: best_test}}", "trainer.select reads the te"),
    ],
)
def test_what_a_search_can_not_be_is_told_with_its_place(
    refusal: Refusal, search: str, message: str
) -> None:
    assert message in refusal(f"search: {search}\n")


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ("trainer={select: best_test}", "models.qnn.trainer.select: the search chooses on valida"),
        (
            "data={split: {validation: 0}}",
            "models.qnn.data.split: the search chooses on validation rows, and here are none",
        ),
    ],
)
def test_a_model_whose_own_keys_leave_no_rows_to_choose_on_is_told(
    own: str, message: str, refusal: Refusal
) -> None:
    assert message in refusal(written(RATES), overrides=[f"models.qnn.{own}"])


def test_a_search_needs_validation_rows_and_something_that_is_trained(refusal: Refusal) -> None:
    search = written(RATES)
    assert "data.split.validation is 0" in refusal(
        f"{search}trainer: {{select: last}}\n", overrides=["data.split.validation=0"]
    )
    assert "task gradient_variance trains nothing" in refusal(f"{search}task: gradient_variance\n")


def test_a_grid_of_too_many_combinations_is_refused(refusal: Refusal) -> None:
    many = f"trainer.epochs: {list(range(1, 50))}, trainer.batch_size: {list(range(1, 50))}"
    assert "makes 2401 combinations, more than 1000" in refusal(written(many))
