"""Teachers and students: which trainings a suite comes to, and what is refused."""

from __future__ import annotations

import pytest

from qbench.exceptions import SpecError
from qbench.plan.trial import supporting
from qbench.store import METHOD_KIND, SUPPORT

SUITE = """\
qbench: 1
name: distil
seeds: [5, 6]
data: {name: digits, classes: [0, 1, 2], split: {train: {per_class: 10}, validation: 20, test: 90}}
circuits:
  pqc: {n_qubits: 3, encoding: angle, ansatz: basic_entangler, measure: {probs: all}}
models:
  student: {layers: [{dense: 3}, {quantum: pqc}, {dense: n_classes}]}
  teacher: {layers: [{dense: 8}, {dense: n_classes}], train_on: all, trainer: {epochs: 9}}
train: [student]
baselines: [mlp, svm_rbf]
controls: [linear_twin, mlp_matched]
backends: [reference, pennylane]
trainer: {epochs: 3, distillation: {teacher: teacher}}
"""
PLAIN = SUITE.replace(", distillation: {teacher: teacher}", "")
AXIS = "matrix={trainer.distillation: {none: null, taught: {teacher: teacher}}}"
QUANTUM = "models.teacher={layers: [{dense: 3}, {quantum: pqc}, {dense: n_classes}]}"
WIDE = "models.student={layers: [{dense: 3}, {quantum: pqc}], unused_outputs: true}"


def by(plan, method, task="train"):
    return [t for t in plan.trials if (t.work.method, t.work.task) == (method, task)]


def test_every_training_of_a_point_learns_from_the_teacher_and_no_other_work_does(plan_of):
    plan = plan_of(text=SUITE)
    taught = {t.work.method for t in plan.trials if t.work.teaching is not None}
    assert taught == {"student", "student[linear_twin]", "student[mlp_matched]", "mlp"}
    assert by(plan, "svm_rbf", "fit")
    assert by(plan, "student", "gradient_variance")


def test_a_teacher_is_a_training_of_its_own_at_the_students_seeds(plan_of):
    plan = plan_of(text=SUITE)
    teachers = {t.seed: t for t in by(plan, "teacher")}
    assert sorted(teachers) == [5, 6]
    for trial in by(plan, "student"):
        assert [need.id for need in trial.needs] == [teachers[trial.seed].id]
        assert trial.needs[0].streams == trial.streams
    assert teachers[5].work.trainer["epochs"] == 9
    positions = [trial.work.method for trial in plan.trials]
    assert positions.index("student") > max(n for n, m in enumerate(positions) if m == "teacher")


def test_a_teacher_that_is_not_asked_for_is_marked_and_one_that_is_is_not(plan_of):
    def kinds(plan):
        return {p.get(METHOD_KIND) for t in by(plan, "teacher") for p in t.labels}

    assert kinds(plan_of(text=SUITE)) == {SUPPORT}
    both = plan_of("train=[student, teacher]", text=SUITE)
    assert kinds(both) == {None}
    assert len(by(both, "teacher")) == 2
    assert kinds(both.only({"model": "student"})) == {SUPPORT}


def test_a_teacher_is_the_same_trial_without_its_students(plan_of):
    alone = plan_of("train=[teacher]", "controls=[]", text=PLAIN)
    taught = by(plan_of(text=SUITE), "teacher")
    assert {t.id for t in by(alone, "teacher")} == {t.id for t in taught}
    assert all(t.work.teaching is None for t in taught)


def test_students_of_another_teacher_are_other_trials(plan_of):
    first = {t.id for t in by(plan_of(text=SUITE), "student")}
    longer = plan_of("models.teacher.trainer.epochs=10", text=SUITE)
    assert first.isdisjoint(t.id for t in by(longer, "student"))
    renamed = SUITE.replace("teacher:", "professor:", 1).replace(
        "{teacher: teacher}", "{teacher: professor}"
    )
    assert {t.id for t in by(plan_of(text=renamed), "student")} == first


def test_distillation_is_an_axis_whose_first_value_is_the_plain_student(plan_of):
    plan = plan_of(AXIS, text=PLAIN)
    plain = plan_of(text=PLAIN)
    taught = plan_of(text=SUITE)
    for name in ("student", "mlp"):
        expected = {t.id for t in (*by(plain, name), *by(taught, name))}
        assert {t.id for t in by(plan, name)} == expected
    assert len(by(plan, "svm_rbf", "fit")) == 2


def test_a_quantum_teacher_is_trained_once_on_the_first_backend_that_can(plan_of):
    plan = plan_of(QUANTUM, text=SUITE)
    assert {t.work.variant for t in by(plan, "teacher")} == {"reference"}
    assert {t.work.variant for t in by(plan, "student")} == {"reference", "pennylane"}
    both = plan_of(QUANTUM, "train=[student, teacher]", text=SUITE)
    assert {t.id for t in by(plan, "teacher")} < {t.id for t in by(both, "teacher")}


