"""One table as Markdown, CSV, JSON and on a terminal."""

from __future__ import annotations

import csv
import io
import json
import math

import pytest
from rich.console import Console

from qbench.exceptions import UnknownNameError
from qbench.report import Column, Table, render_rich, render_text
from qbench.report.table import significant, with_interval

COLUMNS = [
    Column("name", "name", numeric=False),
    Column("text", "accuracy [95%]", parts=("value", "low")),
    Column("memory", "memory", rank=2),
    Column("empty", "empty", rank=1),
]


@pytest.fixture
def table():
    rows = [
        {"name": "a|b", "text": "0.5 [0.4]", "value": 0.5, "low": 0.4, "memory": 3},
        {"name": "c", "text": "0.6", "value": 0.6, "low": math.nan, "memory": 10},
    ]
    return Table("Things", COLUMNS, rows, ["one note"])


def drawn(table, width):
    console = Console(file=io.StringIO(), width=width)
    console.print(render_rich(table, width))
    return console.file.getvalue()


def test_markdown_escapes_bars_and_leaves_empty_columns_out(table):
    lines = render_text([table], "md").splitlines()
    assert lines == [
        "### Things",
        "",
        "| name | accuracy [95%] | memory |",
        "| --- | ---: | ---: |",
        "| a\\|b | 0.5 [0.4] | 3 |",
        "| c | 0.6 | 10 |",
        "",
        "- one note",
    ]


def test_csv_holds_plain_values_under_their_own_names(table):
    rows = list(csv.DictReader(io.StringIO(render_text([table], "csv"))))
    assert rows[0] == {"name": "a|b", "value": "0.5", "low": "0.4", "memory": "3", "empty": ""}


def test_json_holds_plain_values_and_null_for_what_is_missing(table):
    found = json.loads(render_text([table], "json"))["Things"]
    assert found["rows"][1] == {
        "name": "c",
        "value": 0.6,
        "low": None,
        "memory": 10,
        "empty": None,
    }
    assert found["notes"] == ["one note"]


def test_an_unknown_format_is_refused(table):
    with pytest.raises(UnknownNameError, match="there are rich, md"):
        render_text([table], "html")


def test_a_wide_terminal_shows_everything(table):
    text = drawn(table, 100)
    assert "memory" in text
    assert "left out" not in text


def test_a_narrow_terminal_loses_the_least_important_column_and_says_which(table):
    text = drawn(table, 24)
    assert "accuracy" in text
    assert "left out for want of room" in " ".join(text.split())
    assert max(map(len, text.splitlines())) <= 24


def test_columns_of_rank_0_stay_however_narrow(table):
    text = drawn(table, 12)
    assert "name" in text


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (math.nan, ""), (0, "0"), (1234.5, "1230"), (0.01234, "0.0123"),
     (2.5e-7, "2.5e-07"), (99999, "100000"), (-3.14159, "-3.14")],
)  # fmt: skip
def test_numbers_at_three_significant_digits(value, text):
    assert significant(value) == text


def test_an_interval_without_bounds_is_the_value_alone():
    assert with_interval(0.5, math.nan, math.nan) == "0.500"
    assert with_interval(None, 0.1, 0.2) == ""
    assert with_interval(0.5, 0.25, 0.75, sign="+") == "+0.500 [+0.250, +0.750]"
