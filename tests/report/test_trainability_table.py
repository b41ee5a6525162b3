"""Trainability: which points are one curve, the words beneath, and what is left out of a fit."""

from __future__ import annotations

import math

import pytest

from qbench.exceptions import UnknownNameError
from qbench.report import View, render_text, run_tables
from qbench.report.decays import FitRule
from qbench.report.draws_table import draws_table
from qbench.report.points_table import points_table
from qbench.report.trainability_table import trainability_table
from tests.report.conftest import HandmadeRun, noted, row_of
from tests.report.drawn import DrawnRun

LN_2 = math.log(2)


@pytest.fixture
def drawn(store):
    return DrawnRun(store)


def test_a_known_decay_comes_out_with_its_interval_and_its_theory(drawn):
    drawn.falling("global", LN_2).falling("local", 0.0, cost="mean(Z)")
    table = trainability_table(drawn.frame())
    row = row_of(table, method="global")
    assert row["slope_low"] < -LN_2 < row["slope_high"]
    assert row["slope_high"] - row["slope_low"] < 0.02
    assert row["verdict"].startswith("decays exponentially, 0.69")
    assert (row["x_range"], row["cost"], row["samples"]) == ("2..10", "Z0", "5000")
    assert row["theory"] == pytest.approx(2.0**-10)
    assert row["theory_ratio"] == pytest.approx(row["variance"] / 2.0**-10)
    assert row["aicc_difference"] < 0
    flat = row_of(table, method="local")
    assert flat["slope_low"] < 0 < flat["slope_high"]
    headings = [column.heading for column in table.columns]
    assert "slope of ln Var per qubit [95%]" in headings
    assert "variance at qubits 10 [95%]" in headings
    assert noted(table, "natural logarithm of the variance (not of the deviation)")
    assert noted(table, "all rows: component all, init uniform [0, 6.283], samples 5000")


def test_axes_but_that_of_the_size_have_a_row_each(drawn):
    for depth, rate in (("n", 0.7), ("10 n", 1.2)):
        drawn.falling("hea", rate, axes={"depth": depth})
    table = trainability_table(drawn.frame())
    assert [row["labels.depth"] for row in table.rows] == ["n", "10 n"]
    assert [row["slope"] for row in table.rows] == pytest.approx([-0.7, -1.2], abs=0.02)
    assert table.column("n") is None


def test_the_fit_runs_along_the_axis_that_the_suite_names(drawn):
    for depth in range(1, 8):
        axes = {"layers": str(depth)}
        drawn.point("hea", 4, math.exp(-0.3 * depth), axes=axes, depth=5 * depth)
    table = trainability_table(drawn.frame(), FitRule(x="layers"))
    row = row_of(table)
    assert row["slope"] == pytest.approx(-0.3, abs=0.02)
    assert (row["x_range"], row["qubits"]) == ("1..7", "4")
    assert table.column("slope of ln Var per layers") is not None
    assert "per layers" in row["verdict"]


def test_axes_that_per_leaves_out_are_fitted_together(drawn):
    for depth in ("5", "6"):
        drawn.falling("hea", 0.5, axes={"depth": depth})
    row = row_of(trainability_table(drawn.frame(), FitRule(per=("circuit",))))
    assert row["points_ok"] == 18
    assert row["slope"] == pytest.approx(-0.5, abs=0.02)
    assert " to " in row["variance_text"]


def test_a_wrong_axis_of_the_fit_is_told_with_the_nearest(drawn):
    drawn.falling("hea", 0.5, axes={"depth": "n"})
    frame = drawn.frame()
    with pytest.raises(UnknownNameError, match="did you mean 'depth'"):
        trainability_table(frame, FitRule(x="dept"))
    with pytest.raises(UnknownNameError, match="axis 'depth' are no numbers: 'n'"):
        trainability_table(frame, FitRule(x="depth"))


def test_undersampled_points_bias_no_slope_and_are_marked(drawn):
    drawn.falling("global", LN_2, range(2, 9))
    for n in (9, 10):
        drawn.point("global", n, 2.0 ** -(3 * n), axes={"n": str(n)}, undersampled=True)
    table = trainability_table(drawn.frame())
    row = row_of(table)
    assert row["slope"] == pytest.approx(-LN_2, abs=0.02)
    assert (row["undersampled"], row["doubtful_text"]) == (2, "2, 0 of 9")
    assert row["variance_text"].endswith(" *")
    assert noted(table, "* undersampled: too few draws")


