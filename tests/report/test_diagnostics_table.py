"""Diagnostics: a row a circuit, with its intervals and reasons."""

from __future__ import annotations

import pytest

from qbench.report import run_tables
from tests.report.conftest import noted, row_of
from tests.report.drawn import DrawnRun

FOUND = {
    "expressibility": 0.0123,
    "expressibility_bias": 0.0074,
    "entangling_capability": 0.81,
    "entangling_capability_low": 0.80,
    "entangling_capability_high": 0.82,
    "cost_variance": 0.05,
    "cost_variance_low": 0.04,
    "cost_variance_high": 0.06,
    "gradient_norm": 0.7,
    "n_pairs": 5000,
    "bins": 75,
}


@pytest.fixture
def table(store):
    run = DrawnRun(store)
    run.point("sim_9", 4, 0.02, task="diagnose", metrics=FOUND, depth=6, zero_share=0.5)
    run.point("idle", 4, 0.0, task="diagnose", status="unsupported", reason="gives no states")
    (table,) = run_tables(store, run.save())
    return table


def test_a_circuit_has_its_measures_with_their_intervals(table):
    assert table.title == "Diagnostics"
    row = row_of(table, method="sim_9")
    assert (row["qubits"], row["parameters"], row["depth"], row["two_qubit_gates"]) == (4, 4, 6, 3)
    assert (row["expressibility_text"], row["bias_text"]) == ("0.0123", "0.0074")
    assert row["entangling_text"] == "0.810 [0.800, 0.820]"
    assert row["cost_variance_text"] == "0.05 [0.04, 0.06]"
    assert row["gradient_variance_low"] < row["gradient_variance"] < row["gradient_variance_high"]
    assert row["zero_text"] == "50%"


def test_its_notes_say_how_it_was_measured_and_what_went_wrong(table):
    assert noted(table, "5000 pairs of states, 75 bins")
    assert noted(table, "Meyer-Wallach")
    assert row_of(table, method="idle")["problems"] == "1 unsupported"
    assert noted(table, "idle: 1 unsupported: gives no states")
