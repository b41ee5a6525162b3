"""``qbench list``: everything that a suite can name, and nothing said twice."""

from __future__ import annotations

import json

import pytest

from qbench.circuit import GATES
from qbench.circuit.ansatze import ANSATZE
from qbench.circuit.encodings import ENCODINGS
from qbench.circuit.entanglement import ENTANGLEMENTS
from qbench.data import DATASETS
from qbench.registry import load_registry, suites_dir
from qbench.report.catalogue import KINDS, entries
from qbench.spec.config import BASELINES
from qbench.stats.metrics import HIGHER_IS_BETTER

NAMES = {
    "backends": [name for name, info in load_registry().items() if info.adapter],
    "suites": sorted(path.stem for path in suites_dir().glob("*.yaml")),
    "datasets": list(DATASETS),
    "baselines": list(BASELINES),
    "encodings": list(ENCODINGS),
    "ansatze": list(ANSATZE),
    "metrics": list(HIGHER_IS_BETTER),
    "entanglements": list(ENTANGLEMENTS),
    "gates": list(GATES),
}


def test_every_kind_is_tried_here():
    assert list(NAMES) == list(KINDS)


@pytest.mark.parametrize("kind", NAMES)
def test_a_kind_lists_its_registry_with_a_line_about_each(kind):
    found = entries(kind)
    assert sorted(each["name"] for each in found) == sorted(NAMES[kind])
    for each in found:
        assert each["about"], each
        assert "\n" not in each["about"]


def test_a_table_has_a_line_an_entry(qbench):
    done = qbench("list", "datasets")
    assert (done.returncode, done.stderr) == (0, "")
    heading, *rows = done.stdout.splitlines()
    assert heading.split()[:2] == ["name", "task"]
    assert [row.split()[0] for row in rows] == list(DATASETS)
    assert "\x1b" not in done.stdout
    (own,) = (row for row in rows if row.startswith("own"))
    assert own.split()[1:6] == ["path,", "target,", "task=auto", "Your", "own"]


def test_json_holds_what_the_table_has_no_room_for(qbench):
    found = json.loads(qbench("list", "backends", "--json").stdout)
    (qiskit,) = (each for each in found if each["name"] == "qiskit")
    assert "aer_statevector, adjoint, expert, cuda" in qiskit["modes"]


def test_a_wrong_kind_suggests_the_nearest(qbench):
    done = qbench("list", "ansatz")
    assert (done.returncode, done.stdout) == (2, "")
    assert "did you mean 'ansatze'?" in done.stderr
