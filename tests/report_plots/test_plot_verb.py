"""``qbench plot``, as a user types it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from qbench.cli.app import app
from qbench.exceptions import PlotError, UnknownNameError

BEGINNINGS = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}


@pytest.fixture
def plotted(results, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(*words):
        return CliRunner().invoke(app, ["plot", *words, "--store", str(results)])

    return run


@pytest.mark.parametrize("fmt", BEGINNINGS)
def test_every_format_is_written_and_its_path_printed(plotted, fmt):
    done = plotted("grid", "error", "-o", f"error.{fmt}")
    assert (done.exit_code, done.stdout) == (0, f"error.{fmt}\n")
    first = Path(f"error.{fmt}").read_bytes()
    assert first.startswith(BEGINNINGS[fmt])
    plotted("grid", "error", "-o", f"again.{fmt}")
    assert Path(f"again.{fmt}").read_bytes() == first


def test_all_writes_what_the_run_has_and_says_what_it_lacks(plotted):
    done = plotted("plain", "all", "--format", "svg", "--grey")
    assert done.exit_code == 0
    written = [Path(line) for line in done.stdout.split()]
    assert len(written) == 8
    assert all(path.parent == Path("results/plots") and path.exists() for path in written)
    assert "no gradient-variance" in done.stderr
    assert "no expressibility" in done.stderr


@pytest.mark.parametrize(
    ("words", "error", "said"),
    [
        (("grdi", "error"), UnknownNameError, "did you mean 'grid'"),
        (("grid", "eror"), UnknownNameError, "did you mean 'error'"),
        (("plain", "gradient-variance"), PlotError, "add to the suite: record"),
        (("failed", "all"), PlotError, "nothing to plot"),
        (("grid", "error", "-o", "error.gif"), PlotError, "ends in .png, .svg, .pdf"),
    ],
)
def test_what_cannot_be_drawn_is_told_and_nothing_is_written(plotted, words, error, said):
    done = plotted(*words)
    assert isinstance(done.exception, error)
    assert done.exception.exit_code == 2
    assert said in str(done.exception)
    assert not list(Path().rglob("*.*"))


@pytest.mark.parametrize(
    "words", [("a", "b", "error"), ("grid", "error", "-o", "x.png", "--format", "pdf")]
)
def test_options_that_contradict_are_refused(plotted, words):
    assert plotted(*words).exit_code == 2


def test_matplotlib_is_not_imported_until_something_is_drawn():
    code = "import sys, qbench.cli.app, qbench.report; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
