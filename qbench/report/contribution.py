"""What the quantum part of a model contributes: the model against its controls, seed by seed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from qbench.report.cells import interval_cell, interval_column
from qbench.report.frames import at, from_one_backend, paired, row_name
from qbench.report.table import Column, significant
from qbench.spec import CLASSICAL_CONTROLS, CONTROLS, split_control
from qbench.spec.published import SHARES
from qbench.stats import HIGHER_IS_BETTER, least_difference

CONTROL = "control"
"""The kind of a method that is a control."""

_MOST_LINES = 6


def contribution_column() -> Column:
    """The column of :meth:`Contributions.cell`."""
    plain = interval_column("contribution", "quantum contribution [95%]", rank=1)
    return Column(plain.key, plain.heading, parts=(*plain.parts, "best_control"), rank=plain.rank)


class Contributions:
    """Differences between models and their controls in one metric, positive for the model.

    Parameters
    ----------
    trained : the trained rows of a run
    metric : the column of the metric
    """

    def __init__(self, trained: pd.DataFrame, metric: str) -> None:
        self._trained, self._metric = trained, metric
        self._controls = trained[trained["method_kind"] == CONTROL]
        self._sign = 1 if HIGHER_IS_BETTER[metric.partition(".")[2]] else -1

    def cell(self, rows: pd.DataFrame, labels: Mapping[str, Any]) -> dict[str, Any]:
        """Of a control: the model minus it. Of a model: that against its best classical one."""
        method = str(rows["method"].iloc[0])
        if rows["method_kind"].iloc[0] == CONTROL:
            model = at(self._trained, {"method": split_control(method)[0], **labels})
            return self._own(from_one_backend(model), rows) if len(model) else {}
        return self._best(rows, at(self._controls, labels), method)

    def _own(self, model: pd.DataFrame, control: pd.DataFrame) -> dict[str, Any]:
        pair = self._pair(model, control)
        cell = interval_cell("contribution", least_difference([pair]), sign="+")
        return cell | {"same_trial": set(control["trial_id"]) <= set(model["trial_id"])}

    def _best(self, model: pd.DataFrame, controls: pd.DataFrame, method: str) -> dict[str, Any]:
        pairs = {}
        for key in dict.fromkeys(map(str, controls["method"])):
            of, control = split_control(key)
            if of == method and control in CLASSICAL_CONTROLS:
                found = self._pair(model, at(controls, {"method": key}))
                if len(found[0]):
                    pairs[control] = found
        if not pairs:
            return {}
        best = min(pairs, key=lambda control: float((pairs[control][0] - pairs[control][1]).mean()))
        cell = interval_cell("contribution", least_difference(list(pairs.values())), sign="+")
        return cell | {"best_control": best, "classical_controls": len(pairs)}

    def _pair(self, model: pd.DataFrame, control: pd.DataFrame) -> tuple[Any, Any]:
        """Values of seeds that are ok in both, with the sign that makes more better."""
        both = paired(model, from_one_backend(control), [self._metric])
        return self._sign * both[self._metric], self._sign * both[f"{self._metric}_other"]


def in_order(rows: pd.DataFrame) -> list[str]:
    """The methods as they come, each model's controls behind it in the order of CONTROLS."""
    kinds = dict(zip(rows["method"], rows["method_kind"], strict=True))
    models = [method for method, kind in kinds.items() if kind != CONTROL]
    place = {method: number for number, method in enumerate(models)}

    def order(method: str) -> tuple[int, int]:
        if kinds[method] != CONTROL:
            return place[method], -1
        model, control = split_control(method)
        return place.get(model, len(models)), list(CONTROLS).index(control)

    return sorted(kinds, key=order)


def contribution_lines(
    rows: Sequence[Mapping[str, Any]], axes: Sequence[str], metric: str | None
) -> Iterator[str]:
    """What the quantum parts add, in words, and how to read the column."""
    if metric is None or not any("contribution" in row for row in rows):
        return
    for row in rows:
        if row.get("same_trial"):
            model, control = split_control(row["model"])
            name = row_name(row, axes)
            yield f"{name}: the same trial as {model}: {control} changes nothing in it"
    models = [row for row in rows if "best_control" in row]
    if len(models) <= _MOST_LINES:
        for row in models:
            yield f"{row_name(row, axes)}: {_said(row, metric.partition('.')[2])}"
    else:
        verdicts = [_verdict(row) for row in models]
        counted = [f"{verdicts.count(v)} {v}" for v in dict.fromkeys(verdicts)]
        yield f"the quantum part over the best classical control: {', '.join(counted)}"
    yield from _reading(models, HIGHER_IS_BETTER[metric.partition(".")[2]])


def _said(row: Mapping[str, Any], metric: str) -> str:
    share = metric in SHARES
    estimate, *ends = (row[k] for k in ("contribution", "contribution_low", "contribution_high"))
    amount = _figure(estimate, share) + (" points" if share else f" of {metric}")
    if ends[0] == ends[0]:
        amount += f" [{', '.join(_figure(end, share) for end in ends)}]"
    return (
        f"the quantum part adds {amount} over its best classical control, "
        f"{row['best_control']}: {_verdict(row)}"
    )


def _figure(value: float, share: bool) -> str:
    return f"{100 * value + 0.0:.1f}" if share else significant(value, 2)


def _verdict(row: Mapping[str, Any]) -> str:
    low, high = row["contribution_low"], row["contribution_high"]
    if low != low:
        return "one seed can't tell it from none"
    if low > 0:
        return "more than none"
    return "less than none" if high < 0 else "not distinguishable from none"


def _reading(models: Sequence[Mapping[str, Any]], higher_is_better: bool) -> Iterator[str]:
    text = "quantum contribution: the model minus the control, seed by seed"
    if not higher_is_better:
        text += ", with the sign turned since less is better"
    yield text
    if any(row["classical_controls"] > 1 for row in models):
        yield (
            f"in a model's row: against the best of its classical controls "
            f"({', '.join(CLASSICAL_CONTROLS)}); since it is chosen by the same figures, the "
            "estimate is rather too small, and the interval is of the truly best one's"
        )
