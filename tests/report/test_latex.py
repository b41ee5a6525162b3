"""Tables for a paper."""

from __future__ import annotations

import re

import pytest

from qbench.report import Column, Table, render_text
from qbench.report.latex import escaped


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("svm_rbf", r"svm\_rbf"),
        ("95%", r"95\%"),
        ("a & b", r"a \& b"),
        ("#1 $x", r"\#1 \$x"),
        ("{x}", r"\{x\}"),
        ("a\\b", r"a\textbackslash{}b"),
        ("x^2 ~ y", r"x\textasciicircum{}2 \textasciitilde{} y"),
        ("a < b > c | d", r"a \textless{} b \textgreater{} c \textbar{} d"),
    ],
)
def test_every_special_character_means_itself(text, safe):
    assert escaped(text) == safe


def rows_of(text):
    inside = re.search(r"\\midrule\n(.*)\n\\bottomrule", text, re.DOTALL)[1]
    return inside.splitlines()


@pytest.fixture
def table():
    columns = [Column("name", "model_name", numeric=False), Column("value", "x [95%]")]
    rows = [
        {"name": "svm_rbf", "value": "-0.037 [-0.1, +0.2]"},
        {"name": "[odd", "value": "5e-07 / -4e-06"},
        {"name": "qiskit[tier=expert]-2", "value": "1-2"},
    ]
    return Table("Models & more", columns, rows, ["95% of a_b", "second"])


def test_the_whole_table_is_a_float_with_booktabs_rules(table):
    text = render_text([table], "latex")
    assert text.startswith("\\begin{table}\n\\centering\n\\caption{Models \\& more}\n")
    assert "\\begin{tabular}{lr}\n\\toprule\nmodel\\_name & x [95\\%] \\\\\n\\midrule" in text
    assert text.endswith("\\footnotesize\n95\\% of a\\_b \\\\\nsecond\n\\end{table}\n")
    assert text.count("{") == text.count("}")


def test_minus_signs_powers_and_leading_brackets_are_typeset(table):
    assert rows_of(render_text([table], "latex")) == [
        r"svm\_rbf & $-$0.037 [$-$0.1, +0.2] \\",
        r"{[}odd & $5\times10^{-7}$ / $-4\times10^{-6}$ \\",
        r"qiskit[tier=expert]-2 & 1-2 \\",
    ]
