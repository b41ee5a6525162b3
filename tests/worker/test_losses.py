import math

import numpy as np
import pytest

from qbench.exceptions import QbenchError
from qbench.worker import losses


def test_cross_entropy_of_equal_logits_is_the_log_of_the_number_of_classes():
    assert losses.value("cross_entropy", np.full((3, 4), 7.0), np.array([0, 1, 3])) == (
        pytest.approx(math.log(4))
    )


def test_losses_of_huge_logits_stay_finite():
    y = np.array([0, 1])
    logits = np.array([[1e4, -1e4], [1e4, -1e4]])
    assert losses.value("cross_entropy", logits, y) == pytest.approx(1e4)
    assert losses.value("binary_cross_entropy", logits[:, :1], y) == pytest.approx(5e3)


def test_mse_compares_labels_as_one_hot_rows_or_as_zero_and_one():
    assert losses.value("mse", np.array([[1.0, 0.0]]), np.array([1])) == 1.0
    assert losses.value("mse", np.array([[0.5]]), np.array([1])) == 0.25
    assert losses.value("mse", np.array([[0.5]]), np.array([2.5])) == 4.0


def test_nll_probs_is_minus_the_labels_output_without_a_logarithm():
    probabilities = np.array([[0.9, 0.1], [0.3, 0.7]])
    assert losses.value("nll_probs", probabilities, np.array([0, 0])) == pytest.approx(-0.6)
    assert losses.accuracy("nll_probs", probabilities, np.array([0, 0])) == 0.5
    with pytest.raises(QbenchError, match="nll_probs takes one output a class"):
        losses.value("nll_probs", probabilities[:, :1], np.array([0, 0]))


def test_hinge_counts_margins_below_one():
    one = np.array([[0.5], [0.5]])
    assert losses.value("hinge", one, np.array([1, 0])) == pytest.approx((0.5 + 1.5) / 2)
    assert losses.value("hinge", np.array([[2.0, 1.5, 0.0]]), np.array([0])) == (
        pytest.approx(0.5 / 3)
    )


@pytest.mark.parametrize(
    ("loss", "outputs", "expected"),
    [
        ("cross_entropy", [[0.1, 0.9], [0.9, 0.1]], [1, 0]),
        ("binary_cross_entropy", [[0.2], [-0.2]], [1, 0]),
        ("mse", [[0.6], [0.4]], [1, 0]),
        ("hinge", [[0.2], [-0.2]], [1, 0]),
    ],
)
def test_decisions_of_each_loss(loss, outputs, expected):
    assert losses.decide(loss, np.array(outputs)).tolist() == expected
    assert losses.accuracy(loss, np.array(outputs), np.array(expected)) == 1.0


def test_a_regression_has_no_accuracy():
    assert losses.accuracy("mse", np.zeros((2, 1)), np.array([0.0, 1.0])) is None


@pytest.mark.parametrize(
    ("loss", "n_outputs", "y", "message"),
    [
        ("nll", 2, [0, 1], "no such loss"),
        ("cross_entropy", 2, [0.5, 1.0], "class labels"),
        ("cross_entropy", 1, [0, 1], "one output a class"),
        ("binary_cross_entropy", 2, [0, 1], "takes one output"),
        ("cross_entropy", 2, [0, 2], "do not fit"),
        ("mse", 2, [0.5, 1.0], "targets have shape"),
    ],
)
def test_a_loss_that_has_no_meaning_for_the_targets_is_refused(loss, n_outputs, y, message):
    with pytest.raises(QbenchError, match=message):
        losses.value(loss, np.zeros((2, n_outputs)), np.array(y))
