"""Two runs side by side."""

from __future__ import annotations

import math

import numpy as np
import pytest

from qbench.exceptions import UnknownNameError
from qbench.report import View, run_tables, two_runs_tables
from qbench.report.two_runs import Pair, two_runs_frameworks, two_runs_models
from tests.report.conftest import HandmadeRun, noted, row_of
from tests.report.drawn import DrawnRun
from tests.report.timed import TimedRun

DRIFT = np.linspace(1, 2, 10)


@pytest.fixture
def other(store):
    return HandmadeRun(store)


def pair_of(run, other):
    return Pair.of(run.frame(), other.frame())


def test_differences_are_b_minus_a_of_equal_seeds(run, other):
    run.add("qnn", 0.90, 0.80)
    other.add("qnn", 0.94, 0.82, 0.10)
    row = row_of(two_runs_models(pair_of(run, other)))
    assert (row["a"], row["b"]) == (pytest.approx(0.85), pytest.approx(1.86 / 3))
    assert row["difference"] == pytest.approx(0.03)
    assert row["difference_high"] - 0.03 == pytest.approx(12.706204736 * 0.01)
    assert row["seeds"] == "2, 3, 2"


def test_the_ratio_of_steps_is_b_over_a_by_seed(run, other):
    run.add("qnn", 0.9, 0.9, step_ms=[2.0, 3.0])
    other.add("qnn", 0.9, 0.9, step_ms=[4.0, 9.0])
    row = row_of(two_runs_frameworks(pair_of(run, other)))
    assert (row["a"], row["b"]) == (2.5, 6.5)
    assert row["ratio"] == pytest.approx(math.sqrt(6))


def test_equal_accuracies_say_so(run, other):
    run.add("qnn", 0.9, 0.8)
    other.add("qnn", 0.9, 0.8)
    row = row_of(two_runs_models(pair_of(run, other)))
    assert (row["difference"], row["difference_text"]) == (0.0, "equal")


def test_each_backend_and_point_is_a_row_of_its_own(run, other):
    for each in (run, other):
        for depth in ("1", "2"):
            for variant in ("pennylane", "qiskit"):
                each.add("qnn", 0.9, variant=variant, axes={"depth": depth})
    table = two_runs_models(pair_of(run, other))
    assert [(r["labels.depth"], r["variant"]) for r in table.rows] == [
        ("1", "pennylane"),
        ("1", "qiskit"),
        ("2", "pennylane"),
        ("2", "qiskit"),
    ]


def test_an_axis_that_differs_between_the_runs_only_keeps_them_apart(run, other):
    run.add("qnn", 0.9, axes={"depth": "1"})
    other.add("qnn", 0.8, axes={"depth": "2"})
    table = two_runs_models(pair_of(run, other))
    assert len(table.rows) == 2
    assert "difference" not in table.rows[0]


def test_what_one_run_lacks_is_named(run, other):
    run.add("qnn", 0.9).add("svm_rbf", 0.9, variant="baselines")
    other.add("qnn", 0.9).add("qnn", 0.9, variant="qiskit")
    table = two_runs_models(pair_of(run, other))
    assert noted(table, "only in A: svm_rbf")
    assert noted(table, "only in B: qnn on qiskit")
    assert len(table.rows) == 3


def test_of_many_points_that_one_run_lacks_a_few_are_named_by_the_axes_that_they_have(run, other):
    for depth in "12345678":
        run.add("qnn", 0.9, axes={"depth": depth})
    run.add("plain", 0.9)
    other.add("qnn", 0.9, axes={"depth": "1"})
    (note,) = noted(two_runs_models(pair_of(run, other)), "only in A")
    assert note.startswith("only in A: qnn on pennylane depth=2; ")
    assert note.endswith("depth=7; and 2 more")
    assert "nan" not in note


