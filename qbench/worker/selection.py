"""Which epoch's parameters a training keeps, and when it stops early."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from qbench.exceptions import QbenchError
from qbench.worker.checkpoints import Resumable

SELECTIONS = ("best_validation", "last", "best_test")


class Selection(Resumable):
    """Keeps the epoch with the lowest loss; of equal ones the earliest.

    ``last`` takes every epoch. The test loss is asked for under ``best_test``
    alone: nothing else may look at test data before the training is over.
    """

    changing = ("epoch", "_best")

    def __init__(self, rule: str) -> None:
        if rule not in SELECTIONS:
            raise QbenchError(f"no such selection: {rule!r}; known are {', '.join(SELECTIONS)}")
        self.rule = rule
        self.epoch = 0
        self._best = math.inf

    def takes(self, epoch: int, loss: float | None) -> bool:
        """Whether this epoch becomes the selected one; ``loss`` is the rule's own."""
        if self.rule != "last":
            if loss is None:
                raise QbenchError(f"select: {self.rule} needs a data set that is not there")
            if not loss < self._best:
                return False
            self._best = loss
        self.epoch = epoch
        return True


class EarlyStopping(Resumable):
    """Stops after ``patience`` epochs in a row that brought no better metric (as in Keras).

    Parameters
    ----------
    rule : None, or {"metric": "validation_loss" | "validation_accuracy", "patience": int}
    """

    changing = ("_best", "_waited")

    def __init__(self, rule: Mapping[str, Any] | None) -> None:
        self._signs = {"validation_loss": 1.0, "validation_accuracy": -1.0}
        self._metric = None if rule is None else rule["metric"]
        self._patience = 0 if rule is None else int(rule["patience"])
        if self._metric is not None and self._metric not in self._signs:
            known = ", ".join(self._signs)
            raise QbenchError(f"early stopping follows {known}; not {self._metric!r}")
        self._best, self._waited = math.inf, 0

    def stops(self, metrics: Mapping[str, float | None]) -> bool:
        """Whether to stop after an epoch with these metrics."""
        if self._metric is None:
            return False
        metric = metrics[self._metric]
        if metric is None:
            raise QbenchError(f"early stopping: there is no {self._metric} here")
        signed = self._signs[self._metric] * metric
        if signed < self._best:
            self._best, self._waited = signed, 0
        else:
            self._waited += 1
        return self._waited >= self._patience