def test_what_single_precision_cannot_resolve_is_left_out_with_advice(drawn):
    drawn.falling("global", LN_2, range(2, 9))
    drawn.point("global", 9, 1e-3, axes={"n": "9"}, below_floor=True, floor=1e-2)
    drawn.point("global", 10, 0.0, axes={"n": "10"}, zero_share=1.0)
    table = trainability_table(drawn.frame())
    assert row_of(table)["slope"] == pytest.approx(-LN_2, abs=0.02)
    (note,) = noted(table, "left out of the fit")
    assert note == (
        "global: left out of the fit: 9 (below what the precision resolves); 10 (exactly zero)"
    )
    assert noted(table, "double precision cannot resolve it; what is seen is rounding")


def test_single_precision_is_advised_to_be_double(drawn):
    drawn.falling("global", LN_2, range(2, 9))
    drawn.point("global", 9, 1e-3, axes={"n": "9"}, below_floor=True, floor=1e-2)
    frame = drawn.frame().assign(precision="single")
    assert noted(trainability_table(frame), "execution: {precision: double}")


def test_one_size_shows_the_variance_without_a_fit(drawn):
    drawn.point("a", 4, 0.1, zero_share=0.25).point("b", 4, 0.2)
    table = trainability_table(drawn.frame())
    row = row_of(table, method="a")
    assert "slope" not in row
    assert row["variance"] == pytest.approx(0.1, rel=0.1)
    assert row["zero_text"] == "25%"
    assert noted(table, "nothing to fit")
    assert noted(table, "they dilute the mean")


def test_few_points_have_a_slope_and_no_verdict_of_a_law(drawn):
    row = row_of(trainability_table(drawn.falling("few", 0.5, range(2, 6)).frame()))
    assert row["slope"] == pytest.approx(-0.5, abs=0.1)
    assert "not decided" in row["verdict"]


def test_figures_come_from_the_first_complete_backend_and_others_agree(drawn):
    drawn.falling("c", 0.5, variant="qiskit", agreement={"outputs": 1e-15, "gradients": 4e-14})
    drawn.point("c", 11, 0.1, axes={"n": "11"}, variant="qiskit", status="failed", reason="broke")
    drawn.falling("c", 0.5, range(2, 12), agreement={"outputs": 2e-16, "gradients": 1e-16})
    table = trainability_table(drawn.frame())
    row = row_of(table)
    assert (row["from_backend"], row["x_range"]) == ("reference", "2..11")
    assert row["agreement_text"] == "1e-15 / 4e-14"
    assert row["problems"] == "1 failed"
    assert noted(table, "c: 1 failed: broke")


def test_rows_without_a_standard_error_are_not_fitted(drawn):
    row = row_of(trainability_table(drawn.falling("old", 0.5, log_se=0.0).frame()))
    assert "slope" not in row


def test_the_points_have_every_figure_of_their_own(drawn):
    drawn.falling("global", LN_2, range(2, 5), theory_kurtosis=2.25, kurtosis=2.3)
    table = points_table(drawn.frame())
    assert [row["x"] for row in table.rows] == [2, 3, 4]
    record = table.records()[0]
    assert record["theory"] == pytest.approx(0.25)
    assert record["theory_ratio"] == pytest.approx(record["variance"] / 0.25)
    assert record["variance_low"] < record["variance"] < record["variance_high"]
    assert (record["kurtosis"], record["theory_kurtosis"]) == (2.3, 2.25)
    assert (record["seconds"], record["undersampled"]) == (0.5, False)


def titles(store, run_id, **view):
    return [table.title for table in run_tables(store, run_id, View(**view))]


def test_a_run_of_circuits_shows_trainability_and_times_where_variants_can_be_compared(store):
    one = DrawnRun(store).falling("c", 0.5).save()
    assert titles(store, one) == ["Trainability"]
    two = DrawnRun(store).falling("c", 0.5, range(2, 12))
    two.falling("c", 0.5, range(2, 12), variant="qiskit", seconds=2.0)
    run_id = two.save()
    assert titles(store, run_id) == ["Trainability", "Frameworks (gradients of draws)"]
    frameworks = run_tables(store, run_id)[1]
    slow = row_of(frameworks, backend="qiskit@1.0")
    assert slow["ratio"] == pytest.approx(4.0)
    assert slow["ms_a_draw"] == pytest.approx(2e3 / 5000)
    assert slow["total_s"] == pytest.approx(20.0)


