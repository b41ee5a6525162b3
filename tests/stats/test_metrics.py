import math
import warnings

import numpy as np
import pytest
from sklearn import metrics as reference

from qbench.exceptions import UnknownNameError
from qbench.stats import classification_metrics, metric_names, predictions, regression_metrics

RANDOM = np.random.default_rng(0)
LABELS = RANDOM.integers(0, 3, size=60)
LOGITS = RANDOM.normal(size=(60, 3)) + 2 * np.eye(3)[LABELS]
PROBABILITIES = np.exp(LOGITS) / np.exp(LOGITS).sum(axis=1, keepdims=True)


def test_metrics_of_logits_are_scikit_learns_of_their_softmax():
    values = classification_metrics(LOGITS, LABELS, 3).values
    chosen = LOGITS.argmax(axis=1)
    assert values == pytest.approx(
        {
            "accuracy": reference.accuracy_score(LABELS, chosen),
            "balanced_accuracy": reference.balanced_accuracy_score(LABELS, chosen),
            "f1_macro": reference.f1_score(LABELS, chosen, average="macro"),
            "roc_auc": reference.roc_auc_score(LABELS, PROBABILITIES, multi_class="ovr"),
            "log_loss": reference.log_loss(LABELS, PROBABILITIES),
        }
    )


def test_probabilities_and_their_logits_have_the_same_metrics():
    from_probabilities = classification_metrics(PROBABILITIES, LABELS, 3, kind="probabilities")
    assert from_probabilities.values == pytest.approx(
        classification_metrics(LOGITS, LABELS, 3).values
    )


def test_outputs_beyond_the_classes_are_classes_that_never_occur():
    wide = np.concatenate([LOGITS, np.full((60, 2), -5.0)], axis=1)
    wide[:6, 4] = 8.0  # six rows are taken for the last of the unused ones
    with pytest.raises(ValueError, match="5 columns of outputs for 3 classes"):
        classification_metrics(wide, LABELS, 3)
    values = classification_metrics(wide, LABELS, 3, unused_outputs=True).values
    chosen = wide.argmax(axis=1)
    shares = np.exp(wide) / np.exp(wide).sum(axis=1, keepdims=True)
    classes = {"labels": range(3), "average": "macro"}
    each = [reference.roc_auc_score(n == LABELS, shares[:, n]) for n in range(3)]
    assert values == pytest.approx(
        {
            "accuracy": np.mean(chosen == LABELS),
            "balanced_accuracy": reference.recall_score(LABELS, chosen, **classes),
            "f1_macro": reference.f1_score(LABELS, chosen, **classes),
            "roc_auc": np.mean(each),
            "log_loss": -np.log(shares[np.arange(60), LABELS]).mean(),
        }
    )
    assert values["accuracy"] < classification_metrics(LOGITS, LABELS, 3).values["accuracy"]


def test_one_logit_means_the_same_as_two_whose_difference_it_is():
    labels, logit = LABELS % 2, RANDOM.normal(size=60)
    two = np.stack([np.zeros(60), logit], axis=1)
    one = classification_metrics(logit, labels, 2).values
    assert one == pytest.approx(classification_metrics(two, labels, 2).values)


def test_huge_logits_do_not_overflow():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = classification_metrics([[1e6, 0.0], [0.0, 1e6]], [0, 1], 2)
    assert result.values["log_loss"] == pytest.approx(0, abs=1e-12)
    assert result.values["roc_auc"] == 1.0


def test_saturated_logits_keep_their_order_in_the_roc():
    result = classification_metrics([100.0, 200.0, 300.0, 400.0], [0, 0, 1, 1], 2)
    assert result.values["roc_auc"] == 1.0


def test_scores_have_no_log_loss_and_say_why():
    result = classification_metrics([-1.0, 1.0], [0, 1], 2, kind="scores")
    assert result.values["accuracy"] == 1.0
    assert math.isnan(result.values["log_loss"])
    assert result.reasons == {"log_loss": "the outputs are no probabilities"}


def test_probabilities_that_do_not_sum_to_one_have_no_log_loss():
    result = classification_metrics(
        [[0.2, 0.2], [0.1, 0.3]], [0, 1], 2, kind="probabilities", names=["log_loss"]
    )
    assert "do not sum to 1" in result.reasons["log_loss"]


def test_a_threshold_moves_the_decision_of_a_single_column():
    outputs = np.array([0.2, 0.4, 0.6])
    assert predictions(outputs, kind="scores").tolist() == [1, 1, 1]
    assert predictions(outputs, kind="scores", threshold=0.5).tolist() == [0, 0, 1]
    assert predictions(outputs, kind="probabilities").tolist() == [0, 0, 1]


def test_a_class_without_samples_leaves_metrics_undefined_with_a_reason():
    result = classification_metrics(LOGITS, np.zeros(60, dtype=int), 3)
    assert 0 < result.values["accuracy"] < 1
    for name in ("balanced_accuracy", "f1_macro", "roc_auc"):
        assert math.isnan(result.values[name])
        assert result.reasons[name] == "no samples of class 1, 2"


def test_outputs_that_are_not_finite_have_no_metrics():
    result = classification_metrics([[math.nan, 1.0]], [0], 2, names=["accuracy"])
    assert result.reasons == {"accuracy": "outputs are not finite"}


def test_no_samples_have_no_metrics():
    result = classification_metrics(np.empty((0, 2)), [], 2)
    assert set(result.reasons.values()) == {"no samples"}


def test_regression_metrics_are_in_original_units():
    actual = RANDOM.normal(150, 80, size=40)
    predicted = actual + RANDOM.normal(0, 20, size=40)
    scale = (150.0, 80.0)
    values = regression_metrics(
        ((predicted - 150) / 80)[:, None], (actual - 150) / 80, scale
    ).values
    assert values == pytest.approx(
        {
            "rmse": reference.root_mean_squared_error(actual, predicted),
            "mae": reference.mean_absolute_error(actual, predicted),
            "r2": reference.r2_score(actual, predicted),
        }
    )


def test_r2_of_constant_targets_is_undefined():
    result = regression_metrics([1.0, 2.0], [1.0, 1.0])
    assert result.reasons == {"r2": "the targets do not vary"}


def test_a_metric_of_the_other_task_is_undefined():
    assert regression_metrics([1.0, 2.0], [1.0, 3.0], names=["accuracy"]).reasons == {
        "accuracy": "not a metric of this task"
    }
    assert metric_names("regression") == ("rmse", "mae", "r2")


def test_an_unknown_metric_suggests_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean 'accuracy'"):
        classification_metrics(LOGITS, LABELS, 3, names=["acuracy"])


@pytest.mark.parametrize(
    ("outputs", "labels", "n_classes", "kind", "words"),
    [
        (LOGITS, LABELS[:5], 3, "logits", "60 outputs for 5 labels"),
        (LOGITS, LABELS, 4, "logits", "3 columns of outputs for 4 classes"),
        (LOGITS, LABELS, 3, "odds", "kind of outputs"),
        (LOGITS[:, :, None], LABELS, 3, "logits", "samples, columns"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(outputs, labels, n_classes, kind, words):
    with pytest.raises(ValueError, match=words):
        classification_metrics(outputs, labels, n_classes, kind=kind)
