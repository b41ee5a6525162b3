import pytest

from qbench.exceptions import QbenchError
from qbench.worker.selection import EarlyStopping, Selection


def selected(rule, values):
    selection = Selection(rule)
    for epoch, value in enumerate(values, start=1):
        selection.takes(epoch, value)
    return selection.epoch


def test_the_lowest_loss_is_selected_and_of_equal_ones_the_earliest():
    assert selected("best_validation", [3.0, 1.0, 1.0, 2.0]) == 2


def test_last_takes_the_last_epoch_without_any_loss():
    assert selected("last", [None, None, None]) == 3


def test_a_selection_without_its_data_set_is_refused():
    with pytest.raises(QbenchError, match="best_validation"):
        Selection("best_validation").takes(1, None)


def stops_after(rule, **metrics):
    stopping = EarlyStopping(rule)
    names = list(metrics)
    for epoch, values in enumerate(zip(*metrics.values(), strict=True), start=1):
        if stopping.stops(dict(zip(names, values, strict=True))):
            return epoch
    return None


def test_training_stops_after_patience_epochs_without_improvement():
    rule = {"metric": "validation_loss", "patience": 2}
    assert stops_after(rule, validation_loss=[3.0, 2.0, 2.0, 2.5, 1.0]) == 4
    assert stops_after(rule, validation_loss=[3.0, 2.0, 2.5, 1.0, 0.5]) is None


def test_accuracy_improves_upwards():
    rule = {"metric": "validation_accuracy", "patience": 2}
    assert stops_after(rule, validation_accuracy=[0.5, 0.6, 0.6, 0.4, 0.9]) == 4


def test_no_rule_never_stops():
    assert stops_after(None, validation_loss=[1.0] * 50) is None


def test_an_unknown_metric_is_refused():
    with pytest.raises(QbenchError, match="validation_loss"):
        EarlyStopping({"metric": "test_loss", "patience": 1})
