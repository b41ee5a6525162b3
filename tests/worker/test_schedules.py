import math

import numpy as np
import pytest

from qbench.exceptions import QbenchError
from qbench.worker import schedules

EPOCHS = 300
RULES = [
    {"name": "step", "step_size": 30, "gamma": 0.5},
    {"name": "step", "step_size": 7, "gamma": 0.1},
    {"name": "cosine", "t_max": EPOCHS, "eta_min": 0.0},
    {"name": "cosine", "t_max": 40, "eta_min": 1e-3},
    {"name": "plateau", "factor": 0.5, "patience": 3},
    {"name": "plateau", "factor": 0.1, "patience": 0},
]


def rates(rule, rate, losses):
    schedule = schedules.make(rule, rate, len(losses))
    found = []
    for epoch, loss in enumerate(losses, start=1):
        found.append(schedule.rate)
        schedule.epoch_ended(epoch, loss)
    return found


@pytest.mark.environments
def test_schedules_equal_those_of_torch_over_300_epochs(torch_loops):
    draw = np.random.default_rng(5)
    losses = [math.exp(-0.02 * e) + 0.05 * draw.random() for e in range(EPOCHS)]
    jobs = [{"scheduler": rule, "rate": 0.1, "losses": losses} for rule in RULES]
    theirs = torch_loops({}, schedules=jobs)["schedules"]
    for rule, expected in zip(RULES, theirs, strict=True):
        assert rates(rule, 0.1, losses) == pytest.approx(expected, rel=0, abs=1e-12), rule


def test_no_scheduler_keeps_the_rate():
    assert rates(None, 0.3, [1.0] * 5) == [0.3] * 5


@pytest.mark.parametrize("length", [{}, {"t_max": None}], ids=["left out", "as a suite says it"])
def test_cosine_reaches_its_minimum_at_the_last_epoch_by_default(length):
    schedule = schedules.make({"name": "cosine", "eta_min": 0.01, **length}, 1.0, epochs=8)
    schedule.epoch_ended(8, None)
    assert schedule.rate == pytest.approx(0.01)


def test_plateau_without_a_validation_loss_says_what_it_needs():
    schedule = schedules.make({"name": "plateau"}, 1.0, 10)
    with pytest.raises(QbenchError, match="validation loss"):
        schedule.epoch_ended(1, None)


@pytest.mark.parametrize(
    ("rule", "message"),
    [({"name": "cosines"}, "no such scheduler"), ({"name": "step", "size": 3}, "step")],
)
def test_an_unknown_scheduler_or_option_is_refused(rule, message):
    with pytest.raises(QbenchError, match=message):
        schedules.make(rule, 1.0, 10)
