"""Every verb of the real command line, on the quickstart's results."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from qbench import __version__
from qbench.store import open_store

PAGE = 50
"""Lines of a terminal that need no scrolling."""

SUITE = """\
qbench: 1
name: small
seeds: 2
data: {name: iris, transform: [{min_max: [0, =pi]}]}
circuits:
  pqc: {n_qubits: 4, encoding: angle, ansatz: hardware_efficient}
models:
  qnn: {layers: [{quantum: pqc}, {dense: n_classes}]}
  linear: {layers: [{dense: n_classes}]}
baselines: [logistic_regression, svm_rbf]
backends: [reference]
trainer: {epochs: 2}
record: {gradient_variance: off}
profiles: {quick: {trainer.epochs: 1}}
"""


@pytest.fixture
def suite(qbench) -> Path:
    path = qbench.folder / "small.yaml"
    path.write_text(SUITE)
    return path


HELP = """
import json, sys
import typer
from typer.testing import CliRunner
from qbench.cli.app import app

def verbs(command, *words):
    yield words
    for name, each in getattr(command, "commands", {}).items():
        yield from verbs(each, *words, name)

runner, pages = CliRunner(), {}
for words in verbs(typer.main.get_command(app)):
    done = runner.invoke(app, [*words, "--help"], prog_name="qbench")
    pages[" ".join(words)] = [done.exit_code, done.output]
