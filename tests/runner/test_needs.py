"""What a student gets from its teacher: once, within limits, and only from one that is trained."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from qbench.exceptions import UnmetNeedError, WorkerTimeoutError
from qbench.plan import Trial, initial_parameters, make_plan
from qbench.registry import load_registry
from qbench.runner.inputs import InputFactory
from qbench.runner.limits import Limits
from qbench.runner.needs import Needs
from qbench.spec import load_suite
from qbench.store import FAILED, INTERRUPTED, OK, Outcome, open_store

SUITE = """\
qbench: 1
name: distil
seeds: 1
data: {name: digits, classes: [0, 1, 2], split: {train: {per_class: 8}, validation: 0, test: 60}}
models:
  student: {layers: [{dense: {units: 3, activation: tanh}}, {dense: n_classes}]}
  teacher: {layers: [{dense: n_classes}]}
train: [student]
trainer: {epochs: 2, select: last}
matrix:
  trainer.distillation:
    warm: {teacher: teacher, temperature: 2}
    hot: {teacher: teacher, temperature: 20}
"""


class FakeWorker:
    """Says a teacher's outputs, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[dict] = []
        self.import_s = 0.0

    def load(self, **limits) -> None:
        time.sleep(self.import_s)

    def predict(self, **request) -> np.ndarray:
        self.asked.append(request)
        return np.full((len(request["arrays"]["x"]), 3), 0.5)


class Bench:
    """Two students of one teacher, and a store that knows them."""

    def __init__(self, folder: Path, store) -> None:
        path = folder / "suite.yaml"
        path.write_text(SUITE)
        trials = make_plan(load_suite(path), load_registry()).trials
        self.students = [trial for trial in trials if trial.needs]
        (self.teacher,) = [trial for trial in trials if not trial.needs]
        self.store, self.run = store, store.begin_run("distil")
        store.plan(self.run, [trial.record() for trial in trials])
        self.worker = FakeWorker()
        self._needs = Needs(store, InputFactory())

    def teacher_ends(self, outcome: Outcome) -> None:
        attempt = self.store.begin_attempt(self.teacher.id, self.run)
        self.store.finish_attempt(attempt, outcome)

    def arrays(self, student: Trial, **limits):
        return self._needs.arrays(student, lambda trial: self.worker, Limits(**limits))


@pytest.fixture
def bench(tmp_path):
    with open_store(tmp_path / "results.db") as store:
        yield Bench(tmp_path, store)


def trained(teacher: Trial) -> Outcome:
    model, _ = teacher.work.trained()
    weights = initial_parameters(model, teacher.work.init, teacher.streams["init"])
    return Outcome(OK, artifacts={"parameters": weights})


def test_a_teacher_is_asked_once_for_all_students_that_see_the_same_rows(bench):
    bench.teacher_ends(trained(bench.teacher))
    found = [bench.arrays(student)["teacher_logits"] for student in bench.students]
    assert len(bench.students) == 2
    assert [logits.shape for logits in found] == [(24, 3)] * 2
    (asked,) = bench.worker.asked
    assert set(asked["arrays"]) == {"x", "param.0.dense.weight", "param.0.dense.bias"}


def test_a_teacher_is_asked_within_its_students_limits_imports_apart(bench):
    bench.teacher_ends(trained(bench.teacher))
    bench.worker.import_s = 0.3
    begun = time.monotonic()
    bench.arrays(bench.students[0], timeout=60.0, memory_limit=7)
    took = time.monotonic() - begun
    (asked,) = bench.worker.asked
    assert asked["memory_limit"] == 7
    assert 0 < 60.0 - asked["timeout"] <= took - 0.3


def test_a_teacher_that_takes_longer_than_its_students_limit_is_a_timeout(bench):
    bench.teacher_ends(trained(bench.teacher))
    with pytest.raises(WorkerTimeoutError, match="timed out after 0 s"):
        bench.arrays(bench.students[0], timeout=0.0)


@pytest.mark.parametrize(
    ("ended", "status", "told"),
    [
        (None, INTERRUPTED, "which another process is at"),
        (Outcome(INTERRUPTED, "the run ended"), INTERRUPTED, "interrupted: the run ended"),
        (Outcome("timeout", "too slow"), "timeout", "timeout: too slow"),
        (Outcome("diverged", "NaN"), FAILED, "diverged: NaN"),
    ],
)
def test_a_student_ends_as_its_teacher_did_and_is_tried_again_with_it(bench, ended, status, told):
    if ended is None:
        bench.store.begin_attempt(bench.teacher.id, bench.run)
    else:
        bench.teacher_ends(ended)
    with pytest.raises(UnmetNeedError, match=told) as raised:
        bench.arrays(bench.students[0])
    assert raised.value.status == status
    assert bench.worker.asked == []
