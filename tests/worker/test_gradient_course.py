"""The gradient of one fixed batch's loss, before training and after each epoch."""

import time

import numpy as np
import pytest

from qbench.circuit import ReferenceProgram
from qbench.worker.draws import Course

WEIGHTS = "course.2.quantum.weights"


def trained(worker, problem, copies=1, **changes):
    """A training that records the course of the gradient of its first five training rows."""
    rows = np.tile(np.arange(5), copies)
    batch = {f"course_{k}": problem.data[f"{k}_train"][rows] for k in "xy"}
    request = problem.request(gradient_course=True, **changes)
    return worker.ask("train", {**problem.arrays, **batch}, **request)


def loss(problem, x, y, weights):
    """Cross entropy of the problem's model, written out."""
    p, program = problem.parameters, ReferenceProgram(problem.circuit)
    hidden = 1.5 * np.tanh(x @ p["0.dense.weight"].T + p["0.dense.bias"])
    read = [program.forward(hidden[:, 2 * c : 2 * c + 2], w) for c, w in enumerate(weights)]
    logits = np.hstack(read) @ p["3.dense.weight"].T + p["3.dense.bias"]
    shifted = logits - logits.max(axis=1, keepdims=True)
    chosen = shifted[np.arange(len(y)), y] - np.log(np.exp(shifted).sum(axis=1))
    return -chosen.mean()


@pytest.mark.environments
def test_the_first_point_is_the_gradient_by_finite_differences(reference, problem):
    _, arrays = trained(reference, problem)
    weights = problem.parameters["2.quantum.weights"]
    x, y = problem.data["x_train"][:5], problem.data["y_train"][:5]
    expected, step = np.zeros_like(weights), 1e-5
    for place in np.ndindex(weights.shape):
        there, back = weights.copy(), weights.copy()
        there[place] += step
        back[place] -= step
        expected[place] = (loss(problem, x, y, there) - loss(problem, x, y, back)) / (2 * step)
    assert arrays[WEIGHTS].shape == (5, 2, 2)  # four epochs
    np.testing.assert_allclose(arrays[WEIGHTS][0], expected, atol=1e-9)


@pytest.mark.environments
def test_the_last_point_belongs_to_the_last_weights(reference, problem):
    _, arrays = trained(reference, problem)
    names = [f"param.{name}" for name in problem.parameters]
    problem.parameters = {name.removeprefix("param."): arrays[name] for name in names}
    _, again = trained(reference, problem)
    np.testing.assert_allclose(arrays[WEIGHTS][-1], again[WEIGHTS][0], atol=1e-14)
    assert not np.allclose(arrays[WEIGHTS][-1], arrays[WEIGHTS][0], atol=1e-3)


@pytest.mark.environments
@pytest.mark.parametrize("loss", ["cross_entropy", "mse"])
def test_both_hosts_record_the_same_course(reference, tensorflow_reference, problem, loss):
    _, expected = trained(reference, problem, loss=loss)
    _, found = trained(tensorflow_reference, problem, loss=loss)
    np.testing.assert_allclose(found[WEIGHTS], expected[WEIGHTS], rtol=1e-11, atol=1e-13)


@pytest.mark.environments
def test_the_course_changes_nothing_else(reference, problem):
    _, recorded = trained(reference, problem)
    _, plain = reference.train(problem)
    assert set(recorded) == {*plain, WEIGHTS}
    for name, array in plain.items():
        assert np.array_equal(recorded[name], array)


@pytest.mark.environments
def test_frozen_quantum_weights_have_a_course_too(reference, problem):
    _, arrays = trained(reference, problem, trainable=["3.dense.weight"])
    assert np.all(np.ptp(arrays[WEIGHTS], axis=0) > 0)


@pytest.mark.environments
def test_a_course_without_a_batch_is_refused(reference, problem):
    with pytest.raises(reference.Error, match="no course_x and no course_y"):
        reference.train(problem, gradient_course=True)


@pytest.mark.environments
@pytest.mark.timed
def test_the_course_counts_in_no_time_of_the_training(reference, problem):
    start = time.perf_counter()
    result, _ = trained(reference, problem, copies=40_000)
    wall = time.perf_counter() - start
    timings = result["timings"]
    assert wall > 1.0
    assert timings["train_s"] < 0.2 * wall
    assert sum(timings["epoch_s"]) <= timings["train_s"]
    assert timings["cpu_s"] < 0.2 * wall


class Sleeper:
    """A model whose gradient takes its time."""

    def parameters(self):
        return {"q.weights": np.zeros((1, 2))}

    def gradient_draws(self, x, y, draws, programs):
        time.sleep(0.02)
        return draws


@pytest.mark.timed
def test_a_course_tells_what_it_took():
    course = Course(Sleeper(), np.zeros((1, 1)), np.zeros(1), {"q": None})
    for _ in range(3):
        course.record()
    assert course.seconds >= 0.06
    assert course.cpu_seconds < 0.05
    assert course.arrays()["course.q.weights"].shape == (3, 1, 2)
