"""The tables of speed: ratios within rounds, of equal precision and group; advice; exponents."""

from __future__ import annotations

import numpy as np
import pytest

from qbench.store import Store
from tests.report.timed import TimedRun


@pytest.fixture
def run(store: Store) -> TimedRun:
    return TimedRun(store)


DRIFT = np.linspace(1, 2, 10)


def test_ratios_are_taken_within_rounds_and_drift_cancels(run: TimedRun) -> None:
    tables = (
        run.cell("a", 0.001 * DRIFT, control=(1.0, 0.98, 1.03)).cell("b", 0.002 * DRIFT).tables()
    )
    assert list(tables) == ["Speed", "Fastest"]
    a, b = tables["Speed"].rows
    assert (a["ratio_text"], b["ratio_text"]) == ("1", "2 [2, 2]")
    (winner,) = tables["Fastest"].rows
    assert winner["fastest"] == "a@1.0 (d, adjoint)"
    assert winner["ahead"] == pytest.approx(2.0)
    assert winner["verdict"] == ""
    assert "its ratio covers 1 in 1 of 1 cells" in " ".join(tables["Fastest"].notes)


def test_equal_variants_are_not_told_apart_and_an_uneven_control_is_named(run: TimedRun) -> None:
    noise = np.exp(np.random.default_rng(0).normal(0, 0.1, 10))
    run.cell("a", DRIFT * noise, control=(1.0, 0.9, 1.1)).cell("b", DRIFT)
    run.cell("a", DRIFT, n=5, control=(1.2, 1.1, 1.3)).cell("b", 3 * DRIFT, n=5)
    tables = run.tables()
    even, uneven = tables["Fastest"].rows
    assert (even["verdict"], uneven["verdict"]) == ("not told apart", "control uneven")
    assert "covers 1 in 1 of 2 cells" in " ".join(tables["Fastest"].notes)


def test_precisions_never_share_a_ratio(run: TimedRun) -> None:
    run.cell("a", DRIFT).cell("b", 0.1 * DRIFT, precision="single").cell("c", 4 * DRIFT)
    tables = run.tables()
    assert [row["ratio_text"] for row in tables["Speed"].rows] == ["1", "1", "4 [4, 4]"]
    assert [row["precision"] for row in tables["Fastest"].rows] == ["single", "double"]
    assert "ratios compare equal precisions only" in tables["Speed"].notes


def test_what_took_no_turns_has_a_marked_ratio_without_an_interval(run: TimedRun) -> None:
    run.cell("a", DRIFT).cell("late", 3 * DRIFT, group="another day")
    speed = run.tables()["Speed"]
    assert speed.rows[1]["ratio_text"] == "~3"
    assert any(note.startswith("~: not timed in the same group") for note in speed.notes)


def test_a_tutorial_row_is_what_its_framework_gains_over(run: TimedRun) -> None:
    run.cell("a", DRIFT).cell("a[tier=tutorial]", 30 * DRIFT, tier="tutorial").cell("b", 2 * DRIFT)
    default, tutorial, other = run.tables()["Speed"].rows
    assert default["gain"] == pytest.approx(30)
    assert "gain" not in tutorial
    assert "gain" not in other


def test_what_was_not_timed_is_a_row_with_its_reason(run: TimedRun) -> None:
    run.cell("a", DRIFT)
    run.cell("b", [], status="skipped", reason="would take about 80 s; its limit is 30 s")
    speed = run.tables()["Speed"]
    assert [row["status"] for row in speed.rows] == ["ok", "skipped"]
    assert speed.rows[1]["cold_s"] == 0.5
    assert "b: 1 skipped: would take about 80 s; its limit is 30 s" in speed.notes


def test_a_busy_machine_and_several_jobs_are_told(run: TimedRun) -> None:
    notes = " ".join(run.cell("a", DRIFT, cpu=0.4, jobs=2).tables()["Speed"].notes)
    assert "1 of 1 cells waited for a processor" in notes
    assert "several jobs at once" in notes


def test_times_that_double_with_each_qubit_have_exponent_one(run: TimedRun) -> None:
    for n in (4, 8, 10, 12, 14):
        run.cell("a", 1e-6 * 2.0**n * DRIFT + (0.1 if n == 4 else 0), n=n)
    for batch in (1, 8, 64):
        run.cell("a", 1e-6 * batch**0.5 * DRIFT, n=12, batch=batch, measure="gradient")
    rows = run.tables()["Scaling"].rows
    states = next(row for row in rows if row["along"] == "2^n")
    assert states["exponent"] == pytest.approx(1.0)
    assert (states["range"], states["fixed"]) == ("2^8 - 2^14", "batch 32")
    batches = next(row for row in rows if row["along"] == "batch")
    assert batches["exponent"] == pytest.approx(0.5)
    assert batches["fixed"] == "qubits 12"
