"""What a user can ask of a run's tables."""

from __future__ import annotations

import pytest

from qbench.exceptions import UnknownNameError
from qbench.report import View, run_tables
from tests.report.conftest import HandmadeRun, noted, row_of


@pytest.fixture
def run_id(store):
    run = HandmadeRun(store, baseline="cnn")
    run.add("qnn", 0.90, 0.80).add("qnn", 0.90, 0.80, variant="qiskit[tier=expert]")
    run.add("cnn", 0.80, 0.60).add("svm_rbf", 0.95, 0.95, variant="baselines")
    return run.save()


def models(store, run_id, **view):
    (table,) = run_tables(store, run_id, View(kind="models", **view))
    return table


def test_both_tables_say_which_run_they_are_of(store, run_id):
    tables = run_tables(store, run_id)
    assert [t.title for t in tables] == ["Models", "Frameworks"]
    for table in tables:
        assert noted(table, f"run {run_id} of suite")
        assert noted(table, "Test CPU, 2 cores")


def test_differences_are_against_the_suites_baseline_or_the_one_asked_for(store, run_id):
    assert row_of(models(store, run_id), model="qnn")["difference"] == pytest.approx(0.15)
    table = models(store, run_id, baseline="svm_rbf")
    assert row_of(table, model="qnn")["difference"] == pytest.approx(-0.1)
    with pytest.raises(UnknownNameError, match="did you mean 'svm_rbf'"):
        models(store, run_id, baseline="svm_rfb")


def test_a_baseline_that_is_filtered_away_is_still_compared_with(store, run_id):
    table = models(store, run_id, where={"model": "q*"})
    assert [row["model"] for row in table.rows] == ["qnn"]
    assert row_of(table)["difference"] == pytest.approx(0.15)
    assert noted(table, "only model=q*")


def test_a_filter_chooses_the_backend_that_figures_come_from(store, run_id):
    table = models(store, run_id, where={"variant": "qiskit[tier=expert]"})
    assert row_of(table)["from_backend"] == "qiskit[tier=expert]"


@pytest.mark.parametrize(
    ("where", "said"),
    [({"modle": "qnn"}, "did you mean 'model'"), ({"model": "x*"}, "there are qnn, cnn")],
)
def test_a_filter_that_leaves_nothing_is_refused(store, run_id, where, said):
    with pytest.raises(UnknownNameError, match=said):
        models(store, run_id, where=where)


def test_rows_are_sorted_by_any_column_empty_ones_last(store, run_id):
    def order(sort):
        return [row["model"] for row in models(store, run_id, sort=sort).rows]

    assert order("accuracy") == ["cnn", "qnn", "svm_rbf"]
    assert order("-accuracy") == ["svm_rbf", "qnn", "cnn"]
    assert order("-difference") == ["svm_rbf", "qnn", "cnn"]
    assert order("model") == ["cnn", "qnn", "svm_rbf"]
    with pytest.raises(UnknownNameError, match="did you mean 'accuracy'"):
        order("acuracy")


def test_a_sort_that_one_table_has_leaves_the_other(store, run_id):
    tables = run_tables(store, run_id, View(sort="-step ms"))
    assert len(tables) == 2


def test_rows_or_columns_give_one_table_of_the_metric(store, run_id):
    (table,) = run_tables(store, run_id, View(rows=["model"], sort="-accuracy"))
    assert table.title == "accuracy by model"
    assert [row["method"] for row in table.rows] == ["svm_rbf", "qnn", "cnn"]