def test_a_model_that_was_tested_on_other_rows_is_told(run, other):
    few, many = ({"split": {"test": rows}} for rows in (50, 90))
    run.add("qnn", 0.9, data=few).add("mlp", 0.9, data=few)
    other.add("qnn", 0.8, data=many).add("mlp", 0.9, data=few)
    (note,) = noted(two_runs_models(pair_of(run, other)), "tested on other rows")
    assert note == "tested on other rows in B than in A: qnn on pennylane"


def test_trials_that_were_not_run_again_are_no_measurement(run, other):
    run.add("qnn", 0.9, 0.8, shared=True)
    other.add("qnn", 0.9, 0.8, shared=True)
    table = two_runs_frameworks(pair_of(run, other))
    assert row_of(table)["ratio_text"] == "same trials"
    assert noted(table, "2 trials are the same in both runs")


def test_other_machines_and_versions_are_noted(run, other):
    run.add("qnn", 0.9, provenance={"versions": {"pennylane": "0.45.1", "torch": "2"}})
    other.add(
        "qnn", 0.9, provenance={"machine": "m2", "versions": {"pennylane": "0.46", "torch": "2"}}
    )
    table = two_runs_frameworks(pair_of(run, other))
    assert noted(table, "different machines")
    assert noted(table, "pennylane: pennylane 0.45.1 in A, 0.46 in B")
    assert not noted(table, "torch")


def test_no_ratio_crosses_precisions(run, other):
    run.add("qnn", 0.9, 0.9)
    other.add("qnn", 0.9, 0.9, precision="single")
    row = row_of(two_runs_frameworks(pair_of(run, other)))
    assert "ratio" not in row
    assert row["precision"] == "double / single"


def test_no_ratio_of_steps_crosses_shots(run, other):
    run.add("qnn", 0.9, 0.9, shots=100).add("cnn", 0.9, 0.9, shots=100)
    other.add("qnn", 0.9, 0.9).add("cnn", 0.9, 0.9, shots=100)
    pair = pair_of(run, other)
    table = two_runs_frameworks(pair)
    row = row_of(table, method="qnn")
    assert "ratio" not in row
    assert row["shots"] == "100 / exact"
    assert row_of(table, method="cnn")["ratio"] == pytest.approx(1.0)
    assert row_of(two_runs_models(pair), method="qnn")["shots"] == "100 / exact"


def test_failures_of_either_run_are_given_with_their_reasons(run, other):
    run.add("qnn", 0.9, 0.8)
    other.add("qnn", None, None, status="failed", reason="disagrees by 0.1")
    table = two_runs_models(pair_of(run, other))
    row = row_of(table)
    assert row["seeds"] == "2, 0, 0"
    assert "b" not in row
    assert noted(table, "B: pennylane: 2 failed: disagrees by 0.1")


def test_the_tables_say_which_run_is_which_and_one_run_is_no_pair(run, other, store):
    run.add("qnn", 0.9)
    other.add("qnn", 0.8)
    tables = two_runs_tables(store, run.save(), other.save(), View())
    assert [t.title for t in tables] == ["Models in A and B", "Frameworks in A and B"]
    assert noted(tables[0], f"A: run {run.id} of suite")
    assert noted(tables[1], f"B: run {other.id} of suite")
    with pytest.raises(UnknownNameError, match="both names mean run"):
        two_runs_tables(store, run.id, run.id)


def test_a_run_is_compared_as_it_ended_not_as_later_runs_measured_again(run, other, store):
    run.add("qnn", 0.9, shared=True, step_ms=2.0).save()
    other.add("qnn", 0.9, shared=True, step_ms=6.0)
    ((record, outcome),) = other.records
    store.plan(other.id, [record])
    store.finish_attempt(store.begin_attempt(record.id, other.id), outcome)  # run --force
    store.end_run(other.id)
    assert row_of(run_tables(store, run.id)[1])["step_ms"] == 6.0
    row = row_of(two_runs_tables(store, run.id, other.id)[1])
    assert (row["a"], row["b"], row["ratio"]) == (2.0, 6.0, pytest.approx(3.0))


