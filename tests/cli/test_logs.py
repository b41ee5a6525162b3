"""``qbench logs``: the reason, the traceback and the end of the log of a trial."""

from __future__ import annotations


def test_a_failed_trial_shows_its_reason_its_traceback_and_the_end_of_its_log(
    qbench, results, tmp_path
):
    done = qbench("logs", "cc", "-n", "2", "--store", results.path)
    assert (done.returncode, done.stderr) == (0, "")
    first, second, *rest = done.stdout.splitlines()
    assert first == f"trial cccc{2:028}: qnn on reference, seed 2"
    assert second.endswith(": failed")
    assert rest == [
        results.reason,
        *results.traceback.splitlines(),
        "",
        f"worker log: {tmp_path / 'logs' / 'reference-1.9.1.log'}",
        "line 98",
        "line 99",
    ]


def test_a_backend_shows_its_workers_and_its_environments_log(qbench, results, tmp_path):
    done = qbench("logs", "reference", "-n", "1", "--store", results.path)
    assert done.returncode == 0
    assert f"worker log: {tmp_path / 'logs' / 'reference-1.9.1.log'}\nline 99\n" in done.stdout
    assert "environment log: " in done.stdout


def test_what_is_no_trial_suggests_the_nearest(qbench, results):
    near = qbench("logs", "cccd00", "--store", results.path)
    assert (near.returncode, near.stdout) == (2, "")
    assert "no trial 'cccd00'" in near.stderr
    assert "did you mean 'cccc00'?" in near.stderr
    backend = qbench("logs", "referense", "--store", results.path)
    assert "is the backend 'reference' meant?" in backend.stderr
