"""``qbench doctor``: what is broken is said, with what to do; what is only missing is no fault."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from qbench.circuit import ReferenceProgram
from qbench.exceptions import BackendError
from qbench.registry import KnownBug, find, load_registry, pins
from qbench.runner import doctor

CAPABILITIES = "[tool.qbench.backend.capabilities]"
BUG = """\
[[tool.qbench.backend.known_bugs]]
id = "wrong-signs"
summary = "CNOT has the wrong sign."
versions = "<2"
advice = "Flip it."

"""


def states(diagnosis: dict) -> dict[str, str]:
    return {check["name"]: check["state"] for check in diagnosis["checks"]}


@pytest.mark.environments
def test_a_backend_that_works_agrees_with_the_reference(qbench, environment_of):
    environment_of("reference")
    done = qbench("doctor", "reference", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    (reference,) = found["backends"]
    names = ("platform", "python", "environment", "worker", "agreement")
    assert states(reference) == dict.fromkeys(names, "ok")
    assert {note["about"] for note in found["machine"]} >= {"load", "threads", "disk"}


def test_a_missing_environment_is_no_fault_and_bugs_are_told_without_it(qbench, tmp_path):
    cache = tmp_path / "cache"
    done = qbench("doctor", "qiskit", "torchquantum", QBENCH_CACHE_DIR=str(cache))
    assert done.returncode == 0, done.stderr
    assert "environment missing: not installed" in done.stdout
    assert "qbench env create qiskit@2.6.2" in done.stdout
    assert "known bug aer-controlled-rotations: " in done.stdout
    assert "known bug gates-name-error: u1, u2" in done.stdout
    assert not cache.exists()


def test_a_python_that_is_not_there_is_a_fault_with_advice(qbench, make_backend):
    folder = make_backend(('requires-python = ">=3.11"', 'requires-python = ">=9"'))
    done = qbench("doctor", "tiny", "--json", QBENCH_BACKENDS=str(folder))
    assert done.returncode == 1
    found = json.loads(done.stdout)
    assert found["healthy"] is False
    (tiny,) = found["backends"]
    assert states(tiny) == {"platform": "ok", "python": "failed"}
    assert "needs Python >=9" in tiny["checks"][-1]["detail"]
    assert "install a Python >=9" in tiny["checks"][-1]["advice"]


def test_an_unknown_backend_suggests_the_nearest(qbench):
    done = qbench("doctor", "penylane")
    assert done.returncode == 2
    assert "did you mean 'pennylane'?" in done.stderr


class Liar:
    """A worker whose outputs are off."""

    def __init__(self, error: float) -> None:
        self.error = error

    def evaluate(self, circuit, execution, inputs, weights, cotangent, **limits):
        outputs, d_inputs, d_weights = ReferenceProgram(circuit).vjp(inputs, weights, cotangent)
        off = outputs + self.error
        return SimpleNamespace(outputs=off, d_inputs=d_inputs, d_weights=d_weights)


@pytest.mark.parametrize(
    ("error", "state"), [(0.0, "ok"), (1e-12, "ok"), (1e-6, "failed"), (np.nan, "failed")]
)
def test_what_differs_from_the_reference_is_a_fault(error, state):
    check = doctor._agreement(find("pennylane"), Liar(error))
    assert check.state == state
    assert ("qbench conformance pennylane" in check.advice) is (state == "failed")


def test_a_busy_machine_and_a_full_disk_are_warned_of(monkeypatch):
    monkeypatch.setattr(doctor, "load_average", lambda: 999.0)
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: SimpleNamespace(free=1e9))
    warned = {note.about for note in doctor.machine_notes() if note.warning}
    assert warned == {"load", "disk"}


def test_a_bug_belongs_to_versions_of_a_package():
    bug = KnownBug("a", "b", ">=1,<=1.17.0", "c")
    assert bug.occurs_in("six==1.17.0\nother==3\n", "six")
    assert not bug.occurs_in("six==1.18\n", "six")
    assert not bug.occurs_in("six==1.17.0\n", None)
    other = replace(bug, package="Qiskit_Aer")
    assert other.occurs_in("qiskit-aer==1.2\n", "six")
    assert not other.occurs_in("six==1.17.0\n", "six")


def test_every_declared_bug_occurs_in_a_version_that_is_pinned():
    for info in load_registry().values():
        texts = [pins(info, version).text for version in info.versions]
        for bug in info.known_bugs:
            assert any(bug.occurs_in(text, info.version_of) for text in texts), (info.name, bug.id)


def test_bugs_are_read_from_a_strangers_folder(make_backend):
    folder = make_backend((CAPABILITIES, BUG + CAPABILITIES))
    (bug,) = load_registry([folder])["tiny"].known_bugs
    assert (bug.id, bug.advice, bug.url) == ("wrong-signs", "Flip it.", "")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("advice", "advise", r"known_bugs\[0\].advise: unknown key; did you mean 'advice'"),
        ('advice = "Flip it."', "", r"known_bugs\[0\].advice: missing"),
        ('"<2"', "2", r"known_bugs\[0\].versions: 2 is no string"),
        ('"<2"', '"two"', "known_bugs: versions: "),
        ("wrong-signs", "Wrong signs", "known_bugs: id: 'Wrong signs' must be"),
    ],
)
def test_a_mistake_in_a_bug_is_told_with_its_key(make_backend, old, new, words):
    folder = make_backend((CAPABILITIES, BUG.replace(old, new) + CAPABILITIES))
    with pytest.raises(BackendError, match=words):
        load_registry([folder])


def test_a_bug_that_stands_twice_is_refused(make_backend):
    folder = make_backend((CAPABILITIES, BUG + BUG + CAPABILITIES))
    with pytest.raises(BackendError, match="'wrong-signs' stands twice"):
        load_registry([folder])
