"""Accuracy: which rows count, and what every figure is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qbench.exceptions import UnknownNameError
from qbench.report.baseline import Baseline
from qbench.report.frames import row_name
from qbench.report.models_table import models_table
from tests.report.conftest import noted, row_of

T_2 = 4.302652729911275
"""97.5% point of Student's t with 2 degrees of freedom."""


def test_the_figures_of_a_row_are_the_mean_and_its_t_interval(run):
    counts = {"inputs": 4, "parameters_quantum": 16, "parameters_classical": 10, "depth": 13}
    table = models_table(run.add("qnn", 0.90, 0.92, 0.94, counts=counts).frame())
    row = row_of(table, model="qnn")
    assert row["accuracy"] == pytest.approx(0.92)
    assert row["accuracy_low"] == pytest.approx(0.92 - T_2 * 0.02 / 3**0.5)
    assert row["accuracy_high"] == pytest.approx(0.92 + T_2 * 0.02 / 3**0.5)
    assert row["accuracy_text"] == "0.920 [0.870, 0.970]"
    assert (row["parameters"], row["inputs"], row["depth"]) == ("16/10", 4, 13)
    assert row["seeds"] == "3/3"


def test_the_figures_come_from_the_first_backend_that_is_complete(run):
    run.add("qnn", 0.1, variant="qiskit").add("qnn", 0.2, variant="qiskit", status="ok")
    frame = (
        run.add("qnn", None, None, variant="torchquantum", status="failed", reason="broke")
        .add("qnn", 0.8, 0.8, variant="pennylane")
        .frame()
    )
    frame = frame[frame["variant"] != "qiskit"]
    row = row_of(models_table(frame), model="qnn")
    assert row["from_backend"] == "pennylane"
    assert row["accuracy"] == pytest.approx(0.8)
    assert row["problems"] == "2 failed"


def test_without_a_complete_backend_the_one_with_most_ok_counts(run):
    run.add("qnn", 0.5, variant="qiskit").add("qnn", 0.7, 0.7, variant="pennylane")
    frame = run.frame()
    frame.loc[frame["seed"] == 0, "status"] = "timeout"
    row = row_of(models_table(frame), model="qnn")
    assert row["from_backend"] == "pennylane"
    assert (row["seeds"], row["problems"]) == ("1/2", "2 timeout")


def test_backends_are_one_row_and_no_further_observations(run):
    for variant in ("qiskit", "pennylane", "torchquantum"):
        agreement = {"outputs": {"qiskit": 1e-15}.get(variant, 3e-7), "gradients": 2e-6}
        run.add("qnn", 0.9, 0.8, variant=variant, agreement=agreement)
    table = models_table(run.frame())
    row = row_of(table)
    assert row["seeds"] == "2/2"
    assert row["agreement_outputs"] == 3e-7
    assert row["agreement_text"] == "3e-07 / 2e-06"


def test_differences_are_paired_by_seed(run):
    run.add("qnn", 0.90, 0.80, 0.70).add("cnn", 0.88, 0.79, 0.66)
    table = models_table(run.frame(), baseline=Baseline("cnn"))
    row = row_of(table, model="qnn")
    assert row["difference"] == pytest.approx((0.02 + 0.01 + 0.04) / 3)
    deviation = 0.0152752523165  # of 0.02, 0.01, 0.04
    assert row["difference_high"] - row["difference"] == pytest.approx(T_2 * deviation / 3**0.5)
    assert row["difference_text"].startswith("+0.023 [")
    assert "difference" not in row_of(table, model="cnn")


def test_seeds_that_failed_on_one_side_leave_the_pairs(run):
    run.add("qnn", 0.9, 0.8).add("cnn", 0.5, 0.6)
    frame = run.frame()
    frame.loc[(frame["method"] == "cnn") & (frame["seed"] == 1), "status"] = "failed"
    row = row_of(models_table(frame, baseline=Baseline("cnn")), model="qnn")
    assert row["difference"] == pytest.approx(0.4)
    assert row["difference_text"] == "+0.400"