def test_times_of_draws_are_compared_at_equal_shots_only(drawn):
    for variant, seconds, shots in (("a", 8, None), ("b", 4, None), ("c", 1, 100), ("d", 3, 100)):
        for n in (2, 3):
            axes = {"n": str(n)}
            drawn.point("hea", n, 0.1, variant=variant, seconds=seconds, shots=shots, axes=axes)
    table = draws_table(drawn.frame())
    found = {row["backend"]: (row["shots"], row["ratio"]) for row in table.rows}
    assert found == {
        "a@1.0": (None, pytest.approx(2.0)),
        "b@1.0": (None, 1.0),
        "c@1.0": (100, 1.0),
        "d@1.0": (100, pytest.approx(3.0)),
    }


def test_a_variant_has_a_row_for_each_number_of_shots_and_one_where_it_was_refused(drawn):
    for shots, seconds in ((100, 1.0), (None, 5.0)):
        axes = {"execution.shots": str(shots)}
        drawn.point("hea", 2, 0.1, variant="exact", axes=axes, status="unsupported")
        drawn.point("hea", 2, 0.1, variant="aer", axes=axes, seconds=seconds, shots=shots)
    table = draws_table(drawn.frame())
    found = [(row["backend"], row["shots"], row.get("ms_a_draw")) for row in table.rows]
    assert found == [
        ("exact@1.0", None, None),
        ("aer@1.0", 100, pytest.approx(0.2)),
        ("aer@1.0", None, pytest.approx(1.0)),
    ]
    assert [row["ratio"] for row in table.rows[1:]] == [1.0, 1.0]


def test_files_carry_the_points_and_a_table_can_be_asked_for(store):
    run_id = DrawnRun(store).falling("c", 0.5).save()
    assert titles(store, run_id, in_full=True) == ["Trainability", "Gradient variance by point"]
    assert titles(store, run_id, kind="points") == ["Gradient variance by point"]
    assert titles(store, run_id) == ["Trainability"]
    text = render_text(run_tables(store, run_id, View(kind="trainability")), "csv")
    assert "slope,slope_low,slope_high" in text
    assert "exponential_p" in text


def test_files_keep_the_columns_that_a_note_would_say_once(store):
    run_id = DrawnRun(store).falling("a", 0.5).falling("b", 0.2).save()
    for in_full in (False, True):
        (table, *_) = run_tables(store, run_id, View(in_full=in_full))
        assert ("component" in table.records()[0]) is in_full
        assert bool(noted(table, "all rows: cost Z0, component all")) is not in_full


def test_the_run_notes_how_to_fit(store):
    run = DrawnRun(store, fit={"x": "layers", "per": None, "models": ["exponential"], "start": 3})
    for layers in range(1, 9):
        true = math.exp(-0.2 * layers) if layers > 2 else 1.0
        run.point("c", 4, true, axes={"layers": str(layers)})
    (table,) = run_tables(store, run.save())
    row = row_of(table)
    assert row["slope"] == pytest.approx(-0.2, abs=0.02)
    assert "exponent" not in row


def test_draws_beside_a_training_stay_with_the_models(store):
    run = HandmadeRun(store)
    figures = {"mean": 0.1, "low": 0.08, "high": 0.12, "log_se": 0.1}
    run.add("qnn", 0.9, 0.8).add("qnn", 0.0, task="gradient_variance", gradient_variance=figures)
    run.add("cnn", 0.8, 0.7)
    run_id = run.save()
    assert titles(store, run_id) == ["Models", "Frameworks"]
    assert titles(store, run_id, kind="trainability") == ["Trainability"]
    (models,) = run_tables(store, run_id, View(kind="models"))
    assert [row["model"] for row in models.rows] == ["qnn", "cnn"]


def test_two_runs_have_no_common_table_of_points(store):
    a, b = (DrawnRun(store).falling("c", 0.5).save() for _ in "ab")
    from qbench.report import two_runs_tables

    with pytest.raises(UnknownNameError, match="not by points"):
        two_runs_tables(store, a, b, View(kind="points"))
