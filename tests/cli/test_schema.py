"""The schema that editors read is the one that ships beside the suites."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

SUITES = Path(__file__).parents[2] / "suites"
SHIPPED = SUITES / "suite.schema.json"


def test_the_shipped_schema_is_what_the_verb_prints(qbench) -> None:
    done = qbench("schema")
    assert done.returncode == 0, done.stderr
    assert done.stdout == SHIPPED.read_text(), f"run: qbench schema > suites/{SHIPPED.name}"
    assert json.loads(done.stdout)["title"] == "qbench suite, language version 1"


@pytest.mark.parametrize("path", sorted(SUITES.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_shipped_suite_names_the_schema_beside_it(path: Path) -> None:
    first = path.read_text().splitlines()[0]
    assert first == f"# yaml-language-server: $schema={SHIPPED.name}"