def test_the_matched_mlp_has_its_own_column_unless_it_is_the_baseline(run):
    run.add("qnn", 0.9, 0.8).add("cnn", 0.8, 0.7)
    run.add("mlp_matched", 0.6, 0.6, variant="baselines")
    frame = run.frame()
    row = row_of(models_table(frame, baseline=Baseline("cnn")), model="qnn")
    assert row["matched_difference"] == pytest.approx(0.25)
    row = row_of(models_table(frame, baseline=Baseline("mlp_matched")), model="qnn")
    assert row["difference"] == pytest.approx(0.25)
    assert "matched_difference" not in row


def test_gradient_variance_is_that_of_the_same_backend_where_it_is_ok(run):
    for variant, mean in (("qiskit", 0.002), ("pennylane", 0.004)):
        run.add("qnn", 0.9, 0.8, variant=variant)
        found = {"mean": mean, "low": mean / 2, "high": mean * 2}
        run.add("qnn", None, variant=variant, task="gradient_variance", gradient_variance=found)
    table = models_table(run.frame())
    row = row_of(table, model="qnn")
    assert row["gradient_variance"] == 0.002
    assert row["gradient_variance_text"] == "0.002 [0.001, 0.004]"
    assert noted(table, "gradient variance: of the first batch's loss")


def test_one_seed_has_no_interval_and_says_so(run):
    run.add("qnn", 0.9).add("cnn", 0.8)
    table = models_table(run.frame(), baseline=Baseline("cnn"))
    row = row_of(table, model="qnn")
    assert row["accuracy_text"] == "0.900"
    assert row["difference_text"] == "+0.100"
    assert noted(table, "one seed: no interval")
    assert not noted(table, "95% t interval")


def test_axes_are_columns_and_differences_stay_within_a_point(run):
    for depth, gain in (("1", 0.1), ("2", 0.2)):
        run.add("qnn", 0.5 + gain, 0.6 + gain, axes={"depth": depth, "fixed": "a"})
        run.add("cnn", 0.5, 0.6, axes={"depth": depth, "fixed": "a"})
    table = models_table(run.frame(), baseline=Baseline("cnn"))
    assert [c.key for c in table.columns][:2] == ["labels.depth", "model"]
    assert row_of(table, model="qnn", **{"labels.depth": "1"})["difference"] == pytest.approx(0.1)
    assert row_of(table, model="qnn", **{"labels.depth": "2"})["difference"] == pytest.approx(0.2)


def test_a_failed_row_stays_and_its_reason_is_noted(run):
    run.add("qnn", 0.9, 0.8)
    run.add("svm_rbf", None, None, variant="baselines", status="failed", reason="singular matrix")
    table = models_table(run.frame())
    row = row_of(table, model="svm_rbf")
    assert (row["seeds"], row["problems"]) == ("0/2", "2 failed")
    assert "accuracy" not in row
    assert noted(table, "svm_rbf: 2 failed: singular matrix")


def test_a_baseline_that_did_not_run_is_said_not_promised(run):
    table = models_table(run.add("qnn", 0.9, 0.8).frame(), baseline=Baseline("cnn"))
    assert noted(table, "no difference: there is nothing to compare with the baseline cnn")
    assert not noted(table, "difference: against")


def test_regressions_lead_with_the_root_mean_square_error(run):
    table = models_table(run.add("qnn", 50.0, 60.0, metric="rmse").frame())
    assert row_of(table)["rmse"] == pytest.approx(55.0)


def test_the_published_rule_stands_for_no_other_and_is_marked(run):
    run.add("qnn", 0.5, 0.5, variant="qiskit[diff_method=textbook-2x]", diff_method="textbook-2x")
    run.add("qnn", 0.9, None)
    frame = run.frame()
    table = models_table(frame)
    assert row_of(table)["from_backend"] == "pennylane"
    assert noted(table, "textbook-2x: a published mistake, no gradient")
    assert not noted(models_table(frame[frame["variant"] == "pennylane"]), "mistake")


