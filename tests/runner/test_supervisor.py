import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from qbench.exceptions import (
    DivergedError,
    OutOfMemoryError,
    Unsupported,
    WorkerError,
    WorkerTimeoutError,
)
from qbench.registry import BackendInfo, load_registry
from qbench.runner.worker import Worker

pytestmark = pytest.mark.timed

FAKE = Path(__file__).parent / "fake_bootstrap.py"

Start = Callable[..., Worker]


@pytest.fixture
def tiny(make_backend) -> BackendInfo:
    return load_registry([make_backend()])["tiny"]


@pytest.fixture
def start(tiny: BackendInfo, tmp_path: Path) -> Iterator[Start]:
    started: list[Worker] = []

    def start(**options) -> Worker:
        worker = Worker(
            tiny,
            Path(sys.executable),
            log_path=tmp_path / "logs" / "tiny.log",
            bootstrap=FAKE,
            scratch=tmp_path / "scratch",
            **options,
        )
        started.append(worker)
        return worker

    yield start
    for worker in started:
        worker.kill()


def gone(*pids: int) -> bool:
    """Whether none of the processes runs any more, within two seconds."""
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline:
        if not any(map(running, pids)):
            return True
        time.sleep(0.02)
    return False


def running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_requests_are_answered_by_one_warm_process(start: Start) -> None:
    worker = start()
    pids = {worker.request("echo", {"payload": n})["pid"] for n in range(3)}
    assert pids == {worker.pid}
    assert worker.pid == worker.ready["pid"]


def test_events_come_before_the_result(start: Start) -> None:
    seen: list[int] = []
    start().request("epochs", on_event=lambda event: seen.append(event["epoch"]))
    assert seen == [1, 2, 3]


def test_arrays_go_and_come_and_leave_nothing_behind(start: Start, tmp_path: Path) -> None:
    arrays = {"inputs": np.eye(3), "order": np.arange(4), "states": np.ones(2) * 1j}
    reply = start().call("copy", arrays=arrays)
    assert reply.arrays.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(reply.arrays[name], array)
        assert reply.arrays[name].dtype == array.dtype
    assert not Path(reply.message["folder"]).exists()
    assert list((tmp_path / "scratch").iterdir()) == []


