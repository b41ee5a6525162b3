"""From a suite to its trials: the grid, the methods, the backends, the seeds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from qbench.exceptions import UnknownNameError
from qbench.plan.methods import SINGLE_SEED, PointPlanner
from qbench.plan.trial import Trial, supporting, trials_of
from qbench.registry import BackendInfo
from qbench.spec import Suite, selects
from qbench.spec.problems import Problem
from qbench.store import METHOD_NAME, VARIANT_NAME

ONLY_KEYS = ("model", "method", "backend", "variant", "task", "seed")
"""What ``--only`` can select by, besides the suite's own axes."""


@dataclass(frozen=True)
class Plan:
    """The trials of a suite, each once, in the order of the file.

    What some of them need without being asked for (a teacher that is not in ``train``) stands
    before them.
    """

    suite: Suite
    trials: tuple[Trial, ...]

    def only(self, patterns: Mapping[str, str]) -> Plan:
        """The trials whose fields match every pattern (``backend='qiskit*'``).

        Raises
        ------
        UnknownNameError
            Nothing is left.
        """
        kept = tuple(
            t for t in self.trials if any(selects(patterns, fields) for fields in _paths(t))
        )
        if patterns and not kept:
            asked = ",".join(f"{k}={v}" for k, v in patterns.items())
            there = {k: sorted({_field(t, k) for t in self.trials}) for k in patterns}
            offers = "; ".join(f"{k}: {', '.join(v[:12])}" for k, v in there.items())
            raise UnknownNameError(f"--only {asked}: no trial matches; there are {offers}")
        support = {t.id: t for t in supporting(kept)}
        for trial in kept:
            support.pop(trial.id, None)
        return Plan(self.suite, (*support.values(), *kept))


def make_plan(suite: Suite, registry: Mapping[str, BackendInfo]) -> Plan:
    """Every trial of the suite.

    Trials that are equal (an SVM does not read the circuit's depth) are merged,
    and the labels and names of each path to them survive.

    Raises
    ------
    SpecError, DataError, UnknownNameError
        What the suite asks for does not fit together.
    """
    if isinstance(suite.config.baseline, dict) and "backend" in suite.config.baseline:
        raise suite.points[0].error(
            Problem(
                ("baseline", "backend"),
                "differences are of accuracies, which exact backends share; name a model or an "
                "axis (times are compared with the fastest backend)",
            )
        )
    merged: dict[str, Trial] = {}
    for point in suite.points:
        planner = PointPlanner(point, registry)
        for work in planner.works():
            seeds, fixed = point.config.seeds, point.config.fix
            if work.task in SINGLE_SEED:
                seeds = seeds[:1]
            for trial in trials_of(work, seeds, fixed, point.labels):
                _merge(merged, trial)
    support = (t for t in supporting(merged.values()) if t.id not in merged)
    return Plan(suite, (*support, *merged.values()))


def _merge(merged: dict[str, Trial], trial: Trial) -> None:
    known = merged.get(trial.id)
    if known is None:
        merged[trial.id] = trial
    elif trial.labels[0] not in known.labels:
        merged[trial.id] = replace(known, labels=(*known.labels, *trial.labels))


def _field(trial: Trial, key: str) -> str:
    return "|".join(dict.fromkeys(fields.get(key, "") for fields in _paths(trial)))


def _paths(trial: Trial) -> Iterator[dict[str, str]]:
    """What ``--only`` reads, once for each path of the grid that led to the trial."""
    for labels in trial.labels:
        method, variant = labels[METHOD_NAME], labels[VARIANT_NAME]
        yield {
            **labels,
            "model": method,
            "method": method,
            "backend": trial.work.backend.name,
            "variant": variant,
            "task": trial.work.task,
            "seed": str(trial.seed),
        }


def interleave(groups: Iterable[Sequence[Trial]]) -> list[Trial]:
    """Round robin over the groups: a machine that slows down slows every backend alike."""
    queues = [list(group) for group in groups if group]
    order = []
    while queues:
        order += [queue.pop(0) for queue in queues]
        queues = [queue for queue in queues if queue]
    return order
