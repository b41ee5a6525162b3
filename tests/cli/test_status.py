"""``qbench status``: what there is, what is left, and how to go on."""

from __future__ import annotations

import json


def test_runs_stand_with_their_state_and_a_killed_one_says_how_to_go_on(qbench, results):
    done = qbench("status", "--store", results.path)
    assert (done.returncode, done.stderr) == (0, "")
    rows = {line.split()[1].rstrip(","): line for line in done.stdout.splitlines()[1:3]}
    assert list(rows) == ["killed", "small"]
    assert "killed, quick" in rows["killed"]
    assert "stopped" in rows["killed"]
    assert "1 ok, 1 running" in rows["killed"]
    assert "finished" in rows["small"]
    assert "1 failed, 2 ok" in rows["small"]
    assert done.stdout.splitlines()[-1].endswith(f"1 trials are left; go on with: {results.run_as}")


def test_json_of_one_run_names_what_is_not_ok_with_a_trial_to_look_at(qbench, results):
    found = json.loads(qbench("status", "small", "--json", "--store", results.path).stdout)
    assert (found["state"], found["left"], found["failed"]) == ("finished", 0, 1)
    assert found["statuses"] == {"ok": 2, "failed": 1}
    assert found["advice"].endswith(f"{results.run_as} --retry-failed")
    (problem,) = found["not_ok"]
    assert (problem["status"], problem["trials"], problem["reason"]) == (
        "failed",
        1,
        results.reason,
    )
    shown = qbench("logs", problem["trial"][:6], "--store", results.path)
    assert results.reason in shown.stdout


def test_a_store_that_is_not_there_says_so(qbench):
    done = qbench("status", "--store", "nothing.db")
    assert done.returncode == 2
    assert "no results yet" in done.stderr
    assert not (qbench.folder / "nothing.db").exists()
