"""Learning from a teacher: the formula, the same in both hosts, and what it comes to."""

from __future__ import annotations

import numpy as np
import pytest

from qbench.exceptions import QbenchError
from qbench.worker import losses
from qbench.worker.distillation import (
    Distillation,
    per_sample,
    smoothed_logits,
    soft_targets,
)

RULE = {"temperature": 3.0, "ce_weight": 1.0, "kl_weight": 0.9, "scale_t2": True}


def taught(problem, columns=3, seed=5):
    """The problem with a teacher of so many outputs."""
    rows = len(problem.data["x_train"])
    logits = 3 * np.random.default_rng(seed).normal(size=(rows, columns))
    problem.data["teacher_logits"] = logits
    return problem


def widened(problem, outputs):
    """The problem with more outputs than its three classes."""
    draw = np.random.default_rng(8)
    problem.layers[-1]["units"] = outputs
    problem.parameters["3.dense.weight"] = draw.normal(size=(outputs, 4))
    problem.parameters["3.dense.bias"] = draw.normal(size=outputs)
    return problem


def curve(worker, problem, **job):
    worker.train(problem, **job)
    return np.array([[e["train_loss"], e["validation_loss"]] for e in worker.events])


def test_the_formula_is_hintons():
    s, t, y = np.array([[1.0, -2.0, 0.5]]), np.array([[0.3, 0.1, 2.0]]), np.array([2])
    soft = soft_targets(t, 3.0, 3)
    p = np.exp(t / 3) / np.exp(t / 3).sum()
    q = np.exp(s / 3) / np.exp(s / 3).sum()
    hard = -np.log(np.exp(0.5) / np.exp(s).sum())
    rows = losses.per_sample("cross_entropy", s, y)
    expected = hard + 0.9 * 9 * np.sum(p * np.log(p / q))
    assert per_sample(Distillation.of(RULE), rows, s, soft) == pytest.approx([expected])
    plain = Distillation.of({**RULE, "scale_t2": False, "ce_weight": 0.5})
    expected = 0.5 * hard + 0.9 * np.sum(p * np.log(p / q))
    assert per_sample(plain, rows, s, soft) == pytest.approx([expected])


def test_a_virtual_teacher_at_temperature_one_is_label_smoothing():
    s = np.random.default_rng(0).normal(size=(5, 4))
    y = np.array([0, 3, 1, 2, 2])
    q = 0.9 * np.eye(4)[y] + 0.1 / 4
    soft = soft_targets(smoothed_logits(y, 4, 0.1), 1.0, 4)
    assert soft == pytest.approx(q)
    log_s = s - np.log(np.exp(s).sum(axis=1, keepdims=True))
    entropy = -(q * np.log(q)).sum(axis=1)
    divergence = per_sample(Distillation(1.0, 0.0, 1.0), np.zeros(5), s, soft)
    assert divergence + entropy == pytest.approx(-(q * log_s).sum(axis=1))


def test_outputs_that_the_teacher_lacks_have_no_probability():
    soft = soft_targets(np.zeros((2, 3)), 2.0, 5)
    assert soft == pytest.approx(np.array([[1 / 3] * 3 + [0] * 2] * 2))
    with pytest.raises(QbenchError, match="teacher of 3 outputs, a student of 2"):
        soft_targets(np.zeros((2, 3)), 2.0, 2)


def test_a_teacher_that_says_what_the_student_says_adds_nothing():
    s = np.random.default_rng(1).normal(size=(4, 3))
    hard = np.arange(4.0)
    assert per_sample(Distillation.of(RULE), hard, s, soft_targets(s, 3.0, 3)) == pytest.approx(
        hard, abs=1e-14
    )


@pytest.mark.parametrize("outputs", [3, 5])
def test_the_first_loss_is_the_formulas(reference, problem, outputs):
    problem = widened(taught(problem), outputs)
    fields = problem.request()
    model = {key: fields[key] for key in ("model", "execution")}
    parameters = {f"param.{name}": array for name, array in problem.parameters.items()}
    _, initial = reference.ask("predict", {"x": problem.data["x_train"], **parameters}, **model)
    found = curve(reference, problem, batch_size=20, distillation=RULE)
    rows = losses.per_sample("cross_entropy", initial["outputs"], problem.data["y_train"])
    soft = soft_targets(problem.data["teacher_logits"], 3.0, outputs)
    expected = per_sample(Distillation.of(RULE), rows, initial["outputs"], soft).mean()
    assert found[0, 0] == pytest.approx(expected, rel=1e-12)
    assert found[0, 0] != pytest.approx(rows.mean(), rel=1e-3)


def test_without_a_weight_of_its_own_the_teacher_changes_nothing(reference, make_problem):
    plain = curve(reference, make_problem())
    silent = {**RULE, "kl_weight": 0.0}
    assert np.array_equal(curve(reference, taught(make_problem()), distillation=silent), plain)
    told = curve(reference, taught(make_problem()), distillation=RULE)
    assert np.abs(told - plain).max() > 1e-2


@pytest.mark.environments
@pytest.mark.parametrize("outputs", [3, 5])
def test_both_hosts_have_the_same_curves(reference, tensorflow_reference, make_problem, outputs):
    def found(worker):
        return curve(worker, widened(taught(make_problem(epochs=20)), outputs), distillation=RULE)

    np.testing.assert_allclose(found(tensorflow_reference), found(reference), rtol=1e-12)
    # a warm worker has traced the step with a teacher: it is not that without one
    plain = [curve(worker, make_problem()) for worker in (tensorflow_reference, reference)]
    np.testing.assert_allclose(*plain, rtol=1e-12)


@pytest.mark.parametrize(
    ("loss", "rows", "said"),
    [("mse", 20, "goes with the loss cross_entropy"), ("cross_entropy", 9, "9 outputs of the")],
)
def test_a_teacher_that_does_not_fit_is_refused(reference, problem, loss, rows, said):
    problem = taught(problem)
    problem.data["teacher_logits"] = problem.data["teacher_logits"][:rows]
    with pytest.raises(reference.Error, match=said):
        reference.train(problem, loss=loss, distillation=RULE)
