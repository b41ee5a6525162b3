"""The store on a server: needs psycopg and QBENCH_TEST_POSTGRESQL, the URL of an empty database."""

import math
import os
import subprocess
import sys

import numpy as np
import pytest
from sqlalchemy import create_engine
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from qbench.store import EpochRecord, Outcome, TrialRecord, open_store
from qbench.store.schema import Base

URL = os.environ.get("QBENCH_TEST_POSTGRESQL")

CLAIM_ALL = """
import sys
from qbench.store import Outcome, open_store
with open_store(sys.argv[1]) as store:
    for number in range(40):
        attempt = store.claim(f"t{number}", sys.argv[2])
        if attempt is not None:
            store.finish_attempt(attempt, Outcome("ok"))
            print(number)
"""


@pytest.fixture
def store():
    if not URL:
        pytest.skip("QBENCH_TEST_POSTGRESQL names no database")
    with open_store(URL) as opened:
        yield opened
    engine = create_engine(URL)
    Base.metadata.drop_all(engine)
    engine.dispose()


def trial(name):
    return TrialRecord(name, "train", "m", "model", "b", "b", "digits", 0)


def test_the_tables_are_valid_for_postgresql():
    for table in Base.metadata.sorted_tables:
        assert str(CreateTable(table).compile(dialect=postgresql.dialect()))


def test_what_goes_in_comes_out(store):
    run = store.begin_run("s", machine={"load": math.nan})
    store.plan(run, [trial("a")])
    attempt = store.begin_attempt("a", run)
    store.add_epoch(attempt, EpochRecord(1, math.inf))
    arrays = {"x": np.arange(3)}
    store.finish_attempt(
        attempt, Outcome("ok", metrics={"auc": math.nan, "f1": 0.5}, artifacts={"w": arrays})
    )
    row = store.frame(run).iloc[0]
    assert math.isnan(row["metrics.auc"])
    assert row["metrics.f1"] == 0.5
    assert row["started_at"].utcoffset().total_seconds() == 0
    assert store.epochs_frame(run)["train_loss"].tolist() == [math.inf]
    assert store.artifact(attempt, "w")["x"].tolist() == [0, 1, 2]


def test_each_trial_goes_to_one_of_several_processes(store):
    run = store.begin_run("s")
    store.plan(run, [trial(f"t{n}") for n in range(40)])
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", CLAIM_ALL, URL, run], stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    lines = "".join(process.communicate(timeout=120)[0] for process in processes)
    assert sorted(map(int, lines.split())) == list(range(40))
    assert store.status_counts(run) == {"ok": 40}
