"""`qbench new backend`: what it writes holds from the first minute, and conforms when filled in."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from qbench.registry import find, load_registry, pins

REPOSITORY = Path(__file__).parents[2]

FORWARD = "        return self._program.forward(inputs, weights)\n"
VJP = "        return self._program.vjp(inputs, weights, cotangent, wrt_inputs, wrt_weights)\n"


@pytest.fixture
def folder(qbench) -> Path:
    done = qbench("new", "backend", "my_sim", "--into", "made")
    assert done.returncode == 0, done.stderr
    written = [qbench.folder / line for line in done.stdout.split()]
    assert all(path.is_file() for path in written)
    assert "qbench conformance my_sim" in done.stderr
    return qbench.folder / "made" / "my_sim"


def test_a_new_backend_is_read_strictly_and_its_code_is_clean(folder):
    info = load_registry([folder])["my_sim"]
    assert (info.title, info.adapter) == ("My Sim", "qbench_my_sim:MySimBackend")
    assert info.version() in info.versions
    rules = ("--config", REPOSITORY / "pyproject.toml", folder)
    for check in (("check",), ("format", "--check")):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *check, *map(str, rules)], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout


def test_the_first_pins_are_those_of_the_baselines(folder):
    made = pins(load_registry([folder])["my_sim"]).text.splitlines()
    assert set(made) <= set(pins(find("baselines")).text.splitlines())


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("My-Sim", "try 'my_sim'"),
        ("2sim", "try 'sim'"),
        ("...", "try 'my_backend'"),
        ("Qiskit", "try 'my_qiskit'"),
        ("pennylane", "there is a backend of this name; try 'my_pennylane'"),
    ],
)
def test_a_bad_name_is_refused_with_the_nearest_good_one(qbench, name, words):
    done = qbench("new", "backend", name)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert not list(qbench.folder.iterdir())


def test_a_folder_that_exists_is_left_alone(qbench, folder):
    before = (folder / "pyproject.toml").read_text()
    (folder / "pyproject.toml").write_text(before + "# mine\n")
    done = qbench("new", "backend", "my_sim", "--into", "made")
    assert done.returncode == 2
    assert "my_sim exists; choose another name" in done.stderr
    assert (folder / "pyproject.toml").read_text().endswith("# mine\n")


@pytest.mark.environments
def test_it_fails_conformance_until_it_is_filled_in(qbench, folder):
    at = {"QBENCH_BACKENDS": str(folder)}
    done = qbench("conformance", "my_sim", **at)
    assert done.returncode == 1
    assert "a plain layer: qbench_my_sim: the adapter is not written yet" in done.stderr
    assert len(done.stderr.splitlines()) == 1

    adapter = folder / "qbench_my_sim" / "__init__.py"
    text = adapter.read_text()
    for old, new in (
        ("import Circuit\n", "import Circuit, ReferenceProgram\n"),
        ('        raise Unsupported("qbench_my_sim: the adapter is not written yet")\n',
         "        self._program = ReferenceProgram(circuit)\n"),
        ('        raise NotImplementedError("qbench_my_sim.MySimProgram: forward is not '
         'written yet")\n', FORWARD),
        ('        raise NotImplementedError("qbench_my_sim.MySimProgram: vjp is not '
         'written yet")\n', VJP),
    ):  # fmt: skip
        assert old in text
        text = text.replace(old, new)
    adapter.write_text(text)
    done = qbench("conformance", "my_sim", **at)
    assert done.returncode == 0, done.stderr
    assert "simulator/backprop (documented)" in done.stdout
