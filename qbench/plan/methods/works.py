"""What one point of the grid asks for, in the order of the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from qbench.plan.methods.baselines import baseline_work
from qbench.plan.methods.circuits import drawn_works, timed_works
from qbench.plan.methods.controls import control_work
from qbench.plan.methods.models import model_works
from qbench.plan.methods.resolved import ResolvedPoint
from qbench.plan.methods.trainings import Trainings
from qbench.plan.work import Work
from qbench.registry import BackendInfo
from qbench.spec import Point, measures_circuits


def works_at(point: Point, registry: Mapping[str, BackendInfo]) -> Iterator[Work]:
    """Models with their controls, then baselines; or circuits alone.

    Raises
    ------
    SpecError, DataError
        What the point asks for does not fit together.
    """
    at = ResolvedPoint(point, registry)
    if measures_circuits(at.config):
        works = timed_works if at.config.task == "speed" else drawn_works
        for name in at.config.circuits:
            yield from works(at, name)
        return
    trainings = Trainings(at)
    for name in at.config.train:
        yield from model_works(at, trainings, name)
        if name in at.models and at.models[name].is_quantum:
            for control in at.config.controls:
                yield control_work(at, trainings, name, control)
    for baseline in at.config.baselines:
        yield baseline_work(at, trainings, baseline)
