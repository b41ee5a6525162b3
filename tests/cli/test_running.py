"""What a run says at its end."""

from __future__ import annotations

import pytest

from qbench.cli.running import _print_summary
from qbench.runner.options import RunSummary


def summary(statuses, interrupted=False, out_of_budget=False):
    return RunSummary("lomika", statuses, 2, 3.2, interrupted, out_of_budget)


@pytest.mark.parametrize(
    ("ended", "told"),
    [
        (summary({"ok": 2}), []),
        (summary({"ok": 1}, interrupted=True), ["interrupted; the same command goes on where"]),
        (summary({"interrupted": 1}, interrupted=True), ["interrupted; the same command"]),
        (summary({"planned": 1}, out_of_budget=True), ["budget.total is used up"]),
        (summary({"interrupted": 1}, out_of_budget=True), ["budget.total is used up"]),
        (summary({"ok": 1, "running": 1}), ["another process is at some of these trials"]),
        (summary({"interrupted": 1}), ["another process is at some of these trials"]),
        (summary({"timeout": 1}), ["see the reasons above; --retry-failed"]),
    ],
)
def test_a_run_ends_with_its_counts_and_with_what_to_do_next(capsys, ended, told):
    _print_summary(ended, "r.db")
    first, *others = capsys.readouterr().err.splitlines()
    counts = ", ".join(f"{n} {status}" for status, n in ended.statuses.items())
    assert first == f"run lomika: {counts}; 2 run now in 3 s; stored in r.db"
    assert len(others) == len(told)
    for line, text in zip(others, told, strict=True):
        assert line.startswith(text)
