"""Runs that can be watched from outside and disturbed in the middle."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest

SUITE = """\
qbench: 1
name: disturbed
seeds: 3
data: {name: iris, transform: [{min_max: [0, =pi]}]}
circuits:
  pqc: {n_qubits: 4, encoding: angle, ansatz: hardware_efficient, measure: {expval: Z}}
models:
  qnn:
    layers: [{quantum: pqc}, {dense: n_classes}]
backends: [reference]
trainer: {epochs: 200}
record: {gradient_variance: off}
"""

PATIENCE = 120.0
"""Seconds until something that must happen has failed to."""


class WatchedRun:
    """``qbench run`` in the background, and its store read from outside."""

    def __init__(self, process: subprocess.Popen[str], store: Path) -> None:
        self.process, self.store = process, store

    def attempts(self) -> list[tuple[int, int, str, int]]:
        """(seed, number, status, epochs so far) of every attempt, in the order they began."""
        query = """
            SELECT seed, number, status, (SELECT count(*) FROM epochs WHERE attempt_id = a.id)
            FROM attempts AS a JOIN trials AS t ON t.id = a.trial_id ORDER BY a.id
        """
        try:
            with closing(sqlite3.connect(f"file:{self.store}?mode=ro", uri=True)) as connection:
                return connection.execute(query).fetchall()
        except sqlite3.OperationalError:  # not made yet
            return []

    def until(self, condition: Callable[[list[tuple[int, int, str, int]]], bool]) -> None:
        """Wait for something in the store."""
        deadline = time.monotonic() + PATIENCE
        while not condition(self.attempts()):
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < deadline, self.attempts()
            time.sleep(0.02)

    def until_training(self, seed: int) -> None:
        """The trial of this seed is in the middle of its epochs."""
        self.until(lambda rows: [r[0] for r in rows if r[2] == "running" and r[3] > 5] == [seed])

    def workers(self) -> list[psutil.Process]:
        """Its worker processes."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def end(self) -> tuple[int, str, str]:
        """Exit code, standard output and standard error, once it is over."""
        stdout, stderr = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, stdout, stderr


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """Three trainings of about a second on the reference."""
    path = tmp_path / "disturbed.yaml"
    path.write_text(SUITE)
    return path


@pytest.fixture
def start(qbench, suite, tmp_path) -> Iterator[Callable[..., WatchedRun]]:
    """Start the suite's run; whatever the test leaves behind is ended."""
    started: list[WatchedRun] = []

    def start(*options: object) -> WatchedRun:
        store = tmp_path / "results.db"
        process = qbench.start("run", suite, "--store", store, *options)
        started.append(WatchedRun(process, store))
        return started[-1]

    yield start
    for run in started:
        if run.process.poll() is None:
            os.killpg(run.process.pid, signal.SIGKILL)
            run.process.communicate()
