"""What tables say of a search: how many configurations, which won, what was not tuned."""

from __future__ import annotations

from typing import Any

import pytest

from qbench.report.models_table import models_table
from qbench.report.search import search_table
from qbench.report.table import Table
from tests.report.conftest import noted, row_of


def found(method: str, *scores: Any, chosen: int | None = 0, **more: Any) -> dict[str, Any]:
    tried = [
        {
            "text": f"rate={number}",
            "scores": [None, None] if isinstance(score, str) else [score, score + 0.2],
            "reason": score if isinstance(score, str) else "",
            "unfinished": 0,
        }
        for number, score in enumerate(scores)
    ]
    about = {"labels": {}, "variant": "qulacs", "metric": "validation_loss", "separate_test": True}
    return about | {"method": method, "chosen": chosen, "configurations": tried} | more


def table_of(run: Any, *searches: dict[str, Any]) -> Table:
    run.add("qnn", 0.9, 0.8).add("mlp", 0.7, 0.7, variant="baselines")
    return models_table(run.frame(), search=searches)


def test_the_column_tells_how_many_configurations_were_tried(run):
    table = table_of(run, found("qnn", 0.5, 0.3, 0.4, chosen=1))
    assert row_of(table, model="qnn")["tuned_text"] == "3"
    assert row_of(table, model="qnn")["configuration"] == "rate=1"
    assert row_of(table, model="mlp")["tuned_text"] == "-"
    assert noted(table, "qnn: rate=1 of 3 (validation_loss 0.4)")


def test_tuned_against_untuned_is_said(run):
    assert noted(table_of(run, found("qnn", 0.5, 0.3)), "tuned against untuned: mlp had nothing")


def test_equal_terms_need_no_remark_but_unequal_numbers_do(run):
    equal = table_of(run, found("qnn", 0.5, 0.3), found("mlp", 0.5, 0.3))
    assert not noted(equal, "tuned against untuned")
    assert not noted(equal, "configurations: ")


def test_unequal_numbers_of_configurations_are_told(run):
    table = table_of(run, found("qnn", 0.5, 0.3), found("mlp", 0.5, 0.3, 0.2))
    assert noted(table, "configurations: qnn 2, mlp 3; each method tried every combination")


def test_without_a_search_nothing_was_tuned(run):
    table = table_of(run)
    assert noted(table, "hyper-parameters are those of the suite: none was tuned")
    assert "tuned_text" not in row_of(table, model="qnn")


def test_how_the_choice_was_made_is_told(run):
    accuracy = found("mlp", 0.9, 0.8, metric="validation_accuracy", variant="baselines")
    (line,) = noted(
        table_of(run, found("qnn", 0.5, 0.3), accuracy), "kept apart from the reported ones"
    )
    assert "2 seeds" in line
    assert "on qulacs, baselines" in line
    assert "validation_loss (mlp: validation_accuracy) won" in line


def test_rows_that_a_search_may_have_read_are_told(run):
    table = table_of(run, found("qnn", 0.5, 0.3, separate_test=False))
    assert noted(table, "`fix: [split]`")


def test_configurations_that_failed_are_told(run):
    table = table_of(run, found("qnn", 0.5, "diverged: nan", chosen=0))
    assert noted(table, "qnn: rate=0 of 2 (validation_loss 0.6); 1 failed and lost, such as rate=1")


def test_a_search_at_each_point_is_that_of_its_rows(run):
    for depth in "12":
        run.add("qnn", 0.9, 0.8, axes={"depth": depth})
    searches = [
        found("qnn", 0.5, 0.3, labels={"depth": "1"}),
        found("qnn", 0.5, 0.3, 0.2, labels={"depth": "2"}),
    ]
    frame = run.frame()
    table = models_table(frame, search=searches)
    assert [row["configurations"] for row in table.rows] == [2, 3]
    assert noted(table, "qnn, depth=2: rate=0 of 3")
    one = models_table(frame, search=searches[:1])
    assert noted(one, "qnn: rate=0 of 2")


def test_the_table_of_a_search_has_every_configuration_and_marks_the_chosen_one(run):
    table = search_table([found("qnn", 0.5, "failed: broke", 0.3, chosen=2)])
    assert [row["chosen"] for row in table.rows] == ["", "", "yes"]
    assert table.rows[0]["score"] == pytest.approx(0.6)
    assert table.rows[0]["seeds"] == "2/2"
    assert (table.rows[1]["seeds"], table.rows[1]["problem"]) == ("0/2", "failed: broke")
    assert "score" not in table.rows[1]
