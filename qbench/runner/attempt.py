"""One attempt at one trial: ask the worker, and turn whatever happens into a row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

from qbench.exceptions import (
    DivergedError,
    EnvironmentUnavailableError,
    OutOfMemoryError,
    QbenchError,
    Unsupported,
    WorkerError,
    WorkerTimeoutError,
)
from qbench.plan import Trial
from qbench.runner.diagnosis import diagnose
from qbench.runner.gradients import CircuitGradients, ModelGradients
from qbench.runner.inputs import InputFactory
from qbench.runner.outcome import fit_outcome, train_outcome
from qbench.runner.worker import Limits, Reply, Worker
from qbench.store import (
    DIVERGED,
    FAILED,
    OUT_OF_MEMORY,
    TIMEOUT,
    UNAVAILABLE,
    UNSUPPORTED,
    EpochRecord,
    Outcome,
)
from qbench.worker.protocol import Message

LOAD_TIMEOUT = 600.0
"""Wall-clock seconds for importing a framework, which no trial's own limit includes."""

OnEpoch = Callable[[EpochRecord], None]

_STATUS_OF: tuple[tuple[type[QbenchError], str], ...] = (
    (Unsupported, UNSUPPORTED),
    (DivergedError, DIVERGED),
    (OutOfMemoryError, OUT_OF_MEMORY),
    (WorkerTimeoutError, TIMEOUT),
    (EnvironmentUnavailableError, UNAVAILABLE),
    (QbenchError, FAILED),
)


def attempt(
    trial: Trial,
    worker: Callable[[], Worker],
    inputs: InputFactory,
    *,
    timeout: float | None,
    memory_limit: int | None,
    on_epoch: OnEpoch,
) -> Outcome:
    """Run one trial; errors that qbench knows become statuses, any other is raised.

    Parameters
    ----------
    worker : callable
        Gives a living worker of the trial's backend; called only if one is needed.
    timeout : float, optional
        Wall-clock seconds for the request, imports apart.
    """
    if trial.work.refusal is not None:
        return Outcome(UNSUPPORTED, reason=trial.work.refusal)
    try:
        return _attempt(trial, worker(), inputs, timeout, memory_limit, on_epoch)
    except QbenchError as error:
        status = next(status for kind, status in _STATUS_OF if isinstance(error, kind))
        if not isinstance(error, WorkerError):
            return Outcome(status, reason=str(error))
        told = {"traceback": error.traceback} if error.traceback else {}
        log_path = error.log_path or None
        return Outcome(status, reason=str(error), provenance=told, log_path=log_path)


def _attempt(
    trial: Trial,
    worker: Worker,
    inputs: InputFactory,
    timeout: float | None,
    memory_limit: int | None,
    on_epoch: OnEpoch,
) -> Outcome:
    loaded = worker.load(timeout=LOAD_TIMEOUT)
    limits = Limits(timeout=timeout, memory_limit=memory_limit)
    outcome = _TASKS[trial.work.task](trial, worker, inputs, limits, on_epoch)
    return replace(
        outcome,
        timings={"import_s": loaded["seconds"], **outcome.timings},
        provenance={
            **outcome.provenance,
            "versions": loaded["versions"],
            "notes": loaded["notes"],
            "packages": loaded["packages"],
        },
    )


def _train(
    trial: Trial, worker: Worker, inputs: InputFactory, limits: Limits, on_epoch: OnEpoch
) -> Outcome:
    model, execution = trial.work.trained()
    epochs: list[EpochRecord] = []

    def on_event(event: Message) -> None:
        if event.get("event") == "epoch":
            epochs.append(EpochRecord(**{f.name: event[f.name] for f in fields(EpochRecord)}))
            on_epoch(epochs[-1])

    watched: Limits = {**limits, "on_event": on_event}
    reply = worker.train(
        model={"layers": list(model.layers)},
        loss=trial.work.loss,
        trainable=model.trainable(trial.work.freeze),
        execution=execution,
        trainer={**trial.work.trainer, "epochs": inputs.epochs(trial)},
        seed=trial.streams["other"],
        gradient_course=trial.work.gradient_course,
        arrays=inputs.arrays(trial),
        **watched,
    )
    return train_outcome(trial, inputs.prepared(trial), _merged(reply), epochs)


def _gradient_variance(
    trial: Trial, worker: Worker, inputs: InputFactory, limits: Limits, on_epoch: OnEpoch
) -> Outcome:
    built = trial.work.circuit
    if built is None:
        return ModelGradients(trial, worker, inputs, limits).measure()
    return CircuitGradients(trial, worker, limits, built).measure()


def _diagnose(
    trial: Trial, worker: Worker, inputs: InputFactory, limits: Limits, on_epoch: OnEpoch
) -> Outcome:
    return diagnose(trial, worker, limits)


def _fit(
    trial: Trial, worker: Worker, inputs: InputFactory, limits: Limits, on_epoch: OnEpoch
) -> Outcome:
    prepared = inputs.prepared(trial)
    reply = worker.fit(
        estimator=trial.work.fitted(),
        task=prepared.task,
        n_classes=prepared.n_classes,
        seed=trial.streams["other"],
        arrays=inputs.arrays(trial),
        **limits,
    )
    return fit_outcome(trial, prepared, _merged(reply))


_TASKS = {
    "train": _train,
    "gradient_variance": _gradient_variance,
    "diagnose": _diagnose,
    "fit": _fit,
}


def _merged(reply: Reply) -> dict[str, Any]:
    return {**reply.message, "arrays": reply.arrays}
