"""Teachers and students, from a suite file to the table: trained once, in turn, tried again."""

from __future__ import annotations

import sqlite3

import numpy as np
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
  other: {layers: [{dense: {units: 4, activation: relu}}, {dense: n_classes}]}
  both: {ensemble: [teacher, other]}
train: [student, both]
controls: [product_twin]
backends: [reference]
trainer: {epochs: 2, batch_size: 8, select: last, optimizer: {learning_rate: 0.05}}
record: {metrics: [accuracy], gradient_variance: off}
matrix:
  trainer.distillation:
    baseline: null
    taught: {teacher: both}
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
        ("both", "ok", "", 2),
        ("other", "ok", "", 2),
        ("student", "ok", "", 6),
        ("student[product_twin]", "ok", "", 6),
        ("teacher", "ok", "", 2),
    ]
    frame = rows(tmp_path)
    assert set(frame["method"]) == {"student", "student[product_twin]", "both"}
    # the twin computes what the circuit computes, under each teacher
    wide = frame.pivot_table("metrics.accuracy", ["labels.trainer.distillation", "seed"], "method")
    assert (wide["student"] == wide["student[product_twin]"]).all()
    assert wide["both"].nunique() <= 2  # the same trials under each teacher
    joined = frame[frame["method"] == "both"].iloc[0]
    assert joined["counts.parameters_classical"] == (64 + 1) * 3 + (64 + 1) * 4 + (4 + 1) * 3
    with open_store(tmp_path / "results.db", writable=False) as store:
        members = [store.finished_attempt(trial) for trial in joined["provenance.members"]]
        each = [store.artifact(member.attempt_id, "outputs")["test"] for member in members]
        mean = store.artifact(int(joined["attempt_id"]), "outputs")["test"]
        np.testing.assert_allclose(mean, np.mean(each, axis=0), atol=1e-12)
        losses = store.epochs_frame(store.resolve_run()).groupby("trial_id")["train_loss"].first()
    # each seed under each teacher has a curve of its own, which the twin shares
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
    one = one.replace("taught: {teacher: both}", "taught: {teacher: teacher}")
    one = one.replace("train: [student, both]", "train: [student]")
    (tmp_path / "suite.yaml").write_text(one)
    run = ("run", "suite.yaml", "--store", "results.db")
    assert qbench(*run, "--set", "budget.trial=0.001s").returncode == 1
    teacher, told = statuses(tmp_path)[-1], {row[2][:14] for row in statuses(tmp_path)[:-1]}
    assert (teacher[0], teacher[1]) == ("teacher", "timeout")
    assert told == {"needs teacher ", teacher[2][:14]}
    again = qbench(*run, "--retry-failed")
    assert again.returncode == 0, again.stderr
    assert set(rows(tmp_path)["status"]) == {"ok"}
