"""What is run next: variants in turn, teachers before their students, timings together and last."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import pytest

from qbench.plan import Trial, make_plan
from qbench.registry import load_registry
from qbench.runner.schedule import Schedule
from qbench.spec import load_suite

TAUGHT = """\
qbench: 1
name: taught
seeds: 1
data: moons
models:
  student: {layers: [{dense: 2}, {dense: n_classes}]}
  teacher: {layers: [{dense: n_classes}]}
train: [student]
baselines: [svm_rbf]
matrix:
  trainer.distillation:
    alone: null
    taught: {teacher: teacher}
"""

COMPARED = """\
qbench: 1
name: compared
seeds: 2
data: moons
circuits: {c: {n_qubits: 2, encoding: angle}}
models: {qnn: {layers: [{quantum: c}, {dense: n_classes}]}}
record: {gradient_variance: off}
backends: [reference, pennylane]
"""

TIMED = """\
qbench: 1
name: timed
task: speed
circuits: {c: {n_qubits: =n, encoding: angle}}
speed: {measure: [forward], batch_size: [2]}
matrix: {n: [4, 2]}
backends: [reference, pennylane]
"""


@pytest.fixture
def trials(tmp_path: Path):
    def trials(suite: str) -> list[Trial]:
        path = tmp_path / "suite.yaml"
        path.write_text(suite)
        return list(make_plan(load_suite(path), load_registry()).trials)

    return trials


def names(trials: list[Trial]) -> list[str]:
    return [trial.work.method for trial in trials]


def test_a_student_waits_until_its_teacher_has_ended_and_others_do_not(trials):
    schedule = Schedule(trials(TAUGHT))
    taken = [schedule.take() for _ in range(4)]
    assert sorted(chain(*map(names, taken))) == ["student", "svm_rbf", "teacher"]
    assert taken[3] == []
    assert len(schedule) == 1
    for one in taken[:3]:
        if names(one) != ["teacher"]:
            schedule.ended(one)
    assert schedule.take() == []
    schedule.ended(next(one for one in taken if names(one) == ["teacher"]))
    (student,) = schedule.take()
    assert [needed.work.method for needed in student.needs] == ["teacher"]
    assert len(schedule) == 0


def test_a_student_of_a_teacher_that_is_not_due_waits_for_nothing(trials):
    students = [trial for trial in trials(TAUGHT) if trial.needs]
    schedule = Schedule(students)
    assert schedule.take() == students


def test_variants_come_in_turn_and_a_lane_prefers_a_backend_that_none_is_busy_with(trials):
    def backends(schedule: Schedule, count: int) -> list[str]:
        return [schedule.take()[0].work.backend.name for _ in range(count)]

    schedule = Schedule(trials(COMPARED))
    assert backends(schedule, 4) == ["reference", "pennylane", "reference", "pennylane"]

    schedule = Schedule(trials(COMPARED))
    first = schedule.take()
    assert backends(schedule, 1) == ["pennylane"]
    schedule.ended(first)
    assert backends(schedule, 1) == ["reference"]
    schedule = Schedule(trials(COMPARED))
    schedule.take()
    schedule.ended(schedule.take())
    assert backends(schedule, 2) == ["pennylane", "reference"]


def test_timings_of_one_cell_are_taken_together_the_small_circuit_first(trials):
    schedule = Schedule(trials(TIMED))
    groups = [schedule.take() for _ in range(2)]
    assert [[t.work.measured().circuit.n_qubits for t in group] for group in groups] == [
        [2, 2],
        [4, 4],
    ]
    assert {t.work.backend.name for t in groups[0]} == {"reference", "pennylane"}
    assert (len(schedule), schedule.take()) == (0, [])
