"""Confusion matrices, from the stored outputs and the labels of the test rows."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from qbench.data import DataRequest, Prepared, prepare
from qbench.exceptions import PlotError
from qbench.report.frames import TASKS_OF_TRAINING, from_one_backend
from qbench.report.plots.source import Drawing, Source
from qbench.runner.outcome import decision_threshold, output_kind
from qbench.runner.prediction import NO_CLASS
from qbench.stats import predictions
from qbench.store import OK

_MOST_PANELS = 12


def confusion(source: Source) -> Drawing:
    """Test rows of each true class by predicted class, summed over seeds.

    The labels come from preparing the data again with the trial's own request
    and seed; where the trial recorded its accuracy, that must come out again.

    Raises
    ------
    PlotError
        No classification, too many panels to read, or the data is no longer
        what the trial saw.
    """
    rows = source.frame[source.frame["task"].isin(TASKS_OF_TRAINING)]
    groups = [
        (found, chosen[chosen["status"] == OK])
        for found, group in source.groups(rows, "method")
        for chosen in [from_one_backend(group)]
    ]
    groups = [(found, ok) for found, ok in groups if len(ok)]
    if not groups:
        raise PlotError(f"run {source.run_id} has no finished trial with outputs")
    source.refuse_many(len(groups), "confusion", _MOST_PANELS)
    points: list[dict[str, Any]] = []
    for found, ok in groups:
        panel = ", ".join(t for t in (found["method"], source.panel(found, None)) if t)
        points += _cells(source, panel, ok)
    return Drawing(pd.DataFrame(points), "predicted", "true", ("counts: summed over seeds",))


def _cells(source: Source, panel: str, ok: pd.DataFrame) -> list[dict[str, Any]]:
    total: Any = None
    names: tuple[str, ...] = ()
    for _, row in ok.iterrows():
        trial = source.store.trial(row["trial_id"])
        prepared = _prepared(json.dumps(trial["data"], sort_keys=True), trial["streams"]["split"])
        if prepared.task != "classification":
            raise PlotError(f"run {source.run_id} is regression: there is no confusion to plot")
        if prepared.y_test is None:
            raise PlotError(f"run {source.run_id} has no test rows (data.split.test is 0)")
        outputs = source.store.artifact(int(row["attempt_id"]), "outputs")["test"]
        estimator = (trial["estimator"] or {}).get("name")
        predicted = predictions(
            outputs,
            kind=output_kind(trial["loss"], estimator),
            threshold=decision_threshold(trial["loss"]),
        )
        _check(row, prepared.y_test, predicted)
        width = prepared.n_classes + int(outputs.shape[1] > prepared.n_classes)
        predicted = np.minimum(predicted, prepared.n_classes)
        counts = np.zeros((prepared.n_classes, width), dtype=int)
        np.add.at(counts, (prepared.y_test, predicted), 1)
        total = counts if total is None else total + counts
        names = (*map(str, prepared.class_labels), NO_CLASS)
    if total is None:
        return []
    shares = total / np.maximum(total.sum(axis=1, keepdims=True), 1)
    return [
        {"panel": panel, "y": names[t], "x": names[p], "count": total[t, p], "share": shares[t, p]}
        for t, p in np.ndindex(*total.shape)
    ]


@lru_cache(maxsize=64)
def _prepared(data: str, seed: int) -> Prepared:
    return prepare(DataRequest.from_json(json.loads(data)), seed)


def _check(row: Any, labels: Any, predicted: Any) -> None:
    accuracy = row.get("metrics.accuracy", float("nan"))
    if len(labels) == len(predicted):
        again = float(np.mean(labels == predicted))
        if np.isnan(accuracy) or abs(again - accuracy) < 1e-9:
            return
    raise PlotError(
        f"trial {row['trial_id'][:12]}: the test rows are not those that it saw (the data set "
        "or scikit-learn's split has changed since); run the suite again"
    )
