"""One attempt at one trial: ask the worker, and turn whatever happens into a row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from qbench.exceptions import QbenchError, UnmetNeedError, WorkerError
from qbench.plan import ENSEMBLE, Trial
from qbench.runner.checkpoints import EVERY_S, CheckpointFile, taken_state
from qbench.runner.diagnosis import diagnose
from qbench.runner.gradients import CircuitGradients, ModelGradients
from qbench.runner.inputs import Arrays, InputFactory
from qbench.runner.limits import LOAD_TIMEOUT, Limits
from qbench.runner.outcome import ensemble_outcome, fit_outcome, train_outcome
from qbench.runner.speed import time_alone
from qbench.runner.statuses import status_of
from qbench.runner.worker import Reply, Worker
from qbench.store import UNSUPPORTED, EpochRecord, Outcome
from qbench.worker.protocol import Message


@dataclass(frozen=True)
class Watch:
    """Who is told of a training while it goes on.

    Attributes
    ----------
    on_epoch : receives every epoch
    on_resumed : receives the epochs that a training goes on after, before any other
    checkpoint : where its states go, and where it goes on from; None: it keeps none
    needed : arrays that come from the trials which it needs
    """

    on_epoch: Callable[[EpochRecord], None]
    on_resumed: Callable[[Sequence[EpochRecord]], None] = lambda epochs: None
    checkpoint: CheckpointFile | None = None
    needed: Arrays = field(default_factory=dict)


def attempt(
    trial: Trial,
    worker: Callable[[], Worker],
    inputs: InputFactory,
    *,
    timeout: float | None,
    memory_limit: int | None,
    watch: Watch,
    needed: Callable[[Trial, Limits], Arrays],
) -> Outcome:
    """Run one trial; errors that qbench knows become statuses, any other is raised.

    Parameters
    ----------
    needed : callable
        Gives the arrays that come from the trials which this one needs, within the limits.
    worker : callable
        Gives a living worker of the trial's backend; called only if one is needed.
    timeout : float, optional
        Wall-clock seconds for the request, and as many for what it needs; imports apart.
    """
    limits = Limits(timeout=timeout, memory_limit=memory_limit)
    if trial.work.refusal is not None:
        return Outcome(UNSUPPORTED, reason=trial.work.refusal)
    try:
        arrays = needed(trial, limits)
        if trial.work.task == ENSEMBLE:
            return ensemble_outcome(trial, inputs.prepared(trial), arrays)
        return _attempt(trial, worker(), inputs, limits, replace(watch, needed=arrays))
    except UnmetNeedError as error:
        return Outcome(error.status, reason=str(error))
    except QbenchError as error:
        status = status_of(error)
        if not isinstance(error, WorkerError):
            return Outcome(status, reason=str(error))
        told = {"traceback": error.traceback} if error.traceback else {}
        log_path = error.log_path or None
        return Outcome(status, reason=str(error), provenance=told, log_path=log_path)


def _attempt(
    trial: Trial, worker: Worker, inputs: InputFactory, limits: Limits, watch: Watch
) -> Outcome:
    loaded = worker.load(timeout=LOAD_TIMEOUT)
    outcome = _TASKS[trial.work.task](trial, worker, inputs, limits, watch)
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
    trial: Trial, worker: Worker, inputs: InputFactory, limits: Limits, watch: Watch
) -> Outcome:
    model, execution = trial.work.trained()
    teaching = trial.work.teaching
    file = watch.checkpoint
    saved = file.read() if file is not None else None
    epochs = list(saved.epochs) if saved else []
    resumed = saved.state if saved else None
    if saved:
        watch.on_resumed(epochs)

    def on_event(event: Message) -> None:
        if event.get("event") == "epoch":
            epochs.append(EpochRecord(**{f.name: event[f.name] for f in fields(EpochRecord)}))
            watch.on_epoch(epochs[-1])
        elif event.get("event") == "checkpoint" and file is not None:
            file.write(taken_state(event), epochs)

    watched: Limits = {**limits, "on_event": on_event}
    reply = worker.train(
        model={"layers": list(model.layers)},
        loss=trial.work.loss,
        trainable=trial.work.trainable,
        execution=execution,
        trainer={**trial.work.trainer, "epochs": inputs.epochs(trial)},
        seed=trial.streams["other"],
        gradient_course=trial.work.gradient_course,
        distillation=teaching.rule if teaching is not None else None,
        arrays={**inputs.arrays(trial), **watch.needed},
        checkpoint_every=None if file is None else EVERY_S,
        resume=resumed,
        **watched,
    )
    return train_outcome(trial, inputs.prepared(trial), _merged(reply), epochs)


def _gradient_variance(
    trial: Trial, worker: Worker, inputs: InputFactory, limits: Limits, watch: Watch
) -> Outcome:
    built = trial.work.circuit
    if built is None:
        return ModelGradients(trial, worker, inputs, limits).measure()
    return CircuitGradients(trial, worker, limits, built).measure()


def _diagnose(
    trial: Trial, worker: Worker, inputs: InputFactory, limits: Limits, watch: Watch
) -> Outcome:
    return diagnose(trial, worker, limits)


def _fit(
    trial: Trial, worker: Worker, inputs: InputFactory, limits: Limits, watch: Watch
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


def _time(
    trial: Trial, worker: Worker, inputs: InputFactory, limits: Limits, watch: Watch
) -> Outcome:
    return time_alone(trial, worker, limits.get("timeout"), limits.get("memory_limit"))


_TASKS = {
    "speed": _time,
    "train": _train,
    "gradient_variance": _gradient_variance,
    "diagnose": _diagnose,
    "fit": _fit,
}


def _merged(reply: Reply) -> dict[str, Any]:
    return {**reply.message, "arrays": reply.arrays}
