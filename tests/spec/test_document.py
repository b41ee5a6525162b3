"""Reading a file: positions, YAML 1.2, and everything a suite must not contain."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbench.exceptions import SpecError
from qbench.spec.document import parse, plain_value, read_document


def message(text: str | bytes, folder: Path) -> str:
    path = folder / "suite.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(SpecError) as caught:
        read_document(path)
    return str(caught.value).replace(f"{folder}/", "")


def test_every_key_and_item_has_a_position(tmp_path: Path) -> None:
    path = tmp_path / "suite.yaml"
    path.write_text("name: a\ntrainer:\n  epochs: 3\nbackends: [x, y]\n")
    document = read_document(path)
    assert document.positions[("trainer", "epochs")] == (3, 3)
    assert document.positions[("backends", 1)] == (4, 15)
    assert document.where(("trainer", "epochs", "deeper")) == f"{path}:3:3"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("no", "no"),
        ("12:30", "12:30"),
        ("2024-01-01", "2024-01-01"),
        ("010", 10),
        ("1_000", "1_000"),
        ("+7", 7),
        (".5", 0.5),
        ("5.", 5.0),
        ("True", True),
        ("TRUE", True),
        ("tRUE", "tRUE"),
        ("~", None),
        ("", None),
        (".inf", ".inf"),
        ("'10'", "10"),
    ],
)
def test_scalars_mean_what_yaml_1_2_says(text: str, value: object) -> None:
    data, _ = parse(f"key: {text}\n", "suite.yaml")
    assert data == {"key": value}
    assert type(data["key"]) is type(value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "suite.yaml:1:1: the file is empty; a suite starts with `qbench: 1`"),
        ("# only a comment\n", "suite.yaml:1:1: the file is empty"),
        ("- a\n- b\n", "suite.yaml:1:1: a suite is a mapping"),
        ("a: 1\nb: 2\na: 3\n", "suite.yaml:3:1: 'a' is given twice, first on line 1"),
        ("a: {b: 1, b: 2}\n", "suite.yaml:1:11: 'b' is given twice, first on line 1"),
        ("a: !!python/object/apply:os.system [ls]\n", "suite.yaml:1:4: tags (tag:yaml.org,2002:py"),
        ("a: !x 1\n", "suite.yaml:1:4: tags (!x) are refused"),
        ("? !x a\n: 1\n", "suite.yaml:1:3: tags and anchors are refused"),
        ("a: &x 1\n", "suite.yaml:1:4: anchors (&x) are refused: write the value out"),
        ("a: 1\nb: *x\n", "suite.yaml:2:4: aliases (*x) are refused: write the value out"),
        ("a: {<<: {b: 1}}\n", "suite.yaml:1:5: merge keys (<<) are refused"),
        ("a: 1\n---\nb: 2\n", "suite.yaml:2:1: a suite file holds one document, not several"),
        ("? [a, b]\n: 1\n", "suite.yaml:1:3: a key must be a word"),
        ("a:\n\tb: 1\n", "suite.yaml:2:1: YAML is indented by spaces, not by tabs"),
        ("a: 1e999\n", "suite.yaml:1:4: the number 1e999... is too large"),
        ("a: " + "9" * 5000 + "\n", "is too large"),
        ("a: " + "[" * 200 + "]" * 200 + "\n", "nested too deeply"),
        ("a: {b: 1\n", "suite.yaml:2:1: not YAML: expected ',' or '}'"),
        ("a: b: c\n", "suite.yaml:1:5: not YAML: mapping values are not allowed here"),
        (b"a: \xff\n", "suite.yaml: cannot be read: not UTF-8 text"),
        (b"a: \x00\n", "not YAML"),
    ],
)
def test_a_file_that_is_no_suite_is_refused_with_its_place(
    text: str | bytes, expected: str, tmp_path: Path
) -> None:
    assert expected in message(text, tmp_path)


def test_an_anchor_bomb_is_refused_before_it_grows(tmp_path: Path) -> None:
    bomb = "a0: &a0 [x, x]\n" + "".join(
        f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 100)
    )
    lines = message(bomb, tmp_path).splitlines()
    assert lines[0] == "suite.yaml:1:5: anchors (&a0) are refused: write the value out"
    assert len(lines) == 11
    assert lines[-1].startswith("... and ")


def test_a_large_file_is_refused_unread(tmp_path: Path) -> None:
    text = b"a: [" + b"x, " * (5_000_000 // 3) + b"x]\n"
    assert message(text, tmp_path) == "suite.yaml: a suite file is a few KB; this one has 5 MB"


@pytest.mark.parametrize(
    "line",
    [
        "backends: [pennylane[device=lightning.qubit, diff_method=adjoint]]",
        "backends: [reference, pennylane[device=lightning.qubit, diff_method=adjoint]]",
    ],
)
def test_an_unquoted_variant_in_a_flow_list_is_explained(line: str, tmp_path: Path) -> None:
    told = message(f"qbench: 1\n{line}\n", tmp_path)
    assert told.startswith("suite.yaml:2:")
    assert "'pennylane[device=lightning.qubit, diff_method=adjoint]'" in told
    assert "{name: pennylane, options: {device: lightning.qubit, diff_method: adjoint}}" in told


def test_a_missing_file_suggests_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "quickstart.yaml").write_text("qbench: 1\n")
    with pytest.raises(SpecError, match=r"no such file; did you mean '.*quickstart\.yaml'\?"):
        read_document(tmp_path / "quikstart.yaml")
    with pytest.raises(SpecError, match="no such file"):
        read_document(tmp_path / "no" / "folder.yaml")


def test_a_folder_or_an_impossible_path_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="cannot be read: Is a directory"):
        read_document(tmp_path)
    with pytest.raises(SpecError, match="cannot be read"):
        read_document("a\0b")


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path: Path) -> None:
    path = tmp_path / "suite.yaml"
    path.write_bytes(b"\xef\xbb\xbfqbench: 1\r\nname: a\r\n")
    assert read_document(path).data == {"qbench": 1, "name": "a"}


@given(st.text(max_size=80))
def test_any_text_is_parsed_or_refused_with_a_spec_error(text: str) -> None:
    told = "suite.yaml:"
    try:
        parse(text, "suite.yaml")
    except SpecError as error:
        told = str(error)
    assert told.startswith("suite.yaml:")


@given(st.text(max_size=50))
def test_plain_values_are_numbers_only_if_they_look_like_one(text: str) -> None:
    try:
        value = plain_value(text)
    except ValueError:
        return
    if isinstance(value, int | float) and not isinstance(value, bool):
        assert float(text) == float(value)
