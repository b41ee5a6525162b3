"""Where workers run: all variants of a round on the same cores, and on all of them afterwards."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from qbench.runner.placement import cores_of_round, place

pytestmark = pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity"), reason="this system places no processes"
)


def test_rounds_go_through_the_cores(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {4, 2, 7})
    assert [cores_of_round(number, 1) for number in range(4)] == [[2], [4], [7], [2]]
    assert cores_of_round(1, 2) == [4, 7]
    assert cores_of_round(0, 3) == []  # all of them: nothing to choose


def test_every_thread_of_a_process_is_placed_and_let_go_again():
    code = (
        "import threading, time\n"
        "threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
        "print('up', flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        mine = os.sched_getaffinity(0)
        tasks = [int(name) for name in os.listdir(f"/proc/{process.pid}/task")]  # noqa: PTH208
        assert len(tasks) == 2
        one = min(mine)
        place(process.pid, [one])
        assert [os.sched_getaffinity(task) for task in tasks] == [{one}, {one}]
        place(process.pid, ())
        assert [os.sched_getaffinity(task) for task in tasks] == [mine, mine]
    finally:
        process.kill()
        process.communicate()
    place(process.pid, ())  # a process that is gone is no fault
