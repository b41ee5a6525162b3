"""A training that goes on from its state ends with the numbers of an unbroken one."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from qbench.worker.checkpoints import Checkpoints, State
from qbench.worker.protocol import load_arrays
from qbench.worker.schedules import make
from qbench.worker.selection import EarlyStopping, Selection
from tests.worker.conftest import EXECUTION

OPTIMIZERS = {
    "sgd": {"name": "sgd", "learning_rate": 0.05, "momentum": 0.9},
    "adam": {"name": "adam", "learning_rate": 0.05},
    "adamw": {"name": "adamw", "learning_rate": 0.05, "weight_decay": 0.1},
}
ALWAYS = {"every_s": 0.0}
HOSTS = ("reference", "tensorflow_reference")
CURVE = ("epoch", "train_loss", "validation_loss", "validation_accuracy", "learning_rate")


def with_dropout(problem):
    problem.layers.insert(1, {"type": "dropout", "p": 0.25, "index": 1})
    return problem


def without_circuit(problem):
    """A dense layer in its place, since the reference computes in double precision alone."""
    problem.layers[3] = problem.dense("2.dense", 4, 4)
    del problem.parameters["2.quantum.weights"]
    problem.parameters |= {"2.dense.weight": np.eye(4), "2.dense.bias": np.full(4, 0.1)}


def curve(worker):
    return [[e[k] for k in CURVE] for e in worker.events if e["event"] == "epoch"]


def states(worker):
    """Arrays and values of each checkpoint, as a parent reads them."""
    found = []
    for event in worker.events:
        if event["event"] == "checkpoint":
            found.append((load_arrays(Path(event["folder"]), event["arrays"]), event["state"]))
            shutil.rmtree(event["folder"])
    return found


def resumed(worker, problem, state, **request):
    arrays, values = state
    given = {**problem.arrays, **{f"resume.{name}": array for name, array in arrays.items()}}
    return worker.ask("train", given, **problem.request(**request), resume=values)


def same(arrays, others):
    assert set(arrays) == set(others)
    for name, array in arrays.items():
        assert array.dtype == others[name].dtype
        assert np.array_equal(array, others[name]), name


@pytest.mark.environments
@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("host", HOSTS)
def test_every_optimizer_goes_on_as_if_nothing_had_happened(
    host, optimizer, precision, request, make_problem
):
    worker = request.getfixturevalue(host)
    problem = with_dropout(make_problem(epochs=6))
    if precision == "single":
        without_circuit(problem)
    job = {
        "optimizer": OPTIMIZERS[optimizer],
        "scheduler": {"name": "plateau", "factor": 0.5, "patience": 0, "cooldown": 1},
        "select": "best_validation",
        "early_stopping": {"metric": "validation_loss", "patience": 4},
        "execution": {**worker.EXECUTION, "precision": precision},
    }
    whole, arrays = worker.train(problem, **job, checkpoint=ALWAYS)
    losses, saved = curve(worker), states(worker)
    assert [values["epoch"] for _, values in saved] == [1, 2, 3, 4, 5][: len(saved)]
    for state in (saved[0], saved[-1]):
        result, again = resumed(worker, problem, state, **job)
        same(arrays, again)
        assert curve(worker) == losses[state[1]["epoch"] :]
        for key in ("selected_epoch", "epochs", "steps", "circuit_executions_per_step"):
            assert result[key] == whole[key]


@pytest.mark.environments
def test_early_stopping_and_selection_count_on_across_the_break(reference, make_problem):
    problem = make_problem(epochs=40)
    job = {
        "optimizer": {"name": "adam", "learning_rate": 0.3},
        "select": "best_validation",
        "early_stopping": {"metric": "validation_loss", "patience": 3},
    }
    whole, arrays = reference.train(problem, **job, checkpoint=ALWAYS)
    saved = states(reference)
    best = whole["selected_epoch"]
    assert best < whole["epochs"] < 40
    result, again = resumed(reference, problem, saved[best], **job)  # one epoch after the best
    assert saved[best][1]["epoch"] == best + 1
    assert (result["epochs"], result["selected_epoch"]) == (whole["epochs"], best)
    same(arrays, again)


@pytest.mark.environments
def test_a_limit_of_steps_and_the_course_of_the_gradient_span_the_break(reference, problem):
    course = {"course_x": problem.data["x_train"][:8], "course_y": problem.data["y_train"][:8]}
    problem.data |= course
    job = {"epochs": None, "max_steps": 11, "gradient_course": True}
    whole, arrays = reference.train(problem, **job, checkpoint=ALWAYS)
    saved = states(reference)
    result, again = resumed(reference, problem, saved[1], **job)
    assert (whole["steps"], result["steps"]) == (11, 11)
    assert arrays["course.2.quantum.weights"].shape == (5, 2, 2)
    same(arrays, again)


@pytest.mark.environments
@pytest.mark.parametrize("taken", [1, 2])
def test_shots_go_on_where_their_streams_stood(taken, troubled, problem):
    """No step follows the last state, whose epoch was cut by the limit of steps."""
    problem.data |= {f"course_{k}": problem.data[f"{k}_train"][:8] for k in "xy"}
    sampled = {"execution": {**EXECUTION, "shots": 100}}
    job = {**sampled, "epochs": None, "max_steps": 8, "gradient_course": True}
    whole, arrays = troubled.train(problem, **job, checkpoint=ALWAYS)
    saved = states(troubled)
    assert [values["epoch"] for _, values in saved] == [1, 2, 3]
    result, again = resumed(troubled, problem, saved[taken], **job)
    assert (whole["steps"], result["steps"]) == (8, 8)
    same(arrays, again)


@pytest.mark.environments
def test_what_samples_from_no_stream_of_its_own_keeps_no_state(troubled, problem):
    unseeded = {**EXECUTION, "device": "unseeded"}
    for shots, kept in ((None, 3), (100, 0)):
        troubled.train(problem, execution={**unseeded, "shots": shots}, checkpoint=ALWAYS)
        assert len(states(troubled)) == kept


@pytest.mark.environments
def test_times_are_those_of_both_parts(reference, problem):
    whole, _ = reference.train(problem, checkpoint=ALWAYS)
    arrays, values = states(reference)[1]
    values["record"] |= {"train_s": 100.0, "cpu_s": 90.0}
    result, _ = resumed(reference, problem, (arrays, values))
    timings = result["timings"]
    assert timings["step_s"][:6] == whole["timings"]["step_s"][:6]
    assert len(timings["step_s"]) == 12
    assert len(timings["epoch_s"]) == 4
    assert (whole["timings"]["cold_steps"], timings["cold_steps"]) == ([0], [0, 6])
    assert 100.0 < timings["train_s"] < 101.0
    assert 90.0 < timings["cpu_s"] < 91.0


@pytest.mark.environments
def test_states_are_told_no_oftener_than_asked_and_never_after_the_last_epoch(reference, problem):
    reference.train(problem, checkpoint={"every_s": 3600.0})
    assert states(reference) == []
    reference.train(problem, checkpoint=ALWAYS)
    assert [values["epoch"] for _, values in states(reference)] == [1, 2, 3]
    reference.train(problem)
    assert states(reference) == []


@pytest.mark.parametrize(
    "part",
    [
        lambda: make({"name": "plateau", "factor": 0.5, "patience": 0}, 0.1, 9),
        lambda: make({"name": "step", "step_size": 2, "gamma": 0.5}, 0.1, 9),
        lambda: make({"name": "cosine"}, 0.1, 9),
    ],
)
def test_a_schedule_goes_on_from_its_state(part):
    losses = [1.0, 0.5, 0.6, 0.7, 0.4, 0.4, 0.4, 0.4]

    def rates(schedule, since):
        found = []
        for epoch, loss in enumerate(losses[since:], since + 1):
            schedule.epoch_ended(epoch, loss)
            found.append(schedule.rate)
        return found

    whole = rates(part(), 0)
    assert len(set(whole)) > 2
    for stop in range(1, len(losses)):
        broken, fresh = part(), part()
        for epoch, loss in enumerate(losses[:stop], 1):
            broken.epoch_ended(epoch, loss)
        fresh.restore(broken.state())
        assert rates(fresh, stop) == whole[stop:]


def test_a_selection_and_a_patience_go_on_from_their_states():
    selection, stopping = (
        Selection("best_validation"),
        EarlyStopping({"metric": "validation_loss", "patience": 2}),
    )
    assert selection.takes(1, 0.5)
    assert not stopping.stops({"validation_loss": 0.5})
    assert not stopping.stops({"validation_loss": 0.6})
    other, later = (
        Selection("best_validation"),
        EarlyStopping({"metric": "validation_loss", "patience": 2}),
    )
    other.restore(selection.state())
    later.restore(stopping.state())
    assert not other.takes(2, 0.5)
    assert other.epoch == 1
    assert later.stops({"validation_loss": 0.6})


@pytest.mark.environments
def test_a_student_goes_on_with_its_teacher(reference, make_problem):
    problem = make_problem(epochs=4)
    rows = len(problem.data["x_train"])
    problem.data["teacher_logits"] = np.random.default_rng(2).normal(size=(rows, 3))
    rule = {"temperature": 3.0, "ce_weight": 1.0, "kl_weight": 0.9, "scale_t2": True}
    _, arrays = reference.train(problem, distillation=rule, checkpoint=ALWAYS)
    state = states(reference)[1]
    _, again = resumed(reference, problem, state, distillation=rule)
    same(arrays, again)


@pytest.mark.parametrize(("takes", "apart"), [(0.001, 1.0), (0.1, 10.0), (3.0, 60.0)])
def test_states_that_take_long_to_write_are_written_seldom(takes, apart, tmp_path, monkeypatch):
    """A hundredth of the time goes into them, unless they were then a minute apart."""
    clock = [0.0]
    stopped = SimpleNamespace(perf_counter=lambda: clock[0], process_time=lambda: 0.0)
    monkeypatch.setattr("qbench.worker.checkpoints.time", stopped)
    written = []

    def state():
        written.append(clock[0])
        clock[0] += takes
        return State({}, {})

    checkpoints = Checkpoints(tmp_path, 1.0, lambda event: None)
    while clock[0] < 200:
        checkpoints.offer(state)
        clock[0] += 0.05
    gaps = np.diff(written)
    assert gaps.min() >= apart - 1e-9
    assert gaps.max() < apart + takes + 0.1
    assert checkpoints.seconds == pytest.approx(takes * len(written))
