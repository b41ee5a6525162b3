"""``published``: values of other authors, and what is refused of them."""

from __future__ import annotations

import pytest

from qbench.exceptions import SpecError

from .conftest import Load, Refusal

MATRIX = "matrix: {trainer.epochs: [1, 2], trainer.batch_size: {small: 8}}\n"


def entry(
    where: str = "{model: qnn}", metric: str = "accuracy", value: str = "0.9", **more: str
) -> str:
    rest = "".join(f", {key}: {text}" for key, text in ({"source": "them"} | more).items())
    return f"{{where: {where}, metric: {metric}, value: {value}{rest}}}"


def test_a_published_value_is_of_a_model_and_of_axes(load: Load) -> None:
    where = "{model: qnn, trainer.epochs: 2, trainer.batch_size: small}"
    suite = load(f"{MATRIX}published: [{entry(where, n_test='100')}]\n")
    (found,) = suite.published
    assert found == {
        "where": {"model": "qnn", "trainer.epochs": "2", "trainer.batch_size": "small"},
        "metric": "accuracy",
        "value": 0.9,
        "n_test": 100,
        "source": "them",
    }


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (entry(value="97.4"), "value: accuracy is a fraction, and 97.4 is above 1; did you mean 0"),
        (entry(value="-0.1"), "value: -0.1 is no accuracy"),
        (entry(value=".nan"), "value: must be a number, not text '.nan'"),
        (entry(metric="rmse", value="-1"), "value: -1 is no rmse: it is never below 0"),
        (entry(metric="r2", value="1.5"), "value: 1.5 is no r2"),
        (entry(metric="acuracy"), "metric: unknown metric 'acuracy'; did you mean 'accuracy'?"),
        (entry(n_test="0"), "n_test: must be at least 1, not 0"),
        (entry(source="''"), "source: must say where the value was published"),
        (entry("{}"), "where: must be {axis: value}, such as {model: NAME}"),
        (entry("{modle: qnn}"), "where.modle: unknown axis 'modle'; did you mean 'model'?"),
        (entry("{model: qn}"), "where.model: unknown value 'qn'; did you mean 'qnn'?"),
        (entry("{backend: qiskit}"), "where.backend: exact backends share their figures"),
        (entry("{trainer.epochs: 3}"), "where.trainer.epochs: unknown value '3'; known are 1, 2"),
    ],
)
def test_what_can_not_be_is_refused_with_its_place(
    refusal: Refusal, written: str, message: str
) -> None:
    said = refusal(f"{MATRIX}published:\n  - {written}\n")
    assert "suite.yaml:16:" in said
    assert f"published[0].{message}" in said


def test_a_metric_that_is_not_recorded_is_refused(refusal: Refusal) -> None:
    said = refusal(f"record: {{metrics: [f1_macro]}}\npublished: [{entry()}]\n")
    assert "published[0].metric: accuracy is not recorded; add it to record.metrics" in said


def test_a_profile_that_shortens_the_suite_leaves_its_published_values_valid(load: Load) -> None:
    text = MATRIX + (
        f"baselines: [mlp, svm_rbf]\n"
        f"published: [{entry('{trainer.epochs: 2}')}, {entry('{model: mlp}')}]\n"
        "profiles: {quick: {matrix.trainer.epochs: [1], baselines: [svm_rbf]}}\n"
    )
    assert len(load(text, profile="quick").published) == 2
    with pytest.raises(SpecError, match="unknown value '3'"):
        load(text.replace("{trainer.epochs: 2}", "{trainer.epochs: 3}"), profile="quick")


def test_the_list_of_an_experiment_is_of_its_rows_alone(load: Load) -> None:
    suite = load(
        f"published: [{entry(value='0.8')}]\n"
        f"experiments: {{one: , two: {{published: [{entry(value='0.9')}]}}}}\n"
    )
    assert [(found["where"], found["value"]) for found in suite.published] == [
        ({"experiment": "one", "model": "qnn"}, 0.8),
        ({"experiment": "two", "model": "qnn"}, 0.9),
    ]


def test_the_list_of_all_experiments_names_none(load: Load) -> None:
    suite = load(
        f"published: [{entry()}, {entry('{experiment: two}')}]\nexperiments: {{one: , two: }}\n"
    )
    assert [f["where"] for f in suite.published] == [{"model": "qnn"}, {"experiment": "two"}]


def test_it_is_no_axis(refusal: Refusal) -> None:
    assert "`published` holds for the whole suite" in refusal("matrix: {published: [[]]}\n")
