"""``qbench export``: every value of a run, in full, for other programs."""

from __future__ import annotations

import csv
import io
import json
import sys

import pandas as pd
import pytest

from qbench.exceptions import QbenchError
from qbench.report.export import export_frame


def test_csv_has_a_row_a_trial_and_lists_as_json(qbench, results):
    done = qbench("export", "small", "--store", results.path)
    assert (done.returncode, done.stderr) == (0, "")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["status"] for row in rows] == ["ok", "ok", "failed"]
    assert [row["labels.n_layers"] for row in rows] == ["0", "1", "2"]
    assert float(rows[0]["metrics.loss"]) == 1.25e-17
    assert json.loads(rows[0]["metrics.curve"]) == [1.0, 0.5]
    assert rows[2]["metrics.accuracy"] == ""


def test_json_keeps_small_numbers_and_lists_and_what_is_missing_is_null(qbench, results):
    file = qbench.folder / "run.json"
    done = qbench("export", "small", "-o", file, "--store", results.path)
    assert (done.returncode, done.stdout) == (0, "")
    rows = json.loads(file.read_text())
    assert rows[0]["metrics.loss"] == 1.25e-17
    assert rows[0]["metrics.curve"] == [1.0, 0.5]
    assert rows[2]["metrics.loss"] is None
    assert rows[2]["provenance.traceback"].startswith("Traceback")


def test_parquet_reads_back(qbench, results):
    pytest.importorskip("pyarrow")
    file = qbench.folder / "run.parquet"
    done = qbench("export", "small", "-o", file, "--store", results.path)
    assert done.returncode == 0, done.stderr
    frame = pd.read_parquet(file)
    assert list(frame["seed"]) == [0, 1, 2]
    assert frame["metrics.loss"].iloc[0] == 1.25e-17
    assert frame["started_at"].dtype.kind == "M"


def test_parquet_without_pyarrow_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(QbenchError, match=r"pip install 'qbench\[parquet\]'"):
        export_frame(pd.DataFrame({"a": [1]}), "parquet")


def test_parquet_is_not_for_the_terminal(qbench, results):
    done = qbench("export", "small", "--format", "parquet", "--store", results.path)
    assert done.returncode == 2
    assert "-o FILE" in done.stderr
