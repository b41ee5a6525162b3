"""What the quantum part contributes: against which controls, with which sign, in which words."""

from __future__ import annotations

import pytest

from qbench.report.frameworks_table import frameworks_table
from qbench.report.models_table import models_table
from qbench.stats import paired_difference
from tests.report.conftest import noted, row_of

QNN = (0.90, 0.92, 0.97, 0.93)
WORSE, BETTER = (0.80, 0.83, 0.85, 0.84), (0.95, 0.99, 1.00, 0.98)


def controlled(run, **controls):
    """A run of ``qnn`` with these controls."""
    run.add("qnn", *QNN)
    for name, values in controls.items():
        run.add(f"qnn[{name}]", *values, method_kind="control")
    return run


def test_each_control_has_its_own_paired_difference(run):
    table = models_table(controlled(run, frozen_quantum=WORSE, linear_twin=BETTER).frame())
    for name, values in (("frozen_quantum", WORSE), ("linear_twin", BETTER)):
        row, expected = row_of(table, model=f"qnn[{name}]"), paired_difference(QNN, values)
        assert row["contribution"] == pytest.approx(expected.estimate)
        assert row["contribution_low"] == pytest.approx(expected.low)
        assert row["contribution_high"] == pytest.approx(expected.high)
    assert noted(table, "quantum contribution: the model minus the control, seed by seed")


def test_a_model_is_held_against_the_best_of_its_classical_controls_alone(run):
    best = (1.0, 1.0, 1.0, 1.0)  # frozen and random circuits are circuits still
    controlled(run, frozen_quantum=best, random_quantum=best, no_entanglement=WORSE)
    table = models_table(controlled_by_twin(run).frame())
    row = row_of(table, model="qnn")
    assert row["best_control"] == "linear_twin"
    assert row["contribution"] == pytest.approx(paired_difference(QNN, BETTER).estimate)
    assert row["contribution_high"] == pytest.approx(
        paired_difference(QNN, BETTER, level=0.975).high
    )
    record = next(r for r in table.records() if r["model"] == "qnn")
    assert record["best_control"] == "linear_twin"
    assert {"contribution", "contribution_low", "contribution_high"} <= set(record)


def controlled_by_twin(run):
    return run.add("qnn[linear_twin]", *BETTER, method_kind="control")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (WORSE, "adds 10.0 points [7.7, 12.3] over its best classical control, linear_twin: "
                "more than none"),
        (BETTER, "adds -5.0 points [-7.6, -2.4] over its best classical control, linear_twin: "
                 "less than none"),
        ((0.91, 0.91, 0.96, 0.95), "adds -0.2 points [-2.6, 2.1] over its best classical "
                                   "control, linear_twin: not distinguishable from none"),
    ],
)  # fmt: skip
def test_the_words_say_what_the_interval_says(run, values, words):
    table = models_table(controlled(run, linear_twin=values).frame())
    assert noted(table, "the quantum part") == [f"qnn: the quantum part {words}"]


def test_one_seed_tells_nothing(run):
    run.add("qnn", 0.9).add("qnn[linear_twin]", 0.8, method_kind="control")
    (line,) = noted(models_table(run.frame()), "the quantum part")
    assert line.endswith("adds 10.0 points over its best classical control, linear_twin: "
                         "one seed can't tell it from none")  # fmt: skip


def test_less_error_counts_for_the_model(run):
    run.add("qnn", 1.0, 1.1, 1.2, metric="rmse")
    run.add("qnn[linear_twin]", 2.0, 2.2, 2.1, metric="rmse", method_kind="control")
    run.add("qnn[no_entanglement]", 3.0, 3.2, 3.1, metric="rmse", method_kind="control")
    table = models_table(run.frame())
    assert row_of(table, model="qnn[linear_twin]")["contribution"] == pytest.approx(1.0)
    assert row_of(table, model="qnn")["best_control"] == "linear_twin"
    assert row_of(table, model="qnn")["contribution"] == pytest.approx(1.0)
    (line,) = noted(table, "the quantum part")
    assert "adds 1 of rmse [" in line
    assert noted(table, "with the sign turned since less is better")


def test_controls_stay_within_a_point_of_the_grid_and_stand_behind_their_model(run):
    run.add("cnn", *WORSE, axes={"depth": "1"})
    for depth, values in (("1", WORSE), ("2", BETTER)):
        run.add("qnn[mlp_matched]", *WORSE, axes={"depth": depth}, method_kind="control")
        run.add("qnn[linear_twin]", *values, axes={"depth": depth}, method_kind="control")
        run.add("mlp", *WORSE, axes={"depth": depth}, variant="baselines")
        run.add("qnn", *QNN, axes={"depth": depth})
    table = models_table(run.frame())
    at = {row["labels.depth"]: row for row in table.rows if row["model"] == "qnn"}
    assert at["1"]["contribution"] == pytest.approx(0.1)
    assert at["2"]["contribution"] == pytest.approx(-0.05)
    models = [row["model"] for row in table.rows if row["labels.depth"] == "1"]
    assert models == ["cnn", "mlp", "qnn", "qnn[linear_twin]", "qnn[mlp_matched]"]
    assert noted(table, "qnn, depth=2: the quantum part adds -5.0 points")


def test_many_points_are_counted_not_listed(run):
    for depth in range(7):
        axes = {"depth": str(depth)}
        run.add("qnn", *QNN, axes=axes)
        values = WORSE if depth < 5 else BETTER
        run.add("qnn[linear_twin]", *values, axes=axes, method_kind="control")
    (line,) = noted(models_table(run.frame()), "the quantum part")
    assert line.endswith("over the best classical control: 5 more than none, 2 less than none")


def test_a_control_that_is_the_models_own_trial_is_told(run, store):
    frame = controlled(run, no_entanglement=QNN, linear_twin=WORSE).frame()
    own = frame["method"] == "qnn[no_entanglement]"
    frame.loc[own, "trial_id"] = frame.loc[frame["method"] == "qnn", "trial_id"].to_numpy()
    table = models_table(frame)
    assert noted(table, "the same trial") == [
        "qnn[no_entanglement]: the same trial as qnn: no_entanglement changes nothing in it"
    ]
    assert row_of(table, model="qnn[no_entanglement]")["contribution_text"].startswith("+0.000")
    assert row_of(table, model="qnn")["contribution_high"] == 0.0


def test_a_control_that_failed_leaves_the_others(run):
    controlled(run, linear_twin=WORSE)
    run.add("qnn[no_entanglement]", None, None, status="unsupported", method_kind="control",
            reason="amplitude encoding")  # fmt: skip
    table = models_table(run.frame())
    assert row_of(table, model="qnn")["best_control"] == "linear_twin"
    assert row_of(table, model="qnn[no_entanglement]")["problems"] == "2 unsupported"
    assert noted(table, "amplitude encoding") == [
        "qnn[no_entanglement]: 2 unsupported: amplitude encoding"
    ]


def test_without_controls_there_is_no_column(run):
    table = models_table(run.add("qnn", *QNN).add("mlp[linear_twin]", *WORSE).frame())
    assert "quantum contribution" not in table.without_empty_columns().names()
    assert not noted(table, "quantum")


def test_controls_have_no_row_among_the_frameworks(run):
    table = frameworks_table(controlled(run, frozen_quantum=WORSE).frame())
    assert [row["model"] for row in table.rows] == ["qnn"]
