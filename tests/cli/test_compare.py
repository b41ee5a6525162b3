"""``qbench compare`` as it is typed."""

from __future__ import annotations

import csv
import io
import json
import sys

import pytest

from qbench.cli import main
from qbench.store import open_store
from tests.report.conftest import HandmadeRun


@pytest.fixture
def two_runs(tmp_path):
    """Arguments that name the store, and the ids of two runs over an axis in it."""
    path = tmp_path / "two.db"
    with open_store(path) as store:
        ids = []
        for gain in (0.0, 0.01):
            run = HandmadeRun(store, "depths", baseline="cnn")
            for depth in ("1", "2"):
                axes = {"depth": depth}
                run.add("qnn", 0.8 + gain, 0.7 + gain, axes=axes, step_ms=2 + 100 * gain)
                run.add("cnn", 0.7, 0.7, axes=axes)
            ids.append(run.save())
    return ("--store", path), ids


@pytest.fixture
def compare(capsys, monkeypatch):
    """``qbench compare`` in this process: exit status, and what it printed on either side."""

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["qbench", "compare", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        return ended.value.code, printed.out, printed.err

    return call


def test_two_runs_side_by_side_as_json(qbench, two_runs):
    where, (a, b) = two_runs
    done = qbench("compare", a, b, *where, "--format", "json")
    assert done.returncode == 0, done.stderr
    tables = json.loads(done.stdout)
    row = tables["Models in A and B"]["rows"][0]
    assert (row["method"], row["variant"], row["labels.depth"]) == ("qnn", "pennylane", "1")
    assert row["difference"] == pytest.approx(0.01)
    step = tables["Frameworks in A and B"]["rows"][0]
    assert (step["a"], step["b"], step["ratio"]) == (2, 3, pytest.approx(1.5))


@pytest.mark.parametrize("fmt", ["rich", "md", "csv", "latex"])
def test_every_format_holds_every_table(compare, two_runs, fmt):
    where, (a, b) = two_runs
    for arguments in ((a,), (a, b), (a, "--rows", "depth", "--columns", "model")):
        code, out, err = compare(*arguments, *where, "-f", fmt)
        assert (code, err) == (0, "")
        assert "qnn" in out
        assert "\x1b" not in out


def test_a_pivot_filtered_and_sorted(compare, two_runs):
    where, (_, b) = two_runs
    asked = ("--rows", "depth", "--metric", "accuracy", "--filter", "model=qnn")
    _, out, _ = compare(b, *asked, "--sort", "-depth", "-f", "csv", *where)
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [row["labels.depth"] for row in rows] == ["2", "1"]
    assert float(rows[0]["accuracy"]) == pytest.approx(0.76)


def test_another_baseline_or_another_value_of_an_axis(compare, two_runs):
    where, (a, _) = two_runs
    _, out, _ = compare(a, "--baseline", "depth=1", "--table", "models", "-f", "md", *where)
    assert "difference: against the same model, depth=1" in out
    code, out, err = compare(a, "--baseline", "qn", *where)
    assert (code, out) == (2, "")
    assert "did you mean 'qnn'?" in err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--metric", "accuray"), "did you mean 'accuracy'?"),
        (("--rows", "depht"), "did you mean 'depth'?"),
        (("--filter", "modle=x"), "did you mean 'model'?"),
        (("--filter", "model"), "--filter model: it is written --filter key=pattern"),
        (("--sort", "accuray"), "did you mean 'accuracy'?"),
    ],
)
def test_a_misspelt_name_gets_the_nearest(compare, two_runs, options, said):
    where, (a, _) = two_runs
    code, out, err = compare(a, *options, *where)
    assert (code, out) == (2, "")
    assert said in err


def test_a_run_is_no_pair_with_itself_and_two_have_no_baseline(compare, two_runs):
    where, (a, b) = two_runs
    assert "both names mean run" in compare(a, a, *where)[2]
    code, _, err = compare(a, b, "--baseline", "cnn", *where)
    assert code == 2
    assert "are for one run, not for two" in " ".join(err.split())
