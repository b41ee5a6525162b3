import os
import signal
from pathlib import Path

import pytest

from qbench.exceptions import WorkerError
from qbench.registry import load_registry
from qbench.runner.pool import WorkerPool


@pytest.fixture
def tiny(make_backend, cache):
    # NumPy is what a worker needs before it imports a framework
    return load_registry([make_backend(pins="numpy==2.4.6\n")])["tiny"]


def test_a_warm_worker_is_used_again_and_a_dead_one_replaced(tiny, tmp_path: Path) -> None:
    with WorkerPool(tmp_path / "logs") as pool:
        first = pool.worker(tiny)
        assert pool.worker(tiny) is first
        assert pool.worker(tiny, threads=2) is not first
        os.kill(first.pid, signal.SIGKILL)
        first.process.wait()
        second = pool.worker(tiny)
        assert second is not first
        assert second.alive
    assert not second.alive
    assert (tmp_path / "logs" / "tiny-1.17.0.log").is_file()


def test_a_fresh_pool_gives_a_new_process_each_time(tiny, tmp_path: Path) -> None:
    with WorkerPool(tmp_path, fresh=True) as pool:
        first = pool.worker(tiny)
        second = pool.worker(tiny)
        assert first.pid != second.pid
        assert not first.alive


def test_a_closed_pool_starts_no_more_workers(tiny, tmp_path: Path) -> None:
    pool = WorkerPool(tmp_path)
    worker = pool.worker(tiny)
    pool.kill()
    assert not worker.alive
    with pytest.raises(WorkerError, match="no more workers"):
        pool.worker(tiny)