print(json.dumps({"pages": pages, "imported": sorted(sys.modules)}))
"""


@pytest.fixture(scope="module")
def helped():
    """What --help of every verb prints, and all that was imported for it."""
    command = [sys.executable, "-c", HELP]
    environ = {**os.environ, "COLUMNS": "80"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environ)
    return json.loads(done.stdout)


def test_help_of_every_verb_fits_a_page_and_shows_an_example(helped):
    groups = {verb.rpartition(" ")[0] for verb in helped["pages"]}
    assert {"run", "compare", "plot", "env create", "new backend"} <= set(helped["pages"])
    for verb, (code, page) in helped["pages"].items():
        assert code == 0, page
        assert len(page.splitlines()) <= PAGE, verb
        if verb not in groups - {""}:
            assert re.search(r"(Example|Start with): qbench \w+", page), verb


def test_help_is_quick_since_what_a_verb_needs_is_imported_inside_it(helped):
    slow = {"numpy", "pandas", "scipy", "sqlalchemy", "sklearn", "matplotlib"}
    assert not slow & set(helped["imported"])
    assert "qbench.cli.app" in helped["imported"]


def test_the_version_is_the_packages(qbench):
    assert qbench("--version").stdout == f"qbench {__version__}\n"


def test_a_valid_suite_is_counted(qbench, suite):
    done = qbench("validate", suite, "quickstart")
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert first == f"{suite}: valid; 8 trials, 4 methods, 2 backends, 2 seeds"
    assert second.startswith("quickstart: valid; ")


def test_a_dry_run_lists_the_trials_and_runs_nothing(qbench, suite, tmp_path):
    store = tmp_path / "none.db"
    done = qbench("run", suite, "--dry-run", "--store", store)
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1].startswith("8 trials, 8 to run; no earlier rows")
    assert re.search(r"^ *train +qnn +reference +2 +2\b", done.stdout, re.MULTILINE)
    assert not store.exists()


def test_a_dry_run_names_variants_in_full_and_what_will_be_refused(qbench, suite):
    backends = "backends=['qiskit[tier=expert]', 'reference[precision=single]']"
    done = qbench("run", suite, "--dry-run", "--only", "model=qnn", "--set", backends)
    assert done.returncode == 0
    assert " qiskit[tier=expert] " in done.stdout
    assert " reference[precision=single] " in done.stdout
    assert "single precision: not offered" in done.stdout


def ids(store: Path) -> dict[tuple[str, int], tuple[str, int]]:
    """Trial and attempt of the latest run, by method and seed."""
    with open_store(store, writable=False) as opened:
        frame = opened.frame(opened.resolve_run())
    return {
        (row.method, row.seed): (row.trial_id, row.number) for row in frame.itertuples(index=False)
    }


@pytest.mark.environments
def test_options_choose_what_runs(qbench, suite, tmp_path):
    store = tmp_path / "results.db"

    def run(*options: str) -> str:
        done = qbench("run", suite, "--store", store, *options)
        assert done.returncode == 0, done.stderr
        return done.stderr

    assert "1 trials to run, 0 already final" in run("--only", "model=lin*,seed=1")
    first = ids(store)
    assert set(first) == {("linear", 1)}

    # two at a time; what is there stays
    assert "3 trials to run, 1 already final" in run("--jobs=2", "--fresh", "--only", "model=l*")
    everything = ids(store)
    assert len(everything) == 4
    assert everything["linear", 1] == first["linear", 1]
    with open_store(store, writable=False) as opened:
        frame = opened.frame(opened.resolve_run()).set_index(["method", "seed"])
    later = frame.drop(("linear", 1))
    assert set(later["provenance.jobs"]) == {2}
    assert set(later["provenance.fresh"]) == {True}

    # a profile and --set make other trials; --set comes last
    assert "2 trials to run, 0 already final" in run("--quick", "--only", "model=linear")
    quick = ids(store)
    assert quick["linear", 1][0] != first["linear", 1][0]
    overridden = run("--quick", "--set", "trainer.epochs=2", "--only", "model=linear")
    assert "0 trials to run, 2 already final" in overridden

    # --force makes another attempt of the same trial
    assert "1 trials to run, 0 already final" in run("--force", "--only", "model=linear,seed=1")
    assert ids(store)["linear", 1] == (first["linear", 1][0], 2)


@pytest.mark.environments
def test_compare_as_json_holds_the_stores_values(qbench, quick_run):
    done = qbench("compare", "quickstart", "--format", "json", "--store", quick_run.store)
    assert done.returncode == 0
    tables = json.loads(done.stdout)
    assert set(tables) == {"Models", "Frameworks"}
    with quick_run.open() as store:
        frame = store.frame(store.resolve_run("quickstart"))
    reference = frame[frame["variant"].eq("reference") & frame["task"].eq("train")]
    row = next(r for r in tables["Models"]["rows"] if r["model"] == "qnn")
    assert row["from_backend"] == "reference"
    assert row["accuracy"] == pytest.approx(reference["metrics.accuracy"].mean(), abs=1e-12)
    assert (row["parameters_quantum"], row["parameters_classical"]) == (16, 10)
    quantum = frame[frame["method"].eq("qnn")]
    assert row["agreement_outputs"] == quantum["agreement.outputs"].max()
    assert row["gradient_variance"] == pytest.approx(
        frame[frame["task"].eq("gradient_variance") & frame["variant"].eq("reference")][
            "gradient_variance.mean"
        ].item()
    )
    keras = next(
        r for r in tables["Frameworks"]["rows"] if r["backend"].startswith("pennylane_keras@")
    )
    trained = frame[frame["variant"].eq("pennylane_keras") & frame["task"].eq("train")]
    assert keras["step_ms"] == pytest.approx(trained["timings.step_ms"].median())
    assert keras["target_of"] == 2


@pytest.mark.environments
def test_compare_as_csv_and_markdown_are_well_formed(qbench, quick_run):
    where = ("--store", quick_run.store)
    plain = qbench("compare", "--table", "models", "--format", "csv", *where)
    rows = list(csv.DictReader(io.StringIO(plain.stdout)))
    assert [row["model"] for row in rows][:3] == ["qnn", "logistic_regression", "svm_rbf"]
    assert len(rows) == 7
    for row in rows:
        assert float(row["accuracy_low"]) <= float(row["accuracy"]) <= float(row["accuracy_high"])

    markdown = qbench("compare", "--table", "frameworks", "-f", "md", *where)
    lines = [line for line in markdown.stdout.splitlines() if line.startswith("|")]
    assert len(lines) == 2 + 6
    assert len({line.count(" |") for line in (lines[0], *lines[2:])}) == 1


@pytest.mark.environments
def test_piped_output_has_no_control_codes(qbench, quick_run):
    shown = qbench("compare", "--store", quick_run.store)
    assert shown.returncode == 0
    assert shown.stdout == quick_run.stdout
    for text in (shown.stdout, quick_run.stdout, quick_run.stderr):
        assert "\x1b" not in text
        assert "\r" not in text


@pytest.mark.environments
def test_a_run_that_is_not_there_suggests_the_nearest(qbench, quick_run):
    done = qbench("compare", "quickstrat", "--store", quick_run.store)
    assert (done.returncode, done.stdout) == (2, "")
    assert "did you mean 'quickstart'?" in done.stderr
    before_any = qbench("compare", "--store", "nothing.db")
    assert before_any.returncode == 2
    assert "no results yet" in before_any.stderr
    assert not (qbench.folder / "nothing.db").exists()


@pytest.mark.environments
def test_environments_are_listed_and_found(qbench, environment_of):
    environment = environment_of("reference")
    listed = qbench("env", "list")
    assert listed.returncode == 0
    row = next(line for line in listed.stdout.splitlines() if line.split()[:1] == ["baselines"])
    assert row.split()[1:3] == [environment.version, "ready"]
    assert {"pennylane", "qiskit", "torchquantum", "pennylane_keras"} <= {
        line.split()[0] for line in listed.stdout.splitlines()[1:]
    }
    assert qbench("env", "path", "reference").stdout == f"{environment.path}\n"
