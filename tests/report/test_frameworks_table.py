"""Time: what ratios are taken of, and what rows say of themselves."""

from __future__ import annotations

import math

import pytest

from qbench.report.frameworks_table import frameworks_table
from tests.report.conftest import noted, row_of


def test_ratios_are_against_the_fastest_and_paired_by_seed(run):
    run.add("qnn", 0.9, 0.9, variant="slow", step_ms=[4.0, 9.0])
    run.add("qnn", 0.9, 0.9, variant="fast", step_ms=[2.0, 3.0])
    table = frameworks_table(run.frame())
    row = row_of(table, backend="slow@1.0")
    assert row["ratio"] == pytest.approx(math.sqrt(2 * 3))
    half = 12.706204736 * abs(math.log(3) - math.log(2)) / 2
    assert row["ratio_low"] == pytest.approx(math.sqrt(6) * math.exp(-half))
    fast = row_of(table, backend="fast@1.0")
    assert (fast["ratio"], fast["ratio_text"]) == (1.0, "1")
    assert fast["step_ms"] == 2.5


def test_a_label_stands_before_its_backend(run):
    run.add("qnn", 0.9, variant="shots apart", backend="qiskit", version="2.6.2")
    run.add("qnn", 0.9, variant="qiskit[tier=expert]", version="2.6.2")
    names = [row["backend"] for row in frameworks_table(run.frame()).rows]
    assert names == ["shots apart (qiskit@2.6.2)", "qiskit@2.6.2"]


def test_rows_tell_their_shots_and_no_ratio_crosses_them(run):
    run.add("qnn", 0.9, 0.9, variant="exact", step_ms=1.0)
    run.add("qnn", 0.9, 0.9, variant="few", step_ms=20.0, shots=100)
    run.add("qnn", 0.9, 0.9, variant="few, slowly", step_ms=40.0, shots=100)
    run.add("qnn", 0.9, 0.9, variant="many", step_ms=90.0, shots=2000)
    table = frameworks_table(run.frame())
    assert [row["shots"] for row in table.rows] == [None, 100, 100, 2000]
    assert [row["ratio"] for row in table.rows] == pytest.approx([1, 1, 2, 1])
    assert noted(table, "ratios compare equal shots only")
    assert noted(table, "shots: outputs and gradients are estimates")


def test_no_ratio_crosses_precisions(run):
    run.add("qnn", 0.9, 0.9, variant="double", step_ms=10.0)
    run.add("qnn", 0.9, 0.9, variant="single", step_ms=1.0, precision="single")
    run.add("qnn", 0.9, 0.9, variant="later", step_ms=20.0)
    table = frameworks_table(run.frame())
    ratios = {row["backend"]: row["ratio"] for row in table.rows}
    assert ratios == pytest.approx({"double@1.0": 1, "single@1.0": 1, "later@1.0": 2})
    assert noted(table, "ratios compare equal precisions only")


def test_accuracy_is_not_in_the_table_of_frameworks(run):
    table = frameworks_table(run.add("qnn", 0.9).frame())
    assert not [c for c in table.columns if "accuracy" in c.key]
    assert "accuracy" not in row_of(table)


def test_classical_methods_are_no_frameworks(run):
    run.add("qnn", 0.9).add("svm_rbf", 0.9, variant="baselines")
    assert [row["backend"] for row in frameworks_table(run.frame()).rows] == ["pennylane@1.0"]


def test_unsupported_and_failed_variants_are_rows_with_their_reasons(run):
    run.add("qnn", 0.9, 0.9)
    run.add("qnn", None, None, variant="aer", status="unsupported", reason="no single precision")
    run.add("qnn", None, None, variant="old", status="failed", reason="disagrees by 0.1")
    table = frameworks_table(run.frame())
    assert row_of(table, backend="aer@1.0")["counts"] == "2 unsupported"
    assert "step_ms" not in row_of(table, backend="old@1.0")
    assert noted(table, "aer: 2 unsupported: no single precision")
    assert noted(table, "old: 2 failed: disagrees by 0.1")


def test_memory_difference_executions_and_target_are_shown_where_recorded(run):
    run.add(
        "qnn",
        0.9,
        0.9,
        agreement={"outputs": 1e-9, "gradients": 3e-8},
        provenance={"circuit_executions_per_step": 92.0},
    )
    frame = run.frame()
    frame["metrics.target_s"] = [0.5, math.nan]
    row = row_of(frameworks_table(frame))
    assert (row["memory_bytes"], row["memory_text"]) == (20e6, "20")
    assert (row["difference"], row["difference_text"]) == (3e-8, "3e-08")
    assert row["executions_text"] == "92"
    assert row["target_text"] == "0.5 (1/2)"


def test_what_disturbs_times_is_noted(run):
    run.add("qnn", 0.9, variant="a", provenance={"jobs": 2})
    run.add("qnn", 0.9, variant="b", tier="expert", provenance={"machine": "m2", "fresh": False})
    table = frameworks_table(run.frame())
    assert noted(table, "several jobs at once")
    assert noted(table, "2 different machines")
    assert noted(table, "warm workers")
    assert noted(table, "expert: gradient code of qbench's")


def test_a_row_tells_the_gpu_that_it_ran_on(run):
    run.add("qnn", 0.9, variant="a").add("qnn", 0.9, variant="b", accelerator="cuda")
    devices = [row["device"] for row in frameworks_table(run.frame()).rows]
    assert devices == ["default", "default on cuda"]


def test_columns_that_never_change_become_a_note(run):
    table = frameworks_table(run.add("qnn", 0.9, variant="a").add("qnn", 0.9, variant="b").frame())
    assert not {"device", "tier", "precision", "optimise", "threads"} & {
        c.key for c in table.columns
    }
    assert noted(
        table,
        "all rows: device default, tier documented, precision double, optimise none, threads 1",
    )


def test_several_models_and_axes_are_rows_of_their_own(run):
    for depth in ("1", "2"):
        for method in ("qnn", "wide"):
            run.add(method, 0.9, axes={"depth": depth})
    table = frameworks_table(run.frame())
    assert [(row["labels.depth"], row["model"]) for row in table.rows] == [
        ("1", "qnn"),
        ("1", "wide"),
        ("2", "qnn"),
        ("2", "wide"),
    ]


def test_a_run_without_quantum_models_says_so(run):
    table = frameworks_table(run.add("svm_rbf", 0.9, variant="baselines").frame())
    assert not table.rows
    assert noted(table, "no quantum model was trained in this run")
