"""What a model trains on and how: the suite's ``data`` and ``trainer`` under its own keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from qbench.spec.base import SpecModel, problems_of
from qbench.spec.config import SuiteConfig
from qbench.spec.dataset import OWN, DataConfig, data_slot
from qbench.spec.merging import merge
from qbench.spec.problems import Path, Problem, ProblemError
from qbench.spec.training import TrainerConfig

Model = TypeVar("Model", bound=SpecModel)


def trainer_of(config: SuiteConfig, name: str) -> TrainerConfig:
    """The trainer of a model.

    Raises
    ------
    ProblemError
        Its own keys are none of a trainer, or don't fit the suite's.
    """
    own = config.models[name].trainer
    if not own:
        return config.trainer
    suites = config.trainer.model_dump(exclude_unset=True)
    merged = merge(suites, own, ("trainer",))
    return _validated(("models", name, "trainer"), lambda: TrainerConfig.model_validate(merged))


def data_of(config: SuiteConfig, name: str) -> DataConfig | None:
    """The data of a model; None where neither it nor the suite has any.

    Raises
    ------
    ProblemError
        As :func:`trainer_of`.
    """
    own = config.models[name].data
    if not own:
        return config.data
    merged = merge(_written(config.data), own, ("data",))
    return _validated(
        ("models", name, "data"), lambda: DataConfig.model_validate(data_slot(merged))
    )


def own_problems(config: SuiteConfig) -> Iterator[Problem]:
    """What is wrong in the keys that models have of their own."""
    for name in config.models:
        for read in (trainer_of, data_of):
            try:
                read(config, name)
            except ProblemError as error:
                yield from error.problems


def _written(data: DataConfig | None) -> Mapping[str, Any]:
    """The suite's data as a file would say it: one's own by its path alone."""
    if data is None:
        return {}
    written = data.model_dump(exclude_unset=True)
    if data.name == OWN:
        del written["name"]
        options = {k: v for k, v in data.options.items() if k not in ("path", "target")}
        written |= {k: v for k, v in data.options.items() if k not in options}
        written["options"] = options
    return written


def _validated(place: Path, make: Callable[[], Model]) -> Model:
    try:
        return make()
    except ValidationError as error:
        found = [Problem((*place, *p.path), p.message) for p in problems_of(error)]
        raise ProblemError(*found) from None
