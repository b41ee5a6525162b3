"""``qbench init``: what it writes is valid, commented and never in another file's place."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from qbench.data import DATASETS
from qbench.exceptions import SpecError, UnknownNameError
from qbench.plan import load_plan
from qbench.registry import load_registry
from qbench.spec.starter import KINDS, Starter, kind_named, qubits_for, slug

BACKENDS = ["pennylane", "qiskit[precision=double,tier=expert]"]


@pytest.mark.parametrize(
    "dataset", [name for name, info in DATASETS.items() if info.n_samples and not info.files]
)
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_valid_on_every_data_set(kind: str, dataset: str, tmp_path: Path) -> None:
    info = DATASETS[dataset]
    path = tmp_path / "mine.yaml"
    starter = Starter(
        kind=kind,
        name="mine",
        file="mine.yaml",
        dataset=dataset,
        n_features=info.n_features,
        regression=info.task == "regression",
        backends=BACKENDS if kind == "compare-frameworks" else (),
        n_qubits=qubits_for(info.n_features, None, dataset),
    )
    text = starter.text()
    path.write_text(text)
    plan, quick = load_plan(path), load_plan(path, "quick")
    assert len(quick.trials) < len(plan.trials)
    assert max(map(len, text.splitlines())) <= 100
    assert "@" not in text
    assert text.count("#") > 10
    variants = {trial.work.variant for trial in plan.trials}
    if kind == "compare-frameworks":
        assert variants == {*BACKENDS, "baselines"}
    if kind == "depth-axis":
        assert list(plan.suite.axes) == ["circuits.pqc.ansatz.n_layers"]
        svm = [t for t in plan.trials if t.work.method == "svm_rbf"]
        assert len(svm) == len(plan.suite.seeds)


def test_qubits_follow_the_features() -> None:
    assert [qubits_for(n, None, "x") for n in (2, 4, 64)] == [2, 4, 4]
    assert qubits_for(64, 10, "x") == 10
    for wrong in (0, 5):
        with pytest.raises(SpecError, match="iris has 4 features"):
            qubits_for(4, wrong, "iris")


def test_a_kind_by_a_wrong_name_suggests_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'depth-axis'"):
        kind_named("depthaxis")


def test_a_file_may_be_called_what_no_suite_is() -> None:
    assert [slug(stem) for stem in ("My Suite", "-x-", "Ä")] == ["my_suite", "x", "suite"]


def test_it_writes_what_was_asked_for_and_overwrites_nothing(qbench) -> None:
    options = ("--kind", "against-classical", "--dataset", "wine", "--qubits", 3)
    done = qbench(
        "init", "My wine", *options, "--backends", "reference,pennylane[precision=single]"
    )
    assert done.returncode == 0, done.stderr
    path = qbench.folder / "My wine.yaml"
    plan = load_plan(path)
    assert done.stdout.startswith(f"My wine.yaml: written and valid; {len(plan.trials)} trials, ")
    assert "qbench run 'My wine.yaml' --quick" in done.stderr
    assert (plan.suite.name, plan.suite.config.data.name) == ("my_wine", "wine")
    assert plan.suite.config.circuits["pqc"].n_qubits == 3
    assert [b.key for b in plan.suite.config.backends] == [
        "reference",
        "pennylane[precision=single]",
    ]
    before = path.read_bytes()
    again = qbench("init", "My wine")
    assert again.returncode == 2
    assert "My wine.yaml: is there already" in again.stderr
    assert path.read_bytes() == before
    assert sorted(p.name for p in qbench.folder.iterdir()) == ["My wine.yaml"]


def test_ones_own_file_is_named_by_path_and_target(qbench) -> None:
    rows = "".join(f"{n},{n % 7},{'yes' if n % 2 else 'no'}\n" for n in range(60))
    (qbench.folder / "my data.csv").write_text("a,b,is it?\n" + rows)
    own = ("--dataset", "my data.csv", "--target", "is it?", "--kind", "against-classical")
    (qbench.folder / "suites").mkdir()
    for name in ("mine.yaml", "suites/mine.yaml"):
        done = qbench("init", name, *own)
        assert done.returncode == 0, done.stderr
        data = load_plan(qbench.folder / name).suite.config.data
        assert Path(data.path).name == "my data.csv"
        assert data.target == "is it?"


def test_beside_a_schema_the_suite_names_it(qbench) -> None:
    (qbench.folder / "suite.schema.json").write_text("{}")
    assert qbench("init").returncode == 0
    text = (qbench.folder / "compare_frameworks.yaml").read_text()
    assert text.startswith("# yaml-language-server: $schema=suite.schema.json\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--dataset", "irs"), "did you mean 'iris'?"),
        (("--dataset", "own"), "give its path, --dataset FILE.csv --target COLUMN"),
        (("--dataset", "iris", "--target", "kind"), "--target kind: belongs to your own file"),
        (("--backends", "pennilane"), "did you mean 'pennylane'?"),
        (("--backends", "pennylane[tire=expert]"), "did you mean 'tier'?"),
        (("--backends", "baselines"), "x.yaml:"),
        (("--qubits", "9"), "iris has 4 features"),
        (("--kind", "depths"), "did you mean 'depth-axis'?"),
    ],
)
def test_a_wrong_choice_is_told_and_writes_nothing(qbench, arguments, message) -> None:
    done = qbench("init", "x", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert list(qbench.folder.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_on_a_terminal_it_asks_for_what_is_not_given(tmp_path: Path) -> None:
    parent, child = pty.openpty()
    command = [Path(sys.executable).with_name("qbench"), "init", "asked", "--dataset", "moons"]
    process = subprocess.Popen(command, cwd=tmp_path, stdin=child, stdout=child, stderr=child)
    os.write(parent, b"depth-axis\n1\n")
    assert process.wait(60) == 0
    shown = os.read(parent, 100_000).decode()
    os.close(child)
    os.close(parent)
    assert "Kind [compare-frameworks]" in shown
    assert "Qubits, 1 to 2 [2]" in shown
    assert "Data set" not in shown
    config = load_plan(tmp_path / "asked.yaml").suite.config
    assert config.circuits["pqc"].n_qubits == 1


def test_every_backend_that_a_starter_names_is_there() -> None:
    text = Starter("compare-frameworks", "x", "x.yaml", "iris", 4, False, (), 4).text()
    named = text.partition("backends:")[2].partition("baselines:")[0].splitlines()[1:]
    names = {line.removeprefix("  - ").partition("[")[0] for line in named if "- " in line}
    assert names <= {*load_registry()}
    assert len(names) == 4