def test_what_the_seeds_resolve_is_said_of_models(run):
    run.add("qnn", 0.90, 0.80, 0.70).add("cnn", 0.88, 0.79, 0.66)
    run.add("svm_rbf", 0.5, 0.6, 0.5, variant="baselines")
    table = models_table(run.frame(), baseline=Baseline("cnn"))
    # deviation 0.01528 of the differences times 3.264, the effect that 3 pairs find
    assert noted(table, "resolve 5 points") == [
        "qnn: 3 seeds resolve 5 points; the difference is 2.3 points"
    ]
    assert noted(table, "Cohen 1988")
    assert not noted(table, "svm_rbf")


def test_many_points_are_one_line_a_model(run):
    for depth in range(7):
        gain = 0.01 * depth
        run.add("qnn", 0.5 + gain, 0.6, 0.75, axes={"depth": str(depth)})
        run.add("cnn", 0.4, 0.5, 0.6, axes={"depth": str(depth)})
    table = models_table(run.frame(), baseline=Baseline("cnn"))
    (line,) = noted(table, "seeds resolve")
    assert line == "qnn: 3 seeds resolve 8.2 to 10 points; the differences are 12 to 14 points"


def test_a_baseline_can_be_another_value_of_an_axis(run):
    for noise, lost in (("none", 0.0), ("some", 0.1), ("much", 0.3)):
        for depth in ("1", "2"):
            axes = {"noise": noise, "depth": depth}
            run.add("qnn", 0.9 - lost, 0.8 - lost - 0.01 * int(depth), axes=axes)
    table = models_table(run.frame(), baseline=Baseline.of_suite({"noise": "none"}))
    much = row_of(table, **{"labels.noise": "much", "labels.depth": "2"})
    assert much["difference"] == pytest.approx(-0.3)
    assert "difference" not in row_of(table, **{"labels.noise": "none", "labels.depth": "2"})
    assert noted(table, "difference: against the same model, noise=none")


def test_a_baseline_can_be_a_model_at_a_value_of_an_axis(run):
    for depth, gain in (("1", 0.0), ("2", 0.1)):
        run.add("qnn", 0.5 + gain, 0.6 + gain, axes={"depth": depth})
        run.add("cnn", 0.4 + gain, 0.5 + gain, axes={"depth": depth})
    baseline = Baseline.of_suite({"model": "cnn", "depth": "1"})
    table = models_table(run.frame(), baseline=baseline)
    assert row_of(table, model="qnn", **{"labels.depth": "2"})["difference"] == pytest.approx(0.2)
    assert row_of(table, model="cnn", **{"labels.depth": "2"})["difference"] == pytest.approx(0.1)


def test_points_that_lack_an_axis_keep_their_rows(run):
    run.add("qnn", 0.9, 0.8, axes={"experiment": "a", "depth": "1"})
    run.add("qnn", 0.7, 0.6, axes={"experiment": "b"})
    run.add("cnn", 0.6, 0.5, axes={"experiment": "b"})
    table = models_table(run.frame(), baseline=Baseline("cnn"))
    assert [row["model"] for row in table.rows] == ["qnn", "qnn", "cnn"]
    row = row_of(table, model="qnn", **{"labels.experiment": "b"})
    assert row["difference"] == pytest.approx(0.1)


def test_an_axis_may_be_called_like_a_column(run):
    for depth in ("1", "2"):
        run.add("qnn", 0.9, axes={"depth": depth}, counts={"depth": 13})
    table = models_table(run.frame())
    assert [(row["labels.depth"], row["depth"]) for row in table.rows] == [("1", 13), ("2", 13)]


