"""``published``: figures of other authors, told beside one's own; no part of any identity."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any

from pydantic import PlainValidator, model_validator

from qbench.spec.base import Count, SpecModel, refusal, refusals
from qbench.spec.matrix import EXPERIMENT
from qbench.spec.problems import Problem, describe, label_of, unknown
from qbench.spec.training import CLASSIFICATION_METRICS, REGRESSION_METRICS

SHARES = frozenset({"accuracy", "balanced_accuracy", "f1_macro", "roc_auc"})
"""Metrics from 0 to 1, told in points, hundredths."""

MODEL = "model"
"""What ``where`` calls the method, beside the suite's axes."""


def _where(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not value:
        raise refusal(f"must be {{axis: value}}, such as {{model: NAME}}, not {describe(value)}")
    return {axis: label_of(label) for axis, label in value.items()}


def _metric(value: Any) -> str:
    known = (*CLASSIFICATION_METRICS, *REGRESSION_METRICS)
    if not isinstance(value, str) or value not in known:
        raise refusal(unknown("metric", str(value), known))
    return value


def _source(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise refusal(f"must say where the value was published, not {describe(value)}")
    return " ".join(value.split())


class Published(SpecModel):
    """A value that others have published for some of the suite's rows."""

    where: Annotated[dict[str, str], PlainValidator(_where)]
    """``{axis: value}``, of the suite's axes and ``model``: the rows that it is told beside."""
    metric: Annotated[str, PlainValidator(_metric)]
    """Of those that are recorded."""
    value: float
    """Shares as fractions: 0.974, not 97.4."""
    n_test: Count | None = None
    """Test rows that an accuracy was counted on: they give its binomial interval."""
    source: Annotated[str, PlainValidator(_source)]
    """Where it stands."""

    @model_validator(mode="after")
    def _possible(self) -> Published:
        value, share = self.value, self.metric in SHARES
        if share and 1 < value <= 100:
            message = f"{self.metric} is a fraction, and {value:g} is above 1; did you mean "
            raise refusals(Problem(("value",), f"{message}{value / 100:g}?"))
        if (share and not 0 <= value <= 1) or (self.metric == "r2" and value > 1):
            raise refusals(Problem(("value",), f"{value:g} is no {self.metric}"))
        if self.metric in ("log_loss", "rmse", "mae") and value < 0:
            raise refusals(
                Problem(("value",), f"{value:g} is no {self.metric}: it is never below 0")
            )
        return self


def unrecorded(published: Iterable[Published], metrics: str | Iterable[str]) -> Iterator[Problem]:
    """Values of metrics that ``record.metrics`` leaves out."""
    for position, entry in enumerate(published):
        if metrics != "auto" and entry.metric not in metrics:
            message = f"{entry.metric} is not recorded; add it to record.metrics"
            yield Problem(("published", position, "metric"), message)


def misplaced(
    published: Iterable[Published], known: Mapping[str, Iterable[str]]
) -> Iterator[Problem]:
    """Axes and values of ``where`` that the suite doesn't have.

    Parameters
    ----------
    known : the labels of each axis, and of ``model``
    """
    for position, entry in enumerate(published):
        for axis, label in entry.where.items():
            place = ("published", position, "where", axis)
            if axis in ("backend", "variant"):
                message = "exact backends share their figures; name a model or an axis"
                yield Problem(place, message)
            elif axis not in known:
                yield Problem(place, unknown("axis", axis, known))
            elif label not in known[axis]:
                yield Problem(place, unknown("value", label, known[axis]))


def published_values(
    points: Iterable[tuple[Mapping[str, str], list[Published]]],
) -> list[dict[str, Any]]:
    """Every value once, as plain JSON.

    A list that only some experiments have is of their rows alone: ``where`` then
    names the experiment too.

    Parameters
    ----------
    points : labels and ``published`` of each point
    """
    points = list(points)
    shared = all(entries == points[0][1] for _, entries in points)
    values: list[dict[str, Any]] = []
    for labels, entries in points[:1] if shared else points:
        own = {} if shared else {EXPERIMENT: labels[EXPERIMENT]}
        for entry in entries:
            value = entry.model_dump(mode="json")
            value["where"] = {**own, **entry.where}
            if value not in values and not _elsewhere(own, entry):
                values.append(value)
    return values


def _elsewhere(own: Mapping[str, str], entry: Published) -> bool:
    """Whether ``where`` names another experiment, whose own list says what is told there."""
    return any(entry.where.get(axis, label) != label for axis, label in own.items())
