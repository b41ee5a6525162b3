"""What a trial gets from the trained models that it needs: their outputs on its rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from qbench.data import leak
from qbench.exceptions import DataError, UnmetNeedError
from qbench.plan import Trial
from qbench.runner.inputs import Arrays, InputFactory
from qbench.runner.kept import Kept
from qbench.runner.limits import LOAD_TIMEOUT, Limits, Timed
from qbench.runner.worker import Worker
from qbench.store import DIVERGED, FAILED, INTERRUPTED, OK, RUNNING, Store
from qbench.worker.distillation import smoothed_logits

Outputs = NDArray[np.float64]
"""Shape (rows, outputs)."""

WorkerOf = Callable[[Trial], Worker]
"""Gives a living worker of a trial's backend."""

KEPT_BYTES = 2**28
"""Outputs of teachers that stay in memory: the students of a seed share one."""


class Needs:
    """Arrays from the trials that a trial needs, each made once although several lanes ask."""

    def __init__(self, store: Store, inputs: InputFactory) -> None:
        self._store, self._inputs = store, inputs
        self._outputs: Kept[tuple[str, str, int], Outputs] = Kept(lambda o: o.nbytes, KEPT_BYTES)

    def arrays(self, trial: Trial, worker_of: WorkerOf, limits: Limits) -> Arrays:
        """What the worker needs besides the trial's own arrays.

        Parameters
        ----------
        limits : of the trial, for what the trained models say; imports apart

        Raises
        ------
        UnmetNeedError
            A trial that it needs has no weights: it failed, or another process is at it.
        DataError
            A teacher knows rows that judge its student.
        WorkerTimeoutError, OutOfMemoryError, WorkerError
            A trained model could not say its outputs.
        """
        speakers = _Speakers(worker_of, limits)
        if trial.work.members:
            return self._joined(trial, speakers)
        return self._first_layers(trial) | self._logits(trial, speakers)

    def _first_layers(self, trial: Trial) -> Arrays:
        """The weights with which its backbone begins."""
        backbone = trial.work.backbone
        if backbone is None:
            return {}
        source = trial.at_its_seeds(backbone.work)
        self._check_apart(trial, source)
        weights = self._weights(source)
        return {f"param.{name}": weights[name] for name in backbone.parameters}

    def _logits(self, trial: Trial, speakers: _Speakers) -> Arrays:
        """What its teacher says of its training rows."""
        teaching = trial.work.teaching
        if teaching is None:
            return {}
        if teaching.smoothing is not None:
            labels = self._inputs.prepared(trial).y_train
            logits = smoothed_logits(labels, teaching.columns, teaching.smoothing)
            return {"teacher_logits": logits}
        assert teaching.teacher is not None  # what smooths nothing is taught by a model
        teacher = trial.at_its_seeds(teaching.teacher)
        return {"teacher_logits": self._taught(trial, teacher, speakers)[:, : teaching.columns]}

    def _taught(self, trial: Trial, teacher: Trial, speakers: _Speakers) -> Outputs:
        """The teacher's outputs on the student's training rows."""

        def make() -> Outputs:
            self._check_apart(trial, teacher)
            return self._outputs_of(teacher, self._inputs.prepared(trial).raw_train, speakers)

        return self._outputs.get((teacher.id, trial.work.data_key, trial.streams["split"]), make)

    def _joined(self, trial: Trial, speakers: _Speakers) -> Arrays:
        """The outputs of an ensemble on its test and validation rows."""
        prepared = self._inputs.prepared(trial)
        for member in trial.needs:
            self._check_apart(trial, member)
        rows = {"test": prepared.raw_test, "validation": prepared.raw_validation}
        return {
            f"outputs_{part}": self._outputs_of(trial, raw, speakers)
            for part, raw in rows.items()
            if raw is not None
        }

    def _check_apart(self, trial: Trial, known: Trial) -> None:
        """Refuse what knows rows that judge the trial, by itself or by what taught it."""
        for deeper in known.needs:
            self._check_apart(trial, deeper)
        requests = known.work.request(), trial.work.request()
        found = leak(*requests, self._inputs.prepared(known), self._inputs.prepared(trial))
        if found and not known.work.members:
            raise DataError(f"{known.work.method} {found}")

    def _outputs_of(self, trial: Trial, raw: NDArray[np.float64], speakers: _Speakers) -> Outputs:
        """What a trained model says of rows before the transforms; in evaluation mode.

        An ensemble says the mean of what its members say.
        """
        if trial.work.members:
            each = [self._outputs_of(member, raw, speakers) for member in trial.needs]
            mean: Outputs = np.mean(each, axis=0)
            return mean
        weights = self._weights(trial)
        return speakers.outputs(trial, weights, self._inputs.prepared(trial).transform(raw))

    def _weights(self, trial: Trial) -> dict[str, NDArray[np.generic]]:
        status, _ = self._store.latest_statuses([trial.id]).get(trial.id, (INTERRUPTED, 0))
        if status != OK:
            raise self._unmet(trial, status)
        found = self._store.finished_attempt(trial.id)
        return self._store.artifact(found.attempt_id, "parameters")

    def _unmet(self, trial: Trial, status: str) -> UnmetNeedError:
        """The trial ends as what it needs did: what is tried again is tried again with it."""
        name = f"{trial.work.method} ({trial.id[:12]})"
        if status == RUNNING:
            message = f"needs {name}, which another process is at"
            return UnmetNeedError(message, status=INTERRUPTED)
        reason = self._store.latest_attempt(trial.id).reason
        said = f"{status}: {reason}" if reason else status
        ended = FAILED if status == DIVERGED else status
        return UnmetNeedError(f"needs {name}, which is {said}", status=ended)


class _Speakers:
    """Runs trained models on rows, all within the limits of the trial that needs it.

    Parameters
    ----------
    limits : of all requests together, imports apart
    """

    def __init__(self, worker_of: WorkerOf, limits: Limits) -> None:
        self._worker_of, self._timed = worker_of, Timed(limits)

    def outputs(
        self, trial: Trial, weights: Mapping[str, NDArray[np.generic]], x: NDArray[np.float64]
    ) -> Outputs:
        """Outputs of a trial's model at its weights, shape (rows, outputs)."""
        model, execution = trial.work.trained()
        worker = self._worker_of(trial)
        with self._timed.apart():
            worker.load(timeout=LOAD_TIMEOUT)
        return worker.predict(
            model={"layers": list(model.layers)},
            execution=execution,
            arrays={"x": x, **{f"param.{name}": array for name, array in weights.items()}},
            **self._timed.left(),
        )
