"""What a suite asks of its data: data sets that exist, and validation rows where they are read."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from qbench.spec.config import SuiteConfig
from qbench.spec.dataset import DataConfig
from qbench.spec.own_settings import data_of, trainer_of
from qbench.spec.problems import Path, Problem, suggestion, unknown
from qbench.spec.training import RecordConfig, TrainerConfig


def check_validation(config: SuiteConfig) -> Iterator[Problem]:
    """What reads validation rows where a model has none."""
    found: dict[Problem, None] = {}
    if config.data is not None and config.data.split.validation == 0:
        shared = _without_validation(config.trainer, config.record)
        found |= dict.fromkeys(p for p in shared if p.path[1] != "select")
    for name in (n for n in config.train if n in config.models):
        own, data = config.models[name], data_of(config, name)
        if data is None or data.split.validation != 0:
            continue
        for problem in _without_validation(trainer_of(config, name), config.record):
            section, key = problem.path
            if key in own.trainer or (own.data and section == "trainer"):
                problem = replace(problem, path=("models", name, section, key))
            found[problem] = None
    yield from found


def _without_validation(trainer: TrainerConfig, record: RecordConfig) -> Iterator[Problem]:
    without = "needs validation rows, and data.split.validation is 0"
    if trainer.select == "best_validation":
        yield Problem(("trainer", "select"), f"best_validation {without}; or take `last`")
    if trainer.early_stopping and trainer.early_stopping.metric.startswith("validation"):
        yield Problem(("trainer", "early_stopping"), f"{trainer.early_stopping.metric} {without}")
    if trainer.scheduler and trainer.scheduler.name == "plateau":
        yield Problem(("trainer", "scheduler"), f"plateau {without}")
    if record.target and record.target.metric.startswith("validation"):
        yield Problem(("record", "target"), f"{record.target.metric} {without}")


def check_search(config: SuiteConfig) -> Iterator[Problem]:
    """A search where nothing trains, no rows are there to choose on, or test rows choose."""
    if config.search is None:
        return
    place: Path = ("search",)
    if config.task != "train":
        yield Problem(place, f"task {config.task} trains nothing; leave it out")
    elif config.data is not None and config.data.split.validation == 0:
        yield Problem(place, "chooses on validation rows, and data.split.validation is 0")
    if config.trainer.select == "best_test":
        yield Problem(place, "chooses on validation rows, and trainer.select reads the test's")
    for name in (n for n in config.train if n in config.models):
        own, data = config.models[name], data_of(config, name)
        if own.data and data is not None and data.split.validation == 0:
            message = "the search chooses on validation rows, and here are none"
            yield Problem(("models", name, "data", "split"), message)
        if "select" in own.trainer and trainer_of(config, name).select == "best_test":
            message = "the search chooses on validation rows, and best_test reads the test's"
            yield Problem(("models", name, "trainer", "select"), message)


def check_data(config: SuiteConfig, known: Collection[str] | None) -> Iterator[Problem]:
    """Data sets, and options of them, that don't exist; None: nothing is known of them."""
    if known is None:
        return
    if config.data is not None:
        yield from _check_dataset(config.data, ("data",), known)
    for name, model in config.models.items():
        data = data_of(config, name) if model.data else None
        if data is not None:
            yield from _check_dataset(data, ("models", name, "data"), known)


def _check_dataset(data: DataConfig, place: Path, known: Collection[str]) -> Iterator[Problem]:
    if data.name not in known:
        yield Problem((*place, "name"), unknown("data set", data.name, known))
    elif isinstance(known, Mapping):
        for option in data.options:
            if option not in known[data.name]:
                message = f"{data.name} has no such option{suggestion(option, known[data.name])}"
                yield Problem((*place, "options", option), message)
