"""The reference page of the language says what is so: its suites are valid, no key is missing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from qbench.circuit.ansatze import ANSATZE
from qbench.circuit.encodings import ENCODINGS
from qbench.circuit.entanglement import ENTANGLEMENTS
from qbench.data import DATASETS
from qbench.exceptions import SpecError
from qbench.plan import make_plan
from qbench.registry import load_registry
from qbench.spec import load_suite
from qbench.spec.config import BASELINES, SuiteConfig
from qbench.spec.document import parse
from qbench.spec.identity import fields
from qbench.spec.layers import LAYERS
from qbench.spec.schema import suite_schema

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "suite-language.md").read_text()
QUICKSTART = (ROOT / "suites" / "quickstart.yaml").read_text()
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def whole(block: str) -> str:
    """A part of a suite in the quickstart's place of the same top-level keys."""
    given, _ = parse(block, "block")
    if "qbench" in given:
        return block
    keys = "|".join(map(re.escape, given))
    return re.sub(rf"^({keys}|profiles):.*\n(?:[ #].*\n|\n)*", "", QUICKSTART, flags=re.M) + block


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.split(":")[0])
def test_every_block_is_valid(block: str, tmp_path: Path) -> None:
    from jsonschema import Draft7Validator

    path = tmp_path / "block.yaml"
    path.write_text(whole(block))
    datasets = {name: list(info.options) for name, info in DATASETS.items()}
    suite = load_suite(path, known_backends=list(load_registry()), known_datasets=datasets)
    assert make_plan(suite, load_registry()).trials
    data, _ = parse(path.read_text(), "block")
    assert [e.message for e in Draft7Validator(suite_schema((), datasets)).iter_errors(data)] == []


def test_the_page_names_every_key_and_every_word_that_chooses() -> None:
    keys = {part for field in fields() for part in field.split(".")} - {"*", "type"}
    words = {*keys, *LAYERS, *BASELINES, *ENCODINGS, *ANSATZE, *ENTANGLEMENTS}
    words |= {*SuiteConfig.model_fields, "matrix", "experiments", "profiles", "include", "exclude"}
    assert [word for word in sorted(words) if not re.search(rf"\b{re.escape(word)}\b", PAGE)] == []


@pytest.mark.parametrize(
    ("setting", "word"),
    [
        ("search={space: {trainer.epochs: [1, 2]}, sampler: random}", "random"),
        ("search={space: {trainer.epochs: [1, 2]}, sampler: tpe}", "tpe"),
        ("execution.noise=depolarizing", "noise"),
        ("backends=['pennylane[noise=depolarizing]']", "noise"),
    ],
)
def test_a_planned_word_is_refused_as_planned_and_named_on_the_page(
    setting: str, word: str
) -> None:
    with pytest.raises(SpecError, match=rf"`{word}` is not yet supported \(planned\)"):
        load_suite(ROOT / "suites" / "quickstart.yaml", overrides=[setting])
    assert f"`{word}`" in PAGE.partition("## Planned")[2]
