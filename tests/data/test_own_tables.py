"""CSV and Parquet files of the user's: read as they are meant, or refused with row and column."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from qbench.data import DataRequest, prepare
from qbench.data.own import load_own
from qbench.exceptions import DataError

GOOD = "a,b,kind\n1,2.5,cat\n3,-1e-3,dog\n5,0,cat\n7,8,dog\n"


@pytest.fixture
def write(tmp_path):
    def write(text, name="my.csv"):
        path = tmp_path / name
        path.write_text(text) if isinstance(text, str) else path.write_bytes(text)
        return str(path)

    return write


def test_text_targets_are_classes_in_the_order_of_their_names(write):
    table = load_own(write(GOOD), "kind")
    assert table.x.tolist() == [[1, 2.5], [3, -0.001], [5, 0], [7, 8]]
    assert table.feature_names == ("a", "b")
    assert table.class_names == ("cat", "dog")
    assert table.y.tolist() == [0, 1, 0, 1]


def test_the_target_may_be_any_column_and_tsv_is_split_by_tabs(write):
    table = load_own(write("y\ta\n0.5\t1\n1.5\t2\n", "my.tsv"), "y")
    assert table.x.tolist() == [[1], [2]]
    assert table.y.tolist() == [0.5, 1.5]
    assert table.task == "regression"


@pytest.mark.parametrize(
    ("values", "task", "classes"),
    [
        ([10, 2, 10, 2], "auto", ("2", "10")),
        ([0.0, 1.0, 1.0, 0.0], "auto", ("0", "1")),
        ([0.1, 1, 2, 3], "auto", ()),
        ([0, 1, 1, 0], "regression", ()),
        (list(range(25)), "auto", ()),
        (list(range(25)), "classification", tuple(map(str, range(25)))),
        (["True", "False", "True"], "auto", ("False", "True")),
    ],
)
def test_few_whole_numbers_are_classes_unless_the_task_is_said(values, task, classes, write):
    lines = "".join(f"{number},{value}\n" for number, value in enumerate(values))
    table = load_own(write("a,y\n" + lines), "y", task)
    assert table.class_names == classes
    if not classes:
        assert table.y.tolist() == values


def test_parquet_reads_the_same_as_csv(write, tmp_path):
    frame = pd.DataFrame({"a": [1, 2, 3], "b": [0.5, 1.5, 2.5], "y": [True, False, True]})
    frame.to_parquet(tmp_path / "my.parquet")
    frame.to_csv(tmp_path / "my.csv", index=False)
    first, second = (load_own(str(tmp_path / f"my.{kind}"), "y") for kind in ("parquet", "csv"))
    assert np.array_equal(first.x, second.x)
    assert first.y.tolist() == second.y.tolist() == [1, 0, 1]
    assert first.class_names == second.class_names == ("False", "True")


BAD = [
    ("", "kind", "is empty"),
    ("a,b,kind\n", "kind", "no rows"),
    (GOOD, "", "needs `target`.*there are: a, b, kind"),
    (GOOD, "knd", "no column 'knd'; did you mean 'kind'"),
    (GOOD.replace("5,0", "5,"), "kind", r"row 3, column 'b': no value; fill it in"),
    (GOOD.replace("5,0", "NaN,"), "kind", r"row 3, column 'a': no value \(2 values"),
    (GOOD.replace("5,0,cat", "5"), "kind", "row 3, column 'b': no value"),
    (GOOD.replace("7,8", "7,much"), "kind", "row 4, column 'b': 'much' is no number"),
    (GOOD.replace("7,8", "inf,8"), "kind", "row 4, column 'a': 'inf' is no number"),
    (GOOD.replace("7,8", "7,8,9"), "kind", "cannot be read as a table.*line 5"),
    (GOOD.replace("dog", "cat"), "kind", "target 'kind' has one class alone, 'cat'"),
    (GOOD.replace("a,b", "a,a"), "kind", "column 'a' is there twice"),
    (GOOD.replace("a,b", "a,"), "kind", "column 2 has no name"),
    (GOOD.replace(",", ";"), "kind", "no column 'kind'.*there are: a;b;kind"),
    ("y\n1\n2\n", "y", "no column besides the target"),
    ("a,y\n1,2.5\n2,high\n3,1\n", "y", "row 2, column 'y': 'high' is text among numbers"),
    (b"a,y\n\xff\xfe,1\n", "y", "cannot be read as a table"),
]


@pytest.mark.parametrize(("text", "target", "words"), BAD)
def test_what_cannot_be_used_is_named_with_its_place(text, target, words, write):
    path = write(text)
    for _ in range(2):  # nothing of a bad file is remembered
        with pytest.raises(DataError, match=words) as caught:
            load_own(path, target)
        assert str(caught.value).startswith(path)


def test_a_parquet_file_names_row_and_column_too(tmp_path):
    for values, words in (
        ([1.0, None], "row 2, column 'a': no value"),
        (["1", "x"], "row 2, column 'a': 'x' is no number"),
        (pd.to_datetime(["2020-01-01", "2020-01-02"]), "row 1, column 'a': .* is no number"),
    ):
        pd.DataFrame({"a": values, "y": ["p", "q"]}).to_parquet(tmp_path / "my.parquet")
        with pytest.raises(DataError, match=words):
            load_own(str(tmp_path / "my.parquet"), "y")


def test_a_file_that_is_no_parquet_is_refused(write):
    with pytest.raises(DataError, match="cannot be read as Parquet"):
        load_own(write("hello", "my.parquet"), "y")


def test_a_path_to_nothing_and_a_file_of_another_kind_are_refused(write, tmp_path):
    with pytest.raises(DataError, match="no such file or folder"):
        load_own(str(tmp_path / "none.csv"), "y")
    with pytest.raises(DataError, match=rf"^none.csv: .* in {tmp_path}/suites or {Path.cwd()}$"):
        load_own("none.csv", "y", folder=str(tmp_path / "suites"))
    with pytest.raises(DataError, match=r"is no \.csv, \.tsv, \.parquet file"):
        load_own(write(GOOD, "my.xlsx"), "y")
    with pytest.raises(DataError, match="for images give their folder"):
        load_own(write(GOOD, "my.png"))


def test_a_path_is_of_the_suites_folder_first_and_of_the_current_one_else(
    write, tmp_path, monkeypatch
):
    write(GOOD)
    (tmp_path / "suites").mkdir()
    monkeypatch.chdir(tmp_path)
    there = str(tmp_path / "suites")
    assert len(load_own("my.csv", "kind", folder=there).y) == len(GOOD.splitlines()) - 1
    (tmp_path / "suites" / "my.csv").write_text(GOOD + "9,9,newt\n")
    assert len(load_own("my.csv", "kind", folder=there).y) == len(GOOD.splitlines())


def test_a_changed_file_is_read_again_and_gives_another_digest(write):
    request = DataRequest(
        "my.csv", {"path": write(GOOD), "target": "kind"}, train=2, validation=0, test=2
    )
    before = prepare(request, 0)
    write(GOOD.replace("7,8", "7.5,8"))
    after = prepare(request, 0)
    assert before.digest != after.digest
    write(GOOD)
    assert prepare(request, 0).digest == before.digest


def test_a_row_that_only_other_seeds_read_changes_the_digest(write):
    lines = [f"{value},{'ab'[value % 2]}" for value in range(20)]
    path = write("\n".join(["a,kind", *lines]))
    request = DataRequest(
        "own", {"path": path, "target": "kind"}, train=6, validation=0, test=4, order="random"
    )
    before = prepare(request, 0)
    read = {row for rows in before.indices.values() for row in rows}
    unread = next(row for row in range(20) if row not in read)
    lines[unread] = f"99,{'ab'[unread % 2]}"
    write("\n".join(["a,kind", *lines]))
    assert (prepare(request, 0).raw_train == before.raw_train).all()
    assert prepare(request, 0).digest != before.digest


def test_the_digest_is_of_the_content_not_of_the_place(write):
    requests = [
        DataRequest("x", {"path": write(GOOD, name), "target": "kind"}, "all", 2, 0, 2)
        for name in ("one.csv", "other.csv")
    ]
    assert len({prepare(request, 0).digest for request in requests}) == 1


def test_a_label_that_training_would_never_see_is_refused(write):
    path = write(GOOD + "9,9,newt\n")
    with pytest.raises(DataError, match="training samples hold none of class newt"):
        prepare(DataRequest("x", {"path": path, "target": "kind"}, "all", 2, 0, 2, "first"), 0)


def test_a_request_is_named_after_the_file(write):
    path = write(GOOD)
    request = DataRequest.from_json({"name": "own", "options": {"path": path, "target": "kind"}})
    assert request.name == "my.csv"
    assert DataRequest.from_json(request.to_json()) == request
