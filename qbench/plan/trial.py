"""A trial: some work at one seed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from qbench.plan.work import Work
from qbench.spec import Point
from qbench.store import METHOD_KIND, METHOD_NAME, SUPPORT, VARIANT_NAME, TrialRecord

STREAMS = ("split", "init", "batches")
"""The kinds of randomness that ``fix`` can hold at the first seed."""

SINGLE_SEED = ("gradient_variance", "diagnose", "speed")
"""Tasks whose repetitions are draws or rounds under the first seed."""


@dataclass(frozen=True)
class Trial:
    """Some work at one seed.

    Attributes
    ----------
    streams : the seed of each kind of randomness
    labels : for each path of the suite that leads here, its axes and, under METHOD_NAME,
        VARIANT_NAME and METHOD_KIND, what it calls the work
    """

    id: str
    work: Work
    seed: int
    streams: Mapping[str, int]
    labels: tuple[Mapping[str, str], ...] = ({},)

    @cached_property
    def needs(self) -> tuple[Trial, ...]:
        """The trials whose weights it needs, at its own seeds."""
        return tuple(map(self.at_its_seeds, self.work.needs))

    def at_its_seeds(self, work: Work) -> Trial:
        """Other work at the seeds of this trial."""
        return Trial(work.identity(self.streams), work, self.seed, self.streams, (_path(work),))

    def record(self) -> TrialRecord:
        """What the store keeps of it."""
        work, run = self.work, self.work.execution
        return TrialRecord(
            id=self.id,
            task=work.task,
            method=work.method,
            method_kind=work.method_kind,
            backend=work.backend.name,
            backend_version=work.version,
            variant=work.variant,
            device=run.device if run else None,
            diff_method=run.diff_method if run else None,
            tier=run.tier if run else None,
            precision="mixed"
            if work.trainer.get("mixed_precision")
            else (run.precision if run else None),
            threads=run.threads if run else 1,
            seed=self.seed,
            dataset=work.data.name if work.data else "",
            canonical={**work.canonical, "streams": dict(self.streams)},
            labels=self.labels,
        )


def supporting(trials: Iterable[Trial]) -> list[Trial]:
    """What the trials need and what that needs in turn, each once, the needed before the needy.

    Its labels say that it supports others, so that no table has a row of it.
    """
    found: dict[str, Trial] = {}
    for trial in trials:
        for needed in trial.needs:
            for each in (*supporting([needed]), needed):
                labels = {**_path(each.work), METHOD_KIND: SUPPORT}
                found.setdefault(each.id, replace(each, labels=(labels,)))
    return list(found.values())


def _path(work: Work) -> dict[str, str]:
    return {METHOD_NAME: work.method, VARIANT_NAME: work.variant}


def trials_of(
    work: Work,
    seeds: Sequence[int],
    fixed: Sequence[str],
    labels: Mapping[str, str],
    fixed_at: int | None = None,
) -> list[Trial]:
    """One trial a seed; streams named in ``fixed`` stay at ``fixed_at``, or the first seed.

    Seeds that come to the same trial (every stream fixed) are kept once.
    """
    path = {**_path(work), **labels, **work.own_axes}
    if work.is_control:
        path[METHOD_KIND] = "control"
    first = seeds[0] if fixed_at is None else fixed_at
    trials: dict[str, Trial] = {}
    for seed in seeds:
        streams = {name: first if name in fixed else seed for name in STREAMS}
        streams["other"] = seed
        trial = Trial(work.identity(streams), work, seed, streams, (path,))
        trials.setdefault(trial.id, trial)
    return list(trials.values())


def reported_trials(point: Point, works: Iterable[Work]) -> Iterator[Trial]:
    """The trials of works at the seeds of their point."""
    for work in works:
        seeds = point.config.seeds[:1] if work.task in SINGLE_SEED else point.config.seeds
        yield from trials_of(work, seeds, point.config.fix, point.labels)