def test_a_teacher_has_a_teacher_where_its_own_trainer_says_so(plan_of):
    chain = (
        "models.elder={base: teacher, trainer: {epochs: 4}}",
        "models.teacher.trainer.distillation={teacher: elder}",
    )
    plan = plan_of(*chain, text=SUITE)
    student = by(plan, "student")[0]
    names = [t.work.method for t in supporting([student])]
    assert names == ["elder", "teacher"]
    with pytest.raises(SpecError, match="circle: elder -> teacher -> elder"):
        plan_of(*chain, "models.elder.trainer.distillation={teacher: teacher}", text=SUITE)


def test_a_student_with_unused_outputs_takes_a_teacher_of_one_output_a_class(plan_of):
    plan = plan_of(WIDE, "controls=[]", text=SUITE)
    assert {t.work.teaching.columns for t in by(plan, "student")} == {3}
    same = plan_of(
        WIDE, WIDE.replace("student", "teacher"), "controls=[]", "baselines=[]", text=SUITE
    )
    assert {t.work.teaching.columns for t in by(same, "student")} == {8}


def test_columns_that_do_not_match_are_refused_unless_told_otherwise(plan_of):
    wide = (WIDE.replace("student", "teacher"), "controls=[]", "baselines=[]")
    with pytest.raises(SpecError, match=r"match_heads: 'teacher' has 8 outputs, the student 3"):
        plan_of(*wide, text=SUITE)
    told = plan_of(*wide, "trainer.distillation.match_heads=false", text=SUITE)
    assert {t.work.teaching.columns for t in by(told, "student")} == {3}


BOTH = (
    "models.other={base: teacher, trainer: {epochs: 4}}",
    "models.both={ensemble: [teacher, other]}",
)


def test_an_ensemble_joins_trainings_and_may_teach_and_have_a_row(plan_of):
    plan = plan_of(*BOTH, "train=[student, both]", "trainer.distillation.teacher=both", text=SUITE)
    rows = by(plan, "both", "ensemble")
    assert [t.seed for t in rows] == [5, 6]
    assert {p.get(METHOD_KIND) for t in rows for p in t.labels} == {None}
    members = {t.id for name in ("teacher", "other") for t in by(plan, name)}
    assert {need.id for t in rows for need in t.needs} == members
    student = by(plan, "student")[0]
    assert [t.work.method for t in supporting([student])] == ["teacher", "other", "both"]
    alone = plan_of("train=[teacher]", "controls=[]", text=PLAIN)
    assert {t.id for t in by(alone, "teacher")} == {t.id for t in by(plan, "teacher")}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("models.both={ensemble: [teacher, techer]}", r"ensemble\[1\]: unknown model 'techer'"),
        ("models.both={ensemble: [teacher]}", "names two models at least"),
        ("models.both={ensemble: [teacher, both]}", "circle: both"),
        ("models.both={ensemble: [teacher, other], freeze: [quantum]}", "has no freeze of its own"),
        ("models.third={base: both}", "'both' is an ensemble: it has no layers"),
        ("baselines=[{mlp_matched: both}]", "'both' is an ensemble; name one of its members"),
        ("models.other.trainer.loss=mse", "'other' is trained with the loss mse"),
        ("models.other.data.split.test=20", r"'other' trains on \d+ of the 90 test rows"),
        (WIDE.replace("student", "other"), r"different numbers of outputs: \[3, 8\]"),
    ],
)
def test_an_ensemble_that_does_not_fit_is_refused(plan_of, settings, said):
    given = (settings, BOTH[1]) if settings.startswith("models.other={") else (*BOTH, settings)
    with pytest.raises(SpecError, match=said):
        plan_of(*given, "train=[student, both]", text=SUITE)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (["trainer.distillation.teacher=techer"], "unknown model 'techer'; did you mean 'teacher'"),
        (["trainer.loss=mse"], "distillation: goes with the loss cross_entropy, not mse"),
        (["models.teacher.data.classes=[2, 1, 0]"], "trained on the classes 2, 1, 0, here"),
        (["models.teacher.trainer.loss=hinge"], "the loss hinge: its outputs are no logits"),
        (["models.teacher.trainer.select=best_test"], "is selected by its test rows"),
        (
            ["models.teacher.data.split={train: 0.5, validation: 0.2}"],
            r"trainer.distillation.teacher: 'teacher' trains on \d+ of the 90 test rows",
        ),
        (
            ["models.teacher.data.split={train: 30, validation: 120}"],
            r"'teacher' is selected by \d+ of the 90 test rows",
        ),
        (["models.label_smoothing={base: teacher}"], "this name is taken by a teacher"),
    ],
)
def test_a_teacher_that_does_not_fit_is_refused(plan_of, settings, said):
    with pytest.raises(SpecError, match=said):
        plan_of(*settings, text=SUITE)


def test_heads_are_compared_like_with_like(plan_of):
    own = "models.plain={base: student, trainer: {distillation: {teacher: null}}}"
    compared = ("train=[student, plain]", "baseline=plain", own)
    plan_of(*compared, text=SUITE)
    other = "models.plain.replace={dense: {dense: {units: 3, bias: false}}}"
    with pytest.raises(SpecError, match="'student' has a teacher and 'plain' has none"):
        plan_of(*compared, other, text=SUITE)
    plan_of(*compared, other, "trainer.distillation.match_heads=false", text=SUITE)
    # how far a student is from its teacher is another question
    plan_of("train=[student, teacher]", "baseline=teacher", text=SUITE)
