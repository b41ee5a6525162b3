"""Real processes: several on one store, and some that are killed."""

import os
import signal
import sqlite3
import subprocess
import sys
import time

import psutil
import pytest

from qbench.store import Outcome, TrialRecord, open_store
from qbench.store.processes import ProcessMark


def trial(name):
    return TrialRecord(name, "train", "m", "model", "b", "b", "digits", 0, labels=[{"a": "b"}])


def python(code, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)], stdout=subprocess.PIPE, text=True
    )


def outputs(processes):
    texts = [process.communicate(timeout=120)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * len(processes)
    return texts


OPEN_AND_BEGIN = """
import sys
from qbench.store import open_store
with open_store(sys.argv[1]) as store:
    for _ in range(5):
        store.begin_run("s")
"""

CLAIM_ALL = """
import sys
from qbench.store import EpochRecord, Outcome, open_store
with open_store(sys.argv[1]) as store:
    for number in range(40):
        attempt = store.claim(f"t{number}", sys.argv[2])
        if attempt is not None:
            store.add_epoch(attempt, EpochRecord(1, 0.5))
            store.finish_attempt(attempt, Outcome("ok"))
            print(number)
"""

BEGIN_ALL = """
import sys
from qbench.store import Outcome, TrialRecord, open_store
with open_store(sys.argv[1]) as store:
    run = store.begin_run("s")
    trials = [TrialRecord(f"t{n}", "train", "m", "model", "b", "b", "d", 0) for n in range(10)]
    store.plan(run, trials)
    for trial in trials * 3:
        store.finish_attempt(store.begin_attempt(trial.id, run), Outcome("failed", "no"))
"""

BEGIN_AND_HANG = """
import sys, time
from qbench.store import EpochRecord, open_store
store = open_store(sys.argv[1])
run = store.begin_run("killed")
from qbench.store import TrialRecord
store.plan(run, [TrialRecord("t", "train", "m", "model", "b", "b", "d", 0)])
attempt = store.begin_attempt("t", run)
print("started", flush=True)
epoch = 0
while True:
    epoch += 1
    store.add_epoch(attempt, EpochRecord(epoch, 0.5))
"""


def test_processes_that_open_a_new_store_at_once_all_succeed(tmp_path):
    path = tmp_path / "new" / "q.db"
    outputs([python(OPEN_AND_BEGIN, path) for _ in range(4)])
    with open_store(path) as store:
        assert len({run.id for run in store.runs()}) == 20


def test_of_two_processes_that_claim_the_same_trials_each_trial_goes_to_one(tmp_path):
    path = tmp_path / "q.db"
    with open_store(path) as store:
        run = store.begin_run("s")
        store.plan(run, [trial(f"t{n}") for n in range(40)])
        texts = outputs([python(CLAIM_ALL, path, run) for _ in range(2)])
        done = sorted(int(line) for text in texts for line in text.split())
        assert done == list(range(40))
        assert store.status_counts(run) == {"ok": 40}
        assert len(store.epochs_frame(run)) == 40


def test_two_runs_with_the_same_trials_in_flight_number_all_their_attempts(tmp_path):
    path = tmp_path / "q.db"
    outputs([python(BEGIN_ALL, path) for _ in range(2)])
    with open_store(path) as store:
        statuses = store.latest_statuses([f"t{n}" for n in range(10)])
        assert statuses == {f"t{n}": ("failed", 6) for n in range(10)}


@pytest.fixture
def hanging(tmp_path):
    """A process in the middle of an attempt, and its store."""
    path = tmp_path / "q.db"
    process = python(BEGIN_AND_HANG, path)
    assert process.stdout.readline() == "started\n"
    yield path, process
    process.kill()
    process.communicate()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_killed_process_leaves_a_sound_store_and_an_interrupted_attempt(hanging):
    path, process = hanging
    time.sleep(0.2)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    with open_store(path) as store:
        assert store.latest_statuses(["t"]) == {"t": ("running", 1)}
        assert store.mark_interrupted() == 1
        assert store.latest_statuses(["t"]) == {"t": ("interrupted", 1)}
        (run,) = store.runs()
        assert run.status == "interrupted"
        row = store.frame(run.id).iloc[0]
        assert row["reason"] == "the process that ran it ended"
        epochs = store.epochs_frame(run.id)["epoch"].tolist()
        assert epochs == list(range(1, len(epochs) + 1))
        attempt = store.claim("t", run.id)
        store.finish_attempt(attempt, Outcome("ok"))
        assert store.latest_statuses(["t"]) == {"t": ("ok", 2)}
    connection = sqlite3.connect(path)
    assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]
    assert connection.execute("pragma foreign_key_check").fetchall() == []
    connection.close()


def test_a_living_process_keeps_its_attempt(hanging):
    path, _ = hanging
    with open_store(path) as store:
        assert store.mark_interrupted() == 0
        assert store.latest_statuses(["t"]) == {"t": ("running", 1)}
        assert store.claim("t", store.resolve_run()) is None


def test_an_attempt_taken_for_dead_can_still_be_finished_by_its_owner(hanging):
    path, process = hanging
    process.kill()
    process.wait()
    with open_store(path) as store:
        store.mark_interrupted()
        attempt = int(store.frame(store.resolve_run())["attempt_id"][0])
        store.finish_attempt(attempt, Outcome("ok"))
        assert store.latest_statuses(["t"]) == {"t": ("ok", 1)}


def test_a_later_process_with_the_same_id_is_another_process():
    mark = ProcessMark.current()
    assert mark.is_alive()
    assert not ProcessMark(mark.host, mark.pid, mark.started - 3600).is_alive()


def test_a_zombie_is_not_alive():
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    mark = ProcessMark("here", process.pid, psutil.Process(process.pid).create_time())
    assert mark.is_alive()
    process.kill()
    deadline = time.monotonic() + 10
    while mark.is_alive() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not mark.is_alive()
    process.wait()
