"""A metric over chosen axes."""

from __future__ import annotations

import pytest

from qbench.exceptions import UnknownNameError
from qbench.report.pivot_table import pivot_table
from tests.report.conftest import noted, row_of


@pytest.fixture
def frame(run):
    """Two models at two depths and two widths, accuracies that say where they come from."""
    for number, method in enumerate(("qnn", "cnn")):
        for depth in (1, 2):
            for width in (4, 8):
                mean = 0.1 * depth + 0.01 * width + 0.4 * number
                axes = {"depth": str(depth), "width": str(width)}
                step = float(depth * width)
                run.add(method, mean - 0.01, mean + 0.01, axes=axes, step_ms=step)
    return run.frame()


def test_any_axes_are_rows_and_columns(frame):
    table = pivot_table(frame, ["model", "depth"], ["width"])
    assert [c.heading for c in table.columns] == ["model", "depth", "width=4", "width=8"]
    row = row_of(table, method="cnn", **{"labels.depth": "2"})
    assert row["width=8"] == pytest.approx(0.68)
    assert row["width=8_high"] == pytest.approx(0.68 + 12.706204736 * 0.01)
    assert row["width=4_text"].startswith("0.640 [")
    assert len(table.rows) == 4


def test_two_axes_can_share_the_columns(frame):
    table = pivot_table(frame, ["model"], ["depth", "width"])
    assert row_of(table, method="qnn")["depth=1, width=8"] == pytest.approx(0.18)


def test_nothing_but_seeds_is_averaged(frame):
    table = pivot_table(frame, ["depth"])
    assert len(table.rows) == 8
    assert noted(table, "only seeds are averaged, so these are rows too: width, model")


def test_columns_alone_will_do(frame):
    table = pivot_table(frame[frame["method"] == "qnn"], [], ["depth", "width"])
    assert row_of(table)["depth=2, width=4"] == pytest.approx(0.24)


def test_an_accuracy_is_of_one_backend_and_a_time_of_each(run):
    run.add("qnn", 0.9, 0.8, variant="qiskit", axes={"depth": "1"}, step_ms=20.0)
    run.add("qnn", 0.9, 0.8, variant="pennylane", axes={"depth": "1"}, step_ms=2.0)
    run.add("svm_rbf", 0.7, 0.7, variant="baselines", axes={"depth": "1"})
    frame = run.frame()
    frame.loc[frame["method"] == "svm_rbf", "timings.step_ms"] = float("nan")
    accuracy = pivot_table(frame, ["model"])
    assert len(accuracy.rows) == 2
    assert noted(accuracy, "the first whose trials are complete")
    times = pivot_table(frame, ["model"], metric="step_ms")
    assert {row["variant"]: row["step_ms"] for row in times.rows} == {"qiskit": 20, "pennylane": 2}


def test_trials_that_failed_leave_their_cell_empty_and_are_explained(run):
    run.add("qnn", 0.9, axes={"depth": "1"})
    run.add("qnn", None, axes={"depth": "2"}, status="failed", reason="broke")
    table = pivot_table(run.frame(), ["model"], ["depth"])
    row = row_of(table)
    assert row["depth=1_text"] == "0.900"
    assert "depth=2" not in row
    assert noted(table, "pennylane: 1 failed: broke")
    assert noted(table, "one seed: no interval")


@pytest.mark.parametrize(
    ("rows", "columns", "metric", "said"),
    [
        (["dept"], [], None, "--rows: unknown key 'dept'; did you mean 'depth'"),
        (["model"], ["widht"], None, "--columns: unknown key 'widht'; did you mean 'width'"),
        (["model"], [], "acuracy", "did you mean 'accuracy'"),
        (["depth"], ["depth"], None, "'depth' is in --rows and in --columns"),
    ],
)
def test_what_is_not_there_gets_the_nearest(frame, rows, columns, metric, said):
    with pytest.raises(UnknownNameError, match=said):
        pivot_table(frame, rows, columns, metric)
