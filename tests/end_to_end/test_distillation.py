"""Teachers and students, from a suite file to the table: trained once, in turn, tried again."""

from __future__ import annotations

import sqlite3

import pytest

from qbench.store import open_store

pytestmark = pytest.mark.environments

SUITE = """\
qbench: 1
name: distil
seeds: 2
data: {name: digits, classes: [0, 1, 2], split: {train: {per_class: 8}, validation: 0, test: 60}}
circuits:
  pqc: {n_qubits: 3, encoding: angle, measure: {probs: all}}
models:
  student: {layers: [{dense: {units: 3, activation: tanh}}, {quantum: pqc}], unused_outputs: true}
  teacher: {layers: [{dense: n_classes}], train_on: all, trainer: {epochs: 3}}
train: [student]
controls: [product_twin]
backends: [reference]
trainer: {epochs: 2, batch_size: 8, select: last, optimizer: {learning_rate: 0.05}}
record: {metrics: [accuracy], gradient_variance: off}
matrix:
  trainer.distillation:
    baseline: null
    taught: {teacher: teacher}
    smoothing: {teacher: label_smoothing}
baseline: {trainer.distillation: baseline}
"""


def rows(folder):
    with open_store(folder / "results.db", writable=False) as store:
        return store.frame(store.resolve_run(), each_path=True)


def statuses(folder):
    connection = sqlite3.connect(folder / "results.db")
    query = (
        "select t.method, a.status, a.reason, count(*) from attempts a join trials t on "
        "t.id = a.trial_id group by 1, 2, 3 order by 1, 2"
    )
    return connection.execute(query).fetchall()


def test_a_teacher_is_trained_once_before_its_students_and_has_no_row(qbench, tmp_path):
    (tmp_path / "suite.yaml").write_text(SUITE)
    done = qbench("run", "suite.yaml", "--store", "results.db", "--jobs", 2)
    assert done.returncode == 0, done.stderr
    assert statuses(tmp_path) == [
        ("student", "ok", "", 6),
        ("student[product_twin]", "ok", "", 6),
        ("teacher", "ok", "", 2),
    ]
    frame = rows(tmp_path)
    assert set(frame["method"]) == {"student", "student[product_twin]"}
    # the twin computes what the circuit computes, under each teacher
    wide = frame.pivot_table("metrics.accuracy", ["labels.trainer.distillation", "seed"], "method")
    assert (wide["student"] == wide["student[product_twin]"]).all()
    with open_store(tmp_path / "results.db", writable=False) as store:
        losses = store.epochs_frame(store.resolve_run()).groupby("trial_id")["train_loss"].first()
    assert losses.round(6).nunique() == 6
    assert "difference: against the same model, trainer.distillation=baseline" in done.stdout
    again = qbench("run", "suite.yaml", "--store", "results.db")
    assert "0 run now" in again.stderr

    # a student's weights predict as those of any other model
    predicted = qbench("predict", "student", "--data", "digits", "--store", "results.db")
    assert predicted.returncode == 0, predicted.stderr
    heading, *lines = predicted.stdout.splitlines()
    assert heading == "label,probability.0,probability.1,probability.2,probability.none"
    assert sum(float(share) for share in lines[0].split(",")[1:]) == pytest.approx(1)


def test_the_students_of_a_teacher_that_failed_say_so_and_are_tried_again_with_it(qbench, tmp_path):
    one = SUITE.replace("seeds: 2", "seeds: 1").replace("controls: [product_twin]\n", "")
    (tmp_path / "suite.yaml").write_text(one)
    run = ("run", "suite.yaml", "--store", "results.db")
    first = qbench(*run, "--set", "budget.trial=0.001s", "--only", "model=teacher")
    assert first.returncode == 1
    second = qbench(*run)
    assert second.returncode == 1
    assert "took longer than" in statuses(tmp_path)[-1][2]
    told = [row for row in statuses(tmp_path) if row[:2] == ("student", "timeout")]
    assert len(told) == 1
    assert told[0][2].startswith("needs teacher (")
    third = qbench(*run, "--retry-failed")
    assert third.returncode == 0, third.stderr
    assert set(rows(tmp_path)["status"]) == {"ok"}
