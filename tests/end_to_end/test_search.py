"""A search from the command line: killed in the middle, gone on with, and told."""

from __future__ import annotations

import json
import os
import signal
from contextlib import closing
from sqlite3 import connect

import pytest

from qbench.plan.search import search_seeds

pytestmark = pytest.mark.environments

OPTIONS = (
    "--set",
    "search={space: {trainer.optimizer.learning_rate: [0.1, 0.0001]}, seeds: 2}",
    "--set",
    "seeds=2",
    "--set",
    "baselines=[svm_rbf]",
    "--set",
    "fix=[split]",
)


def rates(store):
    """(seed, learning rate, finished attempts) of every training."""
    query = """
        SELECT t.seed, json_extract(t.canonical, '$.trainer.optimizer.learning_rate'),
               sum(a.status = 'ok')
        FROM trials AS t JOIN attempts AS a ON a.trial_id = t.id
        WHERE t.task = 'train' GROUP BY t.id
    """
    with closing(connect(store)) as connection:
        return set(connection.execute(query).fetchall())


def test_a_search_that_was_killed_goes_on_and_its_winner_alone_is_reported(start, qbench):
    tried = search_seeds(2, (0, 1))
    killed = start(*OPTIONS)
    killed.until_training(tried[1])
    os.killpg(killed.process.pid, signal.SIGKILL)
    killed.end()
    assert {seed for seed, *_ in killed.attempts()} <= set(tried)

    last = start(*OPTIONS)
    code, stdout, stderr = last.end()
    assert code == 0, stderr
    assert ", search: " in stderr
    assert "already final" in stderr
    expected = {(seed, rate, 1) for seed in tried for rate in (0.1, 0.0001)}
    assert rates(last.store) == expected | {(0, 0.1, 1), (1, 0.1, 1)}
    assert "tuned against untuned: svm_rbf" in " ".join(stdout.split())

    shown = qbench("compare", "--table", "search", "--format", "json", "--store", last.store)
    rows = json.loads(shown.stdout)["Search"]["rows"]
    assert [(row["configuration"], row["chosen"]) for row in rows] == [
        ("learning_rate=0.1", "yes"),
        ("learning_rate=0.0001", ""),
    ]
    assert rows[0]["score"] < rows[1]["score"]
