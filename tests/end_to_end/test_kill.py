"""Whatever ends a run in the middle, the next one repeats nothing that was finished."""

from __future__ import annotations

import os
import re
import signal

import psutil
import pytest

pytestmark = pytest.mark.environments


def summary(attempts):
    return [(seed, number, status) for seed, number, status, _ in attempts]


def assert_gone(processes):
    _, alive = psutil.wait_procs(processes, timeout=10)
    assert alive == []


def disturb(run, seed, number):
    """Send a signal to the run's whole process group while it trains this seed."""
    run.until_training(seed)
    workers = run.workers()
    assert workers
    os.killpg(run.process.pid, number)
    code, _, stderr = run.end()
    assert "Traceback" not in stderr
    assert_gone(workers)
    return code, stderr


def test_a_run_that_is_killed_or_interrupted_repeats_no_finished_trial(start):
    killed = start()
    assert disturb(killed, 0, signal.SIGKILL)[0] == -signal.SIGKILL
    assert summary(killed.attempts()) == [(0, 1, "running")]

    terminated = start()
    assert disturb(terminated, 1, signal.SIGTERM)[0] == -signal.SIGTERM
    assert summary(terminated.attempts()) == [
        (0, 1, "interrupted"),
        (0, 2, "ok"),
        (1, 1, "running"),
    ]

    interrupted = start()
    code, stderr = disturb(interrupted, 2, signal.SIGINT)
    assert code == 130
    assert "interrupted; the same command goes on where this one stopped" in stderr
    expected = [
        (0, 1, "interrupted"),
        (0, 2, "ok"),
        (1, 1, "interrupted"),
        (1, 2, "ok"),
        (2, 1, "interrupted"),
    ]
    assert summary(interrupted.attempts()) == expected

    last = start()
    code, stdout, stderr = last.end()
    assert code == 0, stderr
    assert "1 trials to run, 2 already final" in stderr
    assert " 3/3 " in stdout
    assert summary(last.attempts()) == [*expected, (2, 2, "ok")]
    whole = [epochs for _, _, status, epochs in last.attempts() if status == "ok"]
    assert whole == [200, 200, 200]


def test_a_worker_that_dies_fails_its_trial_alone(start):
    run = start()
    run.until_training(1)
    (worker,) = run.workers()
    worker.send_signal(signal.SIGKILL)
    code, stdout, stderr = run.end()
    assert code == 1
    assert "Traceback" not in stderr
    assert summary(run.attempts()) == [(0, 1, "ok"), (1, 1, "failed"), (2, 1, "ok")]
    reason = re.search(
        r"^reference, qnn, seed 1: failed: the worker of reference@\S+ died during train "
        r"\(killed by SIGKILL.*\); its log is (\S+)",
        stderr,
        re.MULTILINE,
    )
    assert reason, stderr
    assert os.path.isfile(reason[1].rstrip(";"))  # noqa: PTH113 - a text of the message
    assert "1 failed" in stdout
    assert "--retry-failed runs the failed trials again" in stderr

    # a failed trial stays as it is until somebody asks for it
    unasked = start()
    code, _, stderr = unasked.end()
    assert (code, "0 trials to run" in stderr) == (1, True)

    asked = start("--retry-failed")
    code, _, stderr = asked.end()
    assert code == 0, stderr
    assert "1 trials to run, 2 already final" in stderr
    assert summary(asked.attempts())[3:] == [(1, 2, "ok")]


@pytest.mark.timed
def test_a_trial_past_its_time_ends_as_timeout_and_takes_its_process_with_it(start):
    run = start("--timeout", "1s", "--set", "trainer.epochs=100000", "--set", "seeds=1")
    run.until(lambda rows: bool(rows) and rows[0][3] > 5)
    workers = run.workers()
    code, stdout, stderr = run.end()
    assert code == 1
    assert summary(run.attempts()) == [(0, 1, "timeout")]
    assert "train took longer than 1 s" in stderr
    assert "1 timeout" in stdout
    assert_gone(workers)
