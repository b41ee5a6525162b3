"""Timings that a kill breaks off: whole cells stay, the others are timed by the next run."""

from __future__ import annotations

import os
import signal
import sqlite3
from contextlib import closing

import psutil
import pytest

pytestmark = pytest.mark.environments

SUITE = """\
qbench: 1
name: timings
task: speed
circuits:
  c: {n_qubits: 3, encoding: {name: angle, rotation: RX}, ansatz: hardware_efficient}
speed: {measure: [forward, gradient], batch_size: [2, 8], processes: 2, rounds: 6, min_time: 20ms}
backends: [qulacs, reference]
"""
CELLS, VARIANTS, PROCESSES = 4, 2, 2


@pytest.fixture
def suite(tmp_path):
    path = tmp_path / "timings.yaml"
    path.write_text(SUITE)
    return path


def kept(store):
    """Every attempt with its trial, number, status and the bytes of its samples."""
    query = """
        SELECT a.trial_id, a.number, a.status, a.ended_at, group_concat(hex(f.data))
        FROM attempts AS a LEFT JOIN artifacts AS f ON f.attempt_id = a.id
        GROUP BY a.id ORDER BY a.id
    """
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as connection:
        return connection.execute(query).fetchall()


def test_timings_that_are_killed_keep_their_finished_cells_and_time_the_rest(start):
    killed = start()

    def in_a_later_cell(rows):
        statuses = [status for _, _, status, _ in rows]
        return "ok" in statuses and "running" in statuses

    killed.until(in_a_later_cell)
    workers = killed.workers()
    assert len(workers) == PROCESSES * (VARIANTS + 1)  # and the control's
    os.killpg(killed.process.pid, signal.SIGKILL)
    assert killed.end()[0] == -signal.SIGKILL
    _, alive = psutil.wait_procs(workers, timeout=10)
    assert alive == []
    before = [row for row in kept(killed.store) if row[2] == "ok"]
    assert before
    assert len(before) % VARIANTS == 0  # a cell is stored whole

    again = start()
    code, _, stderr = again.end()
    assert code == 0, stderr
    total = CELLS * VARIANTS
    assert f"{total - len(before)} trials to run, {len(before)} already final" in stderr
    after = kept(again.store)
    assert [row for row in after if row in before] == before
    ended = [row[0] for row in after if row[2] == "ok"]
    assert len(ended) == len(set(ended)) == total
    assert {row[2] for row in after} == {"ok", "interrupted"}
