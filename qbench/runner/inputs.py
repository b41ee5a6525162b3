"""The arrays of a trial, prepared by the parent so that every backend gets the same."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qbench.data import DataRequest, Prepared, prepare
from qbench.plan import Trial, batch_order, gradient_draws, initial_parameters
from qbench.runner.kept import Kept, prepared_bytes

Arrays = dict[str, NDArray[Any]]
KEPT_BYTES = 2**30
"""Prepared data sets that stay in memory, so that the trials of a seed share one."""


class InputFactory:
    """Arrays by trial; data sets are split and scaled once a seed."""

    def __init__(self) -> None:
        self._prepared: Kept[tuple[str, int], Prepared] = Kept(prepared_bytes, KEPT_BYTES)

    def prepared(self, trial: Trial) -> Prepared:
        """The trial's data, split and transformed."""
        request, seed = trial.work.data_key, trial.streams["split"]
        made = partial(_prepare, request, seed)
        return self._prepared.get((request, seed), made)

    def arrays(self, trial: Trial) -> Arrays:
        """What the worker needs, by the names of the protocol."""
        task = trial.work.task
        if task == "fit":
            return self._splits(trial)
        arrays = self._splits(trial) | self._order(trial) | self._parameters(trial)
        if trial.work.gradient_course:
            x, y = self._first_batch(trial)
            arrays |= {"course_x": x, "course_y": y}
        return arrays

    def epochs(self, trial: Trial) -> int:
        """Epochs that the trainer's ``epochs`` or ``max_steps`` come to."""
        trainer = trial.work.trainer
        if trainer["epochs"] is not None:
            return int(trainer["epochs"])
        steps = -(-len(self.prepared(trial).y_train) // int(trainer["batch_size"]))
        return int(-(-int(trainer["max_steps"]) // steps))

    def _splits(self, trial: Trial) -> Arrays:
        prepared = self.prepared(trial)
        prefix = "raw" if trial.work.inputs == "raw" else "x"
        arrays: Arrays = {}
        for split in ("train", "validation", "test"):
            x, y = getattr(prepared, f"{prefix}_{split}"), getattr(prepared, f"y_{split}")
            if x is not None and len(x):
                arrays |= {f"x_{split}": x, f"y_{split}": y}
        return arrays

    def _order(self, trial: Trial) -> Arrays:
        n_train = len(self.prepared(trial).y_train)
        seed, shuffle = trial.streams["batches"], trial.work.shuffle
        return {"order": batch_order(seed, self.epochs(trial), n_train, shuffle=shuffle)}

    def _parameters(self, trial: Trial) -> Arrays:
        model, _ = trial.work.trained()
        drawn = initial_parameters(model, trial.work.init, trial.streams["init"])
        return {f"param.{name}": array for name, array in drawn.items()}

    def draws(self, trial: Trial, start: int, stop: int) -> Arrays:
        """One batch (the first that training would see) and some of the draws of quantum weights.

        Draws are numbered: those from ``start`` to ``stop`` are the same however many are drawn.
        """
        work = trial.work
        model, _ = work.trained()
        init = work.drawn()["init"]
        drawn = gradient_draws(model, init, trial.streams["init"], stop)
        x, y = self._first_batch(trial)
        return {
            "x": x,
            "y": y,
            **self._parameters(trial),
            **{f"draws.{name}": array[start:] for name, array in drawn.items()},
        }

    def _first_batch(self, trial: Trial) -> tuple[NDArray[Any], NDArray[Any]]:
        work, prepared = trial.work, self.prepared(trial)
        n_train = len(prepared.y_train)
        order = batch_order(trial.streams["batches"], 1, n_train, shuffle=work.shuffle)[0]
        rows = np.sort(order[: int(work.trainer["batch_size"])])
        return prepared.x_train[rows], prepared.y_train[rows]


def _prepare(request: str, seed: int) -> Prepared:
    return prepare(DataRequest.from_json(json.loads(request)), seed)
