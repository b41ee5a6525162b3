"""What planning must know of the data before anything runs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from qbench.data import DataRequest, find_dataset, leak, one_source, prepare
from qbench.data.own import Stamp, state_of


@dataclass(frozen=True)
class DatasetSummary:
    """Shapes and hash of a data set as a suite asks for it.

    Attributes
    ----------
    n_features, n_raw : features after the transforms, and before them
    n_classes : 0 for regression
    image_shape : (channels, height, width) where the features are pixels after the transforms
    digest : SHA-256 of what the arrays follow from, at seed 0
    """

    task: str
    n_features: int
    n_raw: int
    n_classes: int
    digest: str
    has_validation: bool
    image_shape: tuple[int, int, int] | None = None
    class_labels: tuple[str, ...] = ()


def summarize(request: DataRequest) -> DatasetSummary:
    """Prepare the data once, at seed 0, and keep what planning needs.

    Raises
    ------
    DataError, UnknownNameError
        It cannot be had, split or transformed as asked.
    """
    return _summarized(json.dumps(request.to_json(), sort_keys=True), _state(request))


def _state(request: DataRequest) -> tuple[Stamp, ...]:
    """What changes when the user's own files do."""
    return state_of(request.options["path"], request.folder) if request.is_own else ()


@lru_cache(maxsize=128)
def _summarized(request: str, state: tuple[Stamp, ...]) -> DatasetSummary:
    prepared = prepare(DataRequest.from_json(json.loads(request)), 0)
    return DatasetSummary(
        task=prepared.task,
        n_features=prepared.x_train.shape[1],
        n_raw=prepared.raw_train.shape[1],
        n_classes=prepared.n_classes,
        digest=prepared.digest,
        has_validation=prepared.x_validation is not None,
        image_shape=prepared.image_shape,
        class_labels=prepared.class_labels,
    )


def _every_option(data: Any) -> dict[str, Any]:
    """The data set's options with the defaults written out: the same request reads the same."""
    defaults = find_dataset(data.name).options
    given = {
        name: float(value) if isinstance(defaults.get(name), float) else value
        for name, value in data.options.items()
    }
    return {**defaults, **given}


def data_request(data: Any, folder: Path, train_on: str = "split") -> DataRequest:
    """The spec's ``data`` as the data package takes it, with a model's ``train_on``.

    ``folder`` is that of the suite's file, where a relative path is looked for first.
    """
    transform = []
    for step in data.transform:
        options = step.model_dump(exclude={"name"})
        transform.append([step.name, next(iter(options.values()), None)])
    return DataRequest.from_json(
        {
            "name": data.name,
            "folder": str(folder) if "path" in data.options else "",
            "options": _every_option(data),
            "classes": data.classes,
            "split": data.split.model_dump(),
            "order": data.order,
            "transform": transform,
            "train_on": train_on,
        }
    )


def leak_between(teacher: DataRequest, student: DataRequest) -> str:
    """:func:`qbench.data.leak` of two requests, tried at seed 0; empty where all is well.

    Other transforms, and training on all that is left, move no row that is held out.
    """
    moving = {"transform", "train_on"}
    sides = [{k: v for k, v in r.to_json().items() if k not in moving} for r in (teacher, student)]
    if sides[0] == sides[1] or not one_source(teacher, student):
        return ""
    texts = (json.dumps(r.to_json(), sort_keys=True) for r in (teacher, student))
    return _leak(*texts, _state(teacher))


@lru_cache(maxsize=128)
def _leak(teacher: str, student: str, state: tuple[Stamp, ...]) -> str:
    first, second = (DataRequest.from_json(json.loads(text)) for text in (teacher, student))
    return leak(first, second, prepare(first, 0), prepare(second, 0))
