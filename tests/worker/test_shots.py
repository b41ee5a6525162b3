"""Trainings with shots: their noise is that of the trial, the circuit and the step alone."""

from __future__ import annotations

import numpy as np
import pytest

from tests.worker.conftest import EXECUTION

pytestmark = pytest.mark.environments

SAMPLED = {"execution": {**EXECUTION, "shots": 100}}


def trained(worker, problem, **changes):
    _, arrays = worker.train(problem, **SAMPLED, **changes)
    return [event["train_loss"] for event in worker.events], arrays["outputs_test"]


def test_a_training_with_shots_repeats_in_a_warm_worker(troubled, problem):
    losses, outputs = trained(troubled, problem)
    other, _ = trained(troubled, problem, seed=4)
    again, same = trained(troubled, problem)
    assert again == losses
    np.testing.assert_array_equal(same, outputs)
    assert other != losses


def test_what_is_evaluated_between_changes_no_step(troubled, problem):
    losses, _ = trained(troubled, problem)
    without = {k: v for k, v in problem.data.items() if not k.endswith("_validation")}
    problem.data = without
    assert trained(troubled, problem)[0] == losses


def test_steps_have_noise_of_their_own(troubled, problem):
    """At a learning rate of 0 and one batch an epoch, losses differ by their noise alone."""
    problem.data["order"][:] = problem.data["order"][0]
    still = {"optimizer": {"name": "sgd", "learning_rate": 0.0}, "batch_size": 20}
    losses, _ = trained(troubled, problem, **still)
    assert len(set(losses)) == len(losses) == 4