def test_threads_are_pinned_and_the_parents_python_stays_out(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    monkeypatch.setenv("VIRTUAL_ENV", "/somewhere")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example")
    environ = start(threads=3).request("environ")["environ"]
    assert {environ["OMP_NUM_THREADS"], environ["TF_NUM_INTEROP_THREADS"]} == {"3"}
    assert not {"PYTHONPATH", "VIRTUAL_ENV"} & environ.keys()
    assert environ["HTTPS_PROXY"] == "http://proxy.example"


def test_a_gpu_is_hidden_unless_it_was_asked_for(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    assert start().request("environ")["environ"]["CUDA_VISIBLE_DEVICES"] == "-1"
    cuda = start(accelerator="cuda")
    assert cuda.request("environ")["environ"]["CUDA_VISIBLE_DEVICES"] == "0"


@pytest.mark.parametrize(
    ("kind", "error", "survives"),
    [
        ("unsupported", Unsupported, True),
        ("diverged", DivergedError, True),
        ("failed", WorkerError, True),
        ("out_of_memory", OutOfMemoryError, False),
    ],
)
def test_what_a_worker_reports_becomes_the_error_of_that_kind(
    start: Start, kind: str, error: type[Exception], survives: bool
) -> None:
    worker = start()
    with pytest.raises(error, match="no such gate") as caught:
        worker.request("fail", {"error": {"kind": kind, "message": "no such gate"}})
    assert worker.alive is survives
    if isinstance(caught.value, WorkerError):
        assert str(worker.log_path) in str(caught.value)
        assert caught.value.log_path == str(worker.log_path)
    if kind == "failed":
        assert caught.value.traceback == "Traceback ..."


def test_a_worker_that_dies_is_told_with_its_last_words(start: Start) -> None:
    worker = start()
    with pytest.raises(WorkerError) as caught:
        worker.request("die", {"code": 3})
    text = str(caught.value)
    assert "tiny@1.17.0 died during die (exit code 3)" in text
    assert "the framework's last words" in text
    assert str(worker.log_path) in text
    with pytest.raises(WorkerError, match="has been ended"):
        worker.request("echo")


def test_a_worker_that_is_killed_is_told_with_the_signal(start: Start) -> None:
    with pytest.raises(WorkerError, match="killed by SIGKILL"):
        start().request("die_by_signal")


def test_a_worker_killed_between_requests_is_told_as_such(start: Start) -> None:
    worker = start()
    os.kill(worker.pid, signal.SIGKILL)
    assert gone(worker.pid)
    assert not worker.alive
    with pytest.raises(WorkerError, match=r"died between requests \(killed by SIGKILL"):
        worker.request("echo")


def test_a_time_limit_ends_grandchildren_in_sessions_of_their_own_too(start: Start) -> None:
    worker, pids = start(), []
    began = time.monotonic()
    with pytest.raises(WorkerTimeoutError, match="spawn took longer than 1 s"):
        worker.request(
            "spawn", {"seconds": 600}, timeout=1.0, on_event=lambda e: pids.extend(e["pids"])
        )
    assert time.monotonic() - began < 5
    assert len(pids) == 3
    assert gone(worker.pid, *pids)


def test_a_time_limit_ends_a_worker_that_ignores_polite_signals(start: Start) -> None:
    worker = start()
    with pytest.raises(WorkerTimeoutError):
        worker.request("deaf", timeout=0.5)
    assert gone(worker.pid)


def test_what_a_dead_worker_left_running_is_ended(start: Start) -> None:
    worker, pids = start(), []

    def kill_it(event) -> None:
        pids.extend(event["pids"])
        os.kill(worker.pid, signal.SIGKILL)

    with pytest.raises(WorkerError, match="SIGKILL"):
        worker.request("spawn", {"seconds": 600}, on_event=kill_it)
    assert gone(*pids)


def test_a_shutdown_leaves_no_process_behind(start: Start) -> None:
    worker, pids = start(), []
    with worker:
        worker.request("spawn", {"seconds": 0}, on_event=lambda e: pids.extend(e["pids"]))
    assert worker.process.returncode == 0
    assert gone(worker.pid, *pids)


def test_a_memory_limit_ends_the_worker(start: Start) -> None:
    worker = start()
    with pytest.raises(OutOfMemoryError, match=r"more than the 0\.15 GB"):
        worker.request("allocate", {"bytes": 300_000_000}, memory_limit=150_000_000, timeout=20)
    assert gone(worker.pid)


@pytest.mark.parametrize("op", ["garbage", "other_id"])
def test_a_broken_protocol_ends_the_worker(start: Start, op: str) -> None:
    worker = start()
    with pytest.raises(WorkerError, match=f"broke the protocol during {op}"):
        worker.request(op, timeout=10)
    assert gone(worker.pid)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("dies", r"died during start \(exit code 1\).*\n.*no module named framework"),
        ("chatty", "broke the protocol during start"),
        ("newer", "speaks protocol 99, this qbench 1: two versions of qbench are mixed"),
        ("silent", r"start took longer than 0\.5 s"),
    ],
)
def test_a_worker_that_does_not_come_up_says_why(
    start: Start, monkeypatch: pytest.MonkeyPatch, how: str, words: str
) -> None:
    monkeypatch.setenv("FAKE_START", how)
    with pytest.raises(WorkerError, match=words):
        start(start_timeout=0.5 if how == "silent" else 20.0)


def test_an_interrupt_in_the_middle_of_a_request_ends_the_worker(start: Start) -> None:
    worker = start()

    def interrupt(event) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        worker.request("epochs", on_event=interrupt)
    assert gone(worker.pid)


def test_another_thread_may_end_a_request_in_flight(start: Start) -> None:
    worker = start()
    threading.Timer(0.3, worker.kill).start()
    with pytest.raises(WorkerError, match="died during deaf"):
        worker.request("deaf", timeout=20)
    assert gone(worker.pid)


def test_a_request_that_is_no_json_leaves_the_reason_visible(start: Start) -> None:
    with pytest.raises(TypeError, match="not JSON serializable"):
        start().request("echo", {"payload": {1, 2}})


@pytest.mark.parametrize("end", ["sys.exit(0)", "raise RuntimeError", "os.kill(os.getpid(), 9)"])
def test_no_worker_outlives_the_process_that_started_it(
    tiny: BackendInfo, tmp_path: Path, end: str
) -> None:
    program = f"""
        import os, sys
        from pathlib import Path
        from qbench.registry import load_registry
        from qbench.runner.worker import Worker
        info = load_registry([Path({str(tiny.folder)!r})])["tiny"]
        worker = Worker(info, Path(sys.executable), log_path=Path({str(tmp_path / "log")!r}),
                        bootstrap=Path({str(FAKE)!r}))
        print(worker.pid, flush=True)
        {end}
    """
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert gone(int(ended.stdout)), ended.stderr