def test_a_metric_can_be_chosen_and_a_misspelt_one_gets_the_nearest(run):
    frame = run.add("qnn", 0.9, 0.8).frame()
    frame["metrics.roc_auc"] = [0.99, 0.97]
    table = models_table(frame, metric="roc_auc")
    assert row_of(table)["roc_auc"] == pytest.approx(0.98)
    assert "accuracy" not in row_of(table)
    with pytest.raises(UnknownNameError, match="did you mean 'roc_auc'"):
        models_table(frame, metric="rocauc")


@pytest.mark.parametrize(
    ("text", "hint"),
    [("cn", "cnn"), ("dept=1", "depth"), ("depth=3", "known are 1, 2"), ("model=qn", "qnn")],
)
def test_a_misspelt_baseline_gets_the_nearest(run, text, hint):
    for depth in ("1", "2"):
        run.add("qnn", 0.9, axes={"depth": depth}).add("cnn", 0.9, axes={"depth": depth})
    frame = run.frame()
    with pytest.raises(UnknownNameError, match=hint):
        Baseline.parse(text, frame)
    assert Baseline.parse("depth=2", frame) == Baseline(None, {"labels.depth": "2"})
    assert Baseline.parse("cnn", frame) == Baseline("cnn")


def test_models_that_are_not_tested_on_the_same_rows_are_told(run):
    run.add("qnn", 0.9, 0.8, data={"split": {"test": 50}, "transform": [["pca", 4]]})
    run.add("raw", 0.9, 0.8, data={"split": {"test": 50}, "train_on": "all"})
    run.add("big", 0.9, 0.8, data={"split": {"test": 90}})
    (note,) = noted(models_table(run.frame()), "not all tested on the same rows")
    assert "rows: qnn, raw; big; a difference between models of two of these groups" in note


def test_other_test_rows_at_another_point_of_the_grid_are_no_news(run):
    for test in "57":
        for model in ("qnn", "mlp"):
            run.add(model, 0.9, axes={"test": test}, data={"split": {"test": int(test)}})
    assert not noted(models_table(run.frame()), "same rows")


def test_each_number_of_shots_has_a_row_and_lines_name_it(run):
    run.add("qnn", 0.7, 0.7, variant="few", shots=100)
    run.add("qnn", None, None, variant="refused", status="unsupported", diff_method=None)
    run.add("qnn", 0.9, 0.9, variant="exact")
    run.add("qnn", 0.9, 0.9, variant="exact elsewhere")
    run.add("mlp", 0.8, 0.8, variant="baselines")
    table = models_table(run.frame())
    told = [(row["model"], row["shots"], row["from_backend"]) for row in table.rows]
    assert told == [("qnn", 100, "few"), ("qnn", None, "exact"), ("mlp", None, "baselines")]
    assert [row["accuracy"] for row in table.rows] == pytest.approx([0.7, 0.9, 0.8])
    assert row_name(table.rows[0], []) == "qnn, 100 shots"
    assert noted(table, "shots: outputs and gradients are estimates")


def test_a_model_whose_epoch_was_chosen_by_its_test_rows_is_marked(run):
    run.add("cnn", 0.9, 0.8, select="best_test").add("qnn", 0.7, 0.6, select="best_validation")
    table = models_table(run.frame())
    assert row_of(table, model="cnn")["selected_by"] == "test rows"
    assert "selected_by" not in row_of(table, model="qnn")
    assert noted(table, "the figures are too good")


def test_a_row_of_the_trials_that_it_is_compared_with_says_so(run):
    run.add("lenet", 0.9, 0.8, axes={"taught": "no"})
    run.records = [
        (replace(record, labels=[*record.labels, {**record.labels[0], "taught": "yes"}]), outcome)
        for record, outcome in run.records
    ]
    table = models_table(run.frame(), baseline=Baseline.of_suite({"taught": "no"}))
    row = row_of(table, **{"labels.taught": "yes"})
    assert (row["difference"], row["difference_text"]) == (0.0, "same trials")