def test_gradient_variances_stand_side_by_side_with_their_ratio(store):
    a, b = DrawnRun(store), DrawnRun(store)
    a.falling("hea", 0.7, range(2, 5)).point("only", 2, 0.1)
    b.falling("hea", 1.4, range(2, 5), log_se=0.04)
    (table,) = two_runs_tables(store, a.save(), b.save())
    row = row_of(table, **{"method": "hea", "labels.n": "4"})
    assert row["ratio"] == pytest.approx(row["b"] / row["a"])
    assert row["ratio_low"] < math.exp(-0.7 * 4) < row["ratio_high"]
    width = 1.96 * math.hypot(0.02, 0.04)
    assert row["ratio_high"] / row["ratio"] == pytest.approx(math.exp(width))
    assert noted(table, "only in A: only on reference")
    assert "ratio" not in row_of(table, method="only")
    assert row_of(table, method="only")["samples"] == "5000, -"


def test_no_ratio_of_variances_crosses_shots(store):
    a, b = DrawnRun(store), DrawnRun(store)
    a.point("hea", 2, 0.1, shots=100).point("ring", 2, 0.1, shots=100)
    b.point("hea", 2, 0.1).point("ring", 2, 0.2, shots=100)
    (table,) = two_runs_tables(store, a.save(), b.save())
    assert "ratio" not in row_of(table, method="hea", shots="100 / exact")
    assert "ratio" in row_of(table, method="ring", shots="100")


def test_points_that_were_not_drawn_again_have_no_ratio_of_chance(store, run, other):
    a, b = DrawnRun(store), DrawnRun(store)
    for each in (a, b):
        each.id, kept = "shared", each.id
        each.falling("hea", 0.7, range(2, 4))
        each.id = kept
    a.save()
    store.plan(b.id, [record for record, _ in b._made])
    store.end_run(b.id)
    (table,) = two_runs_tables(store, a.id, b.id, View(kind="trainability"))
    assert {row["ratio_text"] for row in table.rows} == {"same trial"}


def test_runs_of_trainings_have_no_table_of_variances(run, other, store):
    run.add("qnn", 0.9)
    other.add("qnn", 0.8)
    titles = [t.title for t in two_runs_tables(store, run.save(), other.save())]
    assert titles == ["Models in A and B", "Frameworks in A and B"]


def test_times_of_circuits_have_a_ratio_of_medians_and_no_interval(store):
    a, b = TimedRun(store), TimedRun(store)
    a.cell("x", 0.002 * DRIFT).cell("only", DRIFT).save()
    b.cell("x", 0.006 * DRIFT, group="b").cell("x", DRIFT, n=5, precision="single").save()
    (table,) = two_runs_tables(store, a.id, b.id)
    assert table.title == "Speed in A and B"
    row = row_of(table, **{"variant": "x", "labels.n": "4"})
    assert (row["a"], row["b"]) == (pytest.approx(3.0), pytest.approx(9.0))
    assert row["ratio"] == pytest.approx(3.0)
    assert noted(table, "took no turns")
    assert "ratio" not in row_of(table, variant="only")


def test_no_ratio_of_circuits_times_crosses_shots(store):
    a, b = TimedRun(store), TimedRun(store)
    a.cell("x", 0.002 * DRIFT, shots=100).cell("y", DRIFT, shots=100).save()
    b.cell("x", 0.006 * DRIFT, group="b").cell("y", 2 * DRIFT, group="b", shots=100).save()
    (table,) = two_runs_tables(store, a.id, b.id)
    assert "ratio" not in row_of(table, variant="x", shots="100 / exact")
    assert row_of(table, variant="y", shots="100")["ratio"] == pytest.approx(2.0)


def test_runs_without_a_common_kind_of_row_say_how_to_see_each(store, run):
    run.add("c", None, task="diagnose", method_kind="circuit")
    again = HandmadeRun(store).add("c", None, task="diagnose", method_kind="circuit")
    with pytest.raises(UnknownNameError, match=f"show each by itself: qbench compare {run.id}"):
        two_runs_tables(store, run.save(), again.save())
