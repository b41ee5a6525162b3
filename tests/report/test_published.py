"""Published values beside one's own: which rows show them, and what is said of each."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from scipy import stats

from qbench.report.models_table import models_table
from qbench.report.render import render_text
from qbench.report.run_tables import View, run_tables
from tests.report.conftest import noted, row_of


def entry(value: float, source: str = "them", metric: str = "accuracy", **more: Any) -> Any:
    n_test = more.pop("n_test", None)
    where = more or {"model": "qnn"}
    return {"where": where, "metric": metric, "value": value, "n_test": n_test, "source": source}


def test_the_interval_is_the_binomial_one_of_the_test_rows(run):
    frame = run.add("qnn", 0.90, 0.92, 0.94).frame()
    row = row_of(models_table(frame, published=[entry(0.97, n_test=100)]), model="qnn")
    assert row["published_low"] == pytest.approx(stats.beta.ppf(0.025, 97, 4))
    assert row["published_high"] == pytest.approx(stats.beta.ppf(0.975, 98, 3))
    assert row["published_text"] == "0.970 [0.915, 0.994]"
    assert row["published_difference"] == pytest.approx(-0.05)


@pytest.mark.parametrize(
    ("ours", "published", "said"),
    [
        ((0.90, 0.92, 0.94), entry(0.97, n_test=100), "5.0 points below the published 0.97 [1]; "
         "the intervals overlap"),
        ((0.90, 0.91, 0.90), entry(0.99, n_test=900), "8.7 points below the published 0.99 [1]; "
         "the intervals do not overlap"),
        ((0.90, 0.91, 0.90), entry(0.85), "5.3 points above the published 0.85 [1]; the published "
         "value lies outside our interval, and has none"),
        ((0.9,), entry(0.9, n_test=100), "is equal to the published 0.9 [1]; ours, of one seed, "
         "lies inside the published interval"),
        ((0.9,), entry(0.8), "10.0 points above the published 0.8 [1]; neither has an interval"),
    ],
)  # fmt: skip
def test_each_difference_has_its_sentence(run, ours, published, said):
    table = models_table(run.add("qnn", *ours).frame(), published=[published])
    (line,) = noted(table, said)
    assert line.startswith("qnn: ours, 0.9")
    assert noted(table, "published [1]: them")


def test_every_row_that_fits_shows_the_value_and_no_other_row_does(run):
    for depth in "12":
        run.add("qnn", 0.9, 0.8, axes={"depth": depth}).add("mlp", 0.7, 0.7, axes={"depth": depth})
    frame = run.frame()
    table = models_table(frame, published=[entry(0.95), entry(0.6, model="mlp", depth="2")])
    shown = {(row["labels.depth"], row["model"]): row.get("published") for row in table.rows}
    assert shown == {("1", "qnn"): 0.95, ("2", "qnn"): 0.95, ("1", "mlp"): None, ("2", "mlp"): 0.6}
    assert len(noted(table, "the published 0.95 [1]")) == 2
    assert noted(table, "mlp, depth=2: ours, 0.7, is 10.0 points above the published 0.6 [1]")


def test_several_values_of_one_row_stand_side_by_side(run):
    frame = run.add("qnn", 0.90, 0.92).frame()
    table = models_table(frame, published=[entry(0.95, "one"), entry(0.90, "two", n_test=50)])
    row = row_of(table, model="qnn")
    assert row["published_text"] == "0.950; 0.900 [0.782, 0.967]"
    assert row["published_difference_text"] == "-0.040; +0.010"
    (plain,) = csv.DictReader(io.StringIO(render_text([table], "csv")))
    assert json.loads(plain["published"]) == [0.95, 0.90]
    assert json.loads(plain["published_low"]) == [None, pytest.approx(0.782, abs=1e-3)]
    assert json.loads(plain["published_source"]) == ["one", "two"]
    assert json.loads(plain["published_difference"]) == pytest.approx([-0.04, 0.01])
    assert noted(table, "published [2]: two")


def test_a_value_of_no_row_is_told_unless_a_filter_hides_its_row(run):
    values = [entry(0.95), entry(0.5, model="cnn")]
    run.add("qnn", 0.9, 0.8).add("mlp", 0.7, 0.7)
    everything = run.frame()
    part = everything[everything["method"] == "mlp"]
    table = models_table(part, everything=everything, published=values)
    assert noted(table, "no row is of it here") == [
        "published, and no row is of it here: accuracy 0.5 [1], model=cnn"
    ]


def test_of_many_values_of_no_row_the_first_are_told(run):
    values = [entry(0.5 + n / 100, model=f"cnn{n}") for n in range(5)]
    table = models_table(run.add("qnn", 0.9, 0.8).frame(), published=values)
    (note,) = noted(table, "no row is of it here")
    assert note.endswith("accuracy 0.5 [1], model=cnn0; 0.51 [1], model=cnn1; "
                         "0.52 [1], model=cnn2; and 2 more")  # fmt: skip


def test_values_of_another_metric_are_named_and_shown_when_asked_for(run):
    frame = run.add("qnn", 0.9, 0.8).frame()
    frame["metrics.f1_macro"] = frame["metrics.accuracy"]
    values = [entry(0.7, metric="f1_macro", n_test=10)]
    table = models_table(frame, published=values)
    assert "published" not in row_of(table, model="qnn")
    assert noted(table, "also published: f1_macro (--metric f1_macro)")
    row = row_of(models_table(frame, published=values, metric="f1_macro"), model="qnn")
    assert row["published_text"] == "0.700"  # the binomial interval is of accuracies


def test_a_row_without_results_has_the_published_value_alone(run):
    frame = run.add("qnn", None, status="failed", reason="broke").add("mlp", 0.5).frame()
    table = models_table(frame, published=[entry(0.95)])
    assert row_of(table, model="qnn")["published_text"] == "0.950"
    assert noted(table, "qnn: published 0.95 [1]; no trial of ours ended ok")


def test_every_format_has_it_from_the_run_itself(store):
    from tests.report.conftest import HandmadeRun

    made = HandmadeRun(store, published=[entry(0.97, "A | B", n_test=100)])
    tables = run_tables(store, made.add("qnn", 0.9, 0.92).save(), View("models"))
    assert "0.970 [0.915, 0.994]" in render_text(tables, "md")
    assert "0.970 [0.915, 0.994]" in render_text(tables, "latex")
    (plain,) = json.loads(render_text(tables, "json"))["Models"]["rows"]
    assert plain["published_n_test"] == 100
    assert plain["published_difference"] == pytest.approx(-0.06)
    assert "published_source" in render_text(tables, "csv").splitlines()[0]


def unbalanced(run, ratio: tuple[int, int], *more: str) -> Any:
    counts = {"test_largest_class": ratio[0], "test_smallest_class": ratio[1]}
    frame = run.add("qnn", 0.9, 0.8, counts=counts).frame()
    for name in more:
        frame[f"metrics.{name}"] = frame["metrics.accuracy"] - 0.3
    return frame


def test_unbalanced_classes_bring_balanced_accuracy_and_auc_with_their_intervals(run):
    table = models_table(unbalanced(run, (390, 234), "balanced_accuracy", "roc_auc"))
    row = row_of(table, model="qnn")
    assert row["balanced_accuracy"] == pytest.approx(0.55)
    assert row["roc_auc_low"] < 0.55 < row["roc_auc_high"]
    assert {"balanced_accuracy_text", "roc_auc_text"} <= {c.key for c in table.columns}
    assert noted(table, "1.7 times the rows of the smallest: balanced accuracy and AUC stand")


def test_balanced_classes_have_accuracy_alone(run):
    table = models_table(unbalanced(run, (6, 5), "balanced_accuracy", "roc_auc"))
    assert "roc_auc" not in row_of(table, model="qnn")
    assert not noted(table, "the largest class")


def test_what_was_not_recorded_of_unbalanced_classes_is_told(run):
    table = models_table(unbalanced(run, (3, 1), "roc_auc"))
    assert noted(table, "balanced_accuracy are not recorded: add them to record.metrics")
    assert "roc_auc" in row_of(table, model="qnn")
