"""From a suite to its trials: the grid, the methods, the backends, the seeds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from qbench.exceptions import UnknownNameError
from qbench.plan.methods import works_at
from qbench.plan.search import Search, searched_parts
from qbench.plan.trial import Trial, reported_trials, supporting
from qbench.registry import BackendInfo
from qbench.spec import Suite, selects
from qbench.spec.problems import Problem
from qbench.store import METHOD_NAME, VARIANT_NAME

ONLY_KEYS = ("model", "method", "backend", "variant", "task", "seed")
"""What ``--only`` can select by, besides the suite's own axes."""


@dataclass(frozen=True)
class Plan:
    """The trials of a suite, in the order of the file.

    Attributes
    ----------
    parts : trials, each once, and searches in the place of those that depend on what they find
    """

    suite: Suite
    parts: tuple[Trial | Search, ...]

    @cached_property
    def searches(self) -> tuple[Search, ...]:
        """What is to be chosen before the reported trials of its methods."""
        return tuple(part for part in self.parts if isinstance(part, Search))

    @cached_property
    def trials(self) -> tuple[Trial, ...]:
        """The reported trials, each once; where a search is to come, with its first configuration.

        What some of them need without its being asked for (a teacher that is not in ``train``)
        stands before them. Trials that are equal have the labels of each path to them.
        """
        parts = self.chosen({}).parts if self.searches else self.parts
        return _with_support([part for part in parts if isinstance(part, Trial)])

    @cached_property
    def tried(self) -> tuple[Trial, ...]:
        """The trials of the searches, each once, behind what they need."""
        found = (t for s in self.searches for c in s.configurations for t in c.trials)
        return _with_support(_merged(found))

    def chosen(self, reported: Mapping[int, Sequence[Trial]]) -> Plan:
        """The plan with reported trials in the place of each search.

        Parameters
        ----------
        reported : by the number of the search; where one is missing, its first configuration's
        """
        numbers = iter(range(len(self.searches)))
        trials: list[Trial] = []
        for part in self.parts:
            if isinstance(part, Trial):
                trials.append(part)
            else:
                trials += reported.get(next(numbers), part.won(0))
        return Plan(self.suite, _merged(trials))

    def only(self, patterns: Mapping[str, str]) -> Plan:
        """The trials whose fields match every pattern (``backend='qiskit*'``).

        Raises
        ------
        UnknownNameError
            Nothing is left.
        """

        def kept(trials: Iterable[Trial]) -> tuple[Trial, ...]:
            return tuple(
                t for t in trials if any(selects(patterns, fields) for fields in _paths(t))
            )

        parts: list[Trial | Search] = []
        for part in self.parts:
            if isinstance(part, Trial):
                parts += kept([part])
            elif kept(part.won(0)):
                each = (replace(c, reported=kept(c.reported)) for c in part.configurations)
                parts.append(replace(part, configurations=tuple(each)))
        if patterns and not parts:
            asked = ",".join(f"{k}={v}" for k, v in patterns.items())
            there = {k: sorted({_field(t, k) for t in self.trials}) for k in patterns}
            offers = "; ".join(f"{k}: {', '.join(v[:12])}" for k, v in there.items())
            raise UnknownNameError(f"--only {asked}: no trial matches; there are {offers}")
        return Plan(self.suite, tuple(parts))


def make_plan(suite: Suite, registry: Mapping[str, BackendInfo]) -> Plan:
    """Every trial of the suite, and every search.

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
    parts: list[Trial | Search] = []
    for point in suite.points:
        if point.space is not None:
            parts += searched_parts(point, registry, suite.seeds)
        else:
            parts += reported_trials(point, works_at(point, registry))
    plan = Plan(suite, tuple(parts))
    return plan if plan.searches else plan.chosen({})


def _merged(trials: Iterable[Trial]) -> tuple[Trial, ...]:
    merged: dict[str, Trial] = {}
    for trial in trials:
        _merge(merged, trial)
    return tuple(merged.values())


def _with_support(trials: Sequence[Trial]) -> tuple[Trial, ...]:
    """The trials behind what they need without its being asked for."""
    own = {trial.id for trial in trials}
    return (*(t for t in supporting(trials) if t.id not in own), *trials)


def _merge(merged: dict[str, Trial], trial: Trial) -> None:
    known = merged.get(trial.id)
    if known is None:
        merged[trial.id] = trial
    else:
        more = tuple(labels for labels in trial.labels if labels not in known.labels)
        merged[trial.id] = replace(known, labels=(*known.labels, *more))


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
