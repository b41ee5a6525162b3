"""The tables of speed: ratios within rounds, of equal precision and group; advice; exponents."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from qbench.report.render import render_text
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


def test_intervals_are_over_processes_whose_differences_rounds_do_not_show(run: TimedRun) -> None:
    # within a process the ratio is always the same, two processes differ by a tenth
    turns = np.tile([1.0, 1.1, 1.0, 1.1], 3)
    run.cell("a", np.ones(12), processes=4).cell("b", 1.05 * turns, processes=4)
    tables = run.tables()
    _, b = tables["Speed"].rows
    assert (b["ratio_low"], b["ratio_high"]) == pytest.approx((1.0089, 1.2021), abs=1e-4)
    assert "geometric mean over 4 processes" in " ".join(tables["Speed"].notes)


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
    assert "b, forward: 1 skipped: would take about 80 s; its limit is 30 s" in speed.notes


def test_many_cells_of_a_variant_that_were_skipped_are_one_line_and_each_reason_in_files(run):
    run.cell("a", DRIFT)
    for n in (8, 10, 12):
        run.cell("a", [], n=n, status="skipped", reason=f"would take about {n} s")
    speed = run.tables()["Speed"]
    (note,) = [note for note in speed.notes if "skipped" in note]
    assert note.startswith("a, forward: 3 skipped: would take about 8 s (and 2 more")
    rows = csv.DictReader(io.StringIO(render_text([speed], "csv")))
    assert [row["reason"] for row in rows][1:] == [f"would take about {n} s" for n in (8, 10, 12)]


def test_expert_code_competes_apart_and_tutorials_among_themselves(run):
    run.cell("a", 2 * DRIFT).cell("a[tier=tutorial]", 20 * DRIFT, tier="tutorial")
    run.cell("b", 3 * DRIFT).cell("b[tier=tutorial]", 10 * DRIFT, tier="tutorial")
    run.cell("c", 9 * DRIFT).cell("c[tier=expert]", DRIFT, tier="expert")
    rows = run.tables()["Fastest"].rows
    found = {row["setting"]: (row["fastest"], row["second"], row["ahead"]) for row in rows}
    assert found == {
        "best": ("a@1.0 (d, adjoint)", "b@1.0 (d, adjoint)", pytest.approx(1.5)),
        "with expert code": (
            "c@1.0 (d, adjoint, expert)",
            "a@1.0 (d, adjoint)",
            pytest.approx(2.0),
        ),
        "out of the box": (
            "b@1.0 (d, adjoint, tutorial)",
            "a@1.0 (d, adjoint, tutorial)",
            pytest.approx(2.0),
        ),
    }


def test_the_reference_is_a_yardstick_and_no_competitor(run):
    run.cell("reference", DRIFT).cell("a", 2 * DRIFT).cell("b", 6 * DRIFT)
    fastest = run.tables()["Fastest"]
    (row,) = fastest.rows
    assert (row["fastest"], row["ahead"]) == ("a@1.0 (d, adjoint)", pytest.approx(3.0))
    assert any("its median is the smallest in 1 of 1 cells" in note for note in fastest.notes)


def test_a_precision_of_one_framework_is_no_contest(run):
    run.cell("a", DRIFT).cell("b", 2 * DRIFT).cell("c", DRIFT, precision="single")
    fastest = run.tables()["Fastest"]
    assert [row["verdict"] for row in fastest.rows] == ["", "alone"]
    assert any(note.startswith("single precision: c alone was timed") for note in fastest.notes)


def test_neighbouring_sizes_of_one_winner_are_one_row_with_all_their_intervals(run):
    for n, slower in ((4, 2.0), (6, 4.0), (8, 0.5), (10, 3.0)):
        run.cell("a", DRIFT, n=n, control=(1.0, 0.9, 1.1)).cell("b", slower * DRIFT, n=n)
    run.cell("a", DRIFT, n=12, control=(1.0, 0.9, 1.1)).cell("b", DRIFT[::-1], n=12)
    table = run.tables()["Who wins where"]
    rows = table.rows
    assert "all rows: circuit c, measure forward, batch 32, precision double, setting best" in (
        table.notes
    )
    assert [(row["range"], row["fastest"][0]) for row in rows] == [
        ("4 .. 6", "a"),
        ("8", "b"),
        ("10 .. 12", "a"),
    ]
    assert rows[0]["ahead_text"] == "2 to 4 [2, 4]"
    assert [row["told_apart"] for row in rows] == ["2 of 2", "1 of 1", "1 of 2"]


def test_in_files_every_column_stays(run):
    for n in (4, 6):
        run.cell("a", DRIFT, n=n).cell("b", 2 * DRIFT, n=n)
    (row,) = run.tables(in_full=True)["Who wins where"].records()
    assert (row["circuit"], row["batch_size"], row["setting"]) == ("c", "32", "best")
    assert (row["first"], row["last"], row["cells"]) == ("4", "6", 2)


def test_cells_without_a_label_of_an_axis_are_one_range_too(run):
    for n in (4, 6):
        run.cell("a", DRIFT, n=n).cell("b", 2 * DRIFT, n=n)
        run.cell("b", DRIFT, n=n, axes={"kind": "x"}).cell("a", 3 * DRIFT, n=n, axes={"kind": "x"})
    rows = run.tables()["Who wins where"].rows
    assert [(row["labels.kind"], row["range"], row["fastest"][0]) for row in rows] == [
        (None, "4 .. 6", "a"),
        ("x", "4 .. 6", "b"),
    ]


def test_variants_that_differ_in_no_named_way_keep_their_own_names(run):
    run.cell("a", DRIFT).cell("a[some=9]", 2 * DRIFT)
    (row,) = run.tables()["Fastest"].rows
    assert (row["fastest"], row["second"]) == ("a (d, adjoint)", "a[some=9] (d, adjoint)")


def test_exact_values_and_estimates_from_shots_never_share_a_ratio(run):
    run.cell("a", DRIFT).cell("b", 4 * DRIFT)
    run.cell("a[shots=9]", 0.1 * DRIFT, shots=9).cell("b[shots=9]", 0.3 * DRIFT, shots=9)
    tables = run.tables()
    assert [row["ratio"] for row in tables["Speed"].rows] == pytest.approx([1, 4, 1, 3])
    found = {row["shots"]: (row["fastest"], row["ahead"]) for row in tables["Fastest"].rows}
    assert found == {
        None: ("a@1.0 (d, adjoint)", pytest.approx(4)),
        9: ("a@1.0 (d, adjoint, 9 shots)", pytest.approx(3)),
    }
    assert "ratios compare equal shots only" in tables["Speed"].notes


def test_a_busy_machine_and_several_jobs_are_told(run: TimedRun) -> None:
    notes = " ".join(run.cell("a", DRIFT, cpu=0.4, jobs=2).tables()["Speed"].notes)
    assert "1 of 1 rows waited for a processor" in notes
    assert "several jobs at once" in notes


def test_what_spoils_the_times_is_told_below_the_answer_too(run: TimedRun) -> None:
    for n in (4, 5):
        run.cell("a", DRIFT, n=n, cpu=0.4).cell("b", 2 * DRIFT, n=n)
    notes = " ".join(run.tables()["Who wins where"].notes)
    assert "2 of 4 rows waited for a processor" in notes


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


def test_parameter_shift_is_quadratic_in_the_depth_at_one_number_of_qubits(run: TimedRun) -> None:
    for depth in (6, 12, 24):
        run.cell("shift", 1e-6 * depth**2.0 * DRIFT, depth=depth, group=f"depth {depth}")
    (row,) = run.tables()["Scaling"].rows
    assert (row["along"], row["fixed"], row["range"]) == ("depth", "qubits 4", "6 - 24")
    assert row["exponent"] == pytest.approx(2.0)


def test_fits_of_two_devices_of_a_framework_are_told_apart(run: TimedRun) -> None:
    for name, device in (("a", "one"), ("a[device=two]", "two")):
        for n in (8, 10, 12):
            run.cell(name, 1e-6 * 2.0**n * DRIFT, n=n, device=device)
    assert [row["device"] for row in run.tables()["Scaling"].rows] == ["one", "two"]
