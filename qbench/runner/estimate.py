"""How long a plan will take: from rows that the store has, or from a few steps tried now."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from qbench.plan import ENSEMBLE, Trial, fixed_samples
from qbench.runner.attempt import Watch, attempt
from qbench.runner.inputs import Arrays, InputFactory
from qbench.runner.pool import WorkerPool
from qbench.store import OK, Store

PROBE_STEPS = 3
"""Optimisation steps of a probe: the first is set apart, the others are timed."""

PROBE_SAMPLES = 20
"""Draws of a probe of a gradient's variance."""

EARLIER, PROBED, UNKNOWN = "earlier rows", "probe", ""


@dataclass(frozen=True)
class Estimate:
    """Seconds that one trial takes, None where nothing is known, and whence that is known."""

    seconds: float | None
    source: str


def by_work(trials: Iterable[Trial]) -> dict[int, list[Trial]]:
    """Trials of the same work at other seeds, which take the same time."""
    groups: dict[int, list[Trial]] = {}
    for trial in trials:
        groups.setdefault(id(trial.work), []).append(trial)
    return groups


def from_rows(trials: Iterable[Trial], store: Store | None) -> dict[int, Estimate]:
    """Median seconds of each work's trials that ended ``ok``, by the key of :func:`by_work`."""
    groups = by_work(trials)
    ids = [trial.id for group in groups.values() for trial in group]
    took: Mapping[str, float] = store.durations(ids) if store is not None else {}
    estimates = {}
    for key, group in groups.items():
        known = [took[trial.id] for trial in group if trial.id in took]
        seconds = statistics.median(known) if known else None
        estimates[key] = Estimate(seconds, EARLIER if known else UNKNOWN)
    return estimates


def by_probe(
    trials: Iterable[Trial], pool: WorkerPool, told: Callable[[Trial], None]
) -> dict[int, Estimate]:
    """Seconds of each work from a short trial of it, of which nothing is stored.

    A training is tried for PROBE_STEPS steps, a gradient's variance with PROBE_SAMPLES
    draws and a timing for one round, which are reckoned up; anything else is tried whole.
    What cannot be tried (it is refused, or fails) stays unknown.
    """
    inputs = InputFactory()
    estimates = {}
    for key, group in by_work(trials).items():
        told(group[0])
        estimates[key] = _probe(group[0], pool, inputs)
    return estimates


def _stand_ins(trial: Trial, inputs: InputFactory) -> Arrays:
    """Zeros in place of what a teacher that is not trained yet will say: they take as long."""
    teaching = trial.work.teaching
    if teaching is None:
        return {}
    rows = len(inputs.prepared(trial).y_train)
    return {"teacher_logits": np.zeros((rows, teaching.columns))}


def _probe(trial: Trial, pool: WorkerPool, inputs: InputFactory) -> Estimate:
    work = trial.work
    if work.refusal is not None or work.task == ENSEMBLE:
        return Estimate(0.0, PROBED)
    short = trial
    if work.task == "train":
        trainer = {**work.trainer, "epochs": None, "max_steps": PROBE_STEPS}
        short = replace(trial, work=replace(work, trainer=trainer))
    if work.task == "gradient_variance":
        few = {**work.drawn(), "n_samples": fixed_samples(PROBE_SAMPLES)}
        short = replace(trial, work=replace(work, gradient=few))
    if work.task == "speed":
        once = {**work.timed(), "processes": 1, "rounds": 1}
        short = replace(trial, work=replace(work, speed=once))
    outcome = attempt(
        short,
        lambda: pool.of(short),
        inputs,
        timeout=None,
        memory_limit=None,
        watch=Watch(lambda epoch: None),
        needed=lambda each, _: _stand_ins(each, inputs),
    )
    if outcome.status != OK:
        return Estimate(None, UNKNOWN)
    times = outcome.timings
    if work.task == "speed":
        speed = work.timed()
        samples_s = speed["rounds"] * max(times["call_s"], speed["min_time"])
        return Estimate(speed["processes"] * times["cold_s"] + samples_s, PROBED)
    if work.task == "gradient_variance":
        share = work.drawn()["n_samples"]["max"] / PROBE_SAMPLES
        return Estimate(times["compile_s"] + share * times["gradients_s"], PROBED)
    if work.task != "train":
        parts = ("compile_s", "gradients_s", "fit_s", "predict_s")
        return Estimate(sum(float(times.get(part) or 0.0) for part in parts), PROBED)
    epochs = inputs.epochs(trial)
    steps = epochs * -(-len(inputs.prepared(trial).y_train) // int(work.trainer["batch_size"]))
    seconds = times["compile_s"] + steps * times["step_ms"] / 1e3
    return Estimate(seconds + epochs * (times["evaluation_s"] or 0.0), PROBED)
