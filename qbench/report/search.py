"""What a run's search found: the column "tuned", what it means, and the table of all scores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from qbench.report.cells import interval_column, significant_cell
from qbench.report.frames import LABEL
from qbench.report.table import Column, Table, significant
from qbench.stats import mean_interval

_MOST_LINES = 6

Found = Mapping[str, Any]
"""One method's search at one point of the grid, as a run keeps it."""


def tuned_column() -> Column:
    """The column of :meth:`Searches.cell`."""
    return Column("tuned_text", "tuned", parts=("configurations", "configuration"), rank=2)


class Searches:
    """The searches of a run; none where its suite has no ``search``."""

    def __init__(self, found: Sequence[Found]) -> None:
        self._found = found

    def cell(self, rows: pd.DataFrame) -> dict[str, Any]:
        """How many configurations were tried for one row of the table, and which one won."""
        if not self._found:
            return {}
        own = next((one for one in self._found if _is_of(one, rows)), None)
        if own is None:
            return {"tuned_text": "-", "configurations": 0}
        count = len(own["configurations"])
        chosen = own["chosen"]
        text = None if chosen is None else own["configurations"][chosen]["text"]
        return {"tuned_text": str(count), "configurations": count, "configuration": text}

    def lines(self, rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
        """What was tuned and how; that a tuned method stands against one that was not."""
        if not self._found:
            yield "hyper-parameters are those of the suite: none was tuned"
            return
        yield _reading(self._found)
        if len(self._found) <= _MOST_LINES:
            yield from (_chosen(one, _axes(self._found)) for one in self._found)
        else:
            yield "chosen: see --table search"
        yield from self._unequal(rows)
        if not all(one["separate_test"] for one in self._found):
            yield (
                "the splits of the search are drawn anew, so that rows which a reported seed tests "
                "may have trained or validated a configuration; `fix: [split]` or `split: "
                "{test: official}` keeps them apart"
            )

    def _unequal(self, rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
        counts = {row["model"]: row["configurations"] for row in rows if "configurations" in row}
        untuned = [model for model, count in counts.items() if not count]
        tuned = [model for model, count in counts.items() if count]
        if untuned and tuned:
            yield (
                f"tuned against untuned: {', '.join(untuned)} had nothing to choose from (the "
                "space has no key that changes them), so that they and "
                f"{', '.join(tuned)} are not compared on equal terms"
            )
        if len({counts[model] for model in tuned}) > 1:
            each = ", ".join(f"{model} {counts[model]}" for model in tuned)
            yield (
                f"configurations: {each}; each method tried every combination of the keys that "
                "it reads, on equal seeds"
            )


def search_table(found: Sequence[Found]) -> Table:
    """Every configuration of every search with its validation score; the chosen one marked."""
    axes = _axes(found)
    table = Table(
        "Search",
        [
            *(Column(LABEL + axis, axis, numeric=False) for axis in axes),
            Column("model", "model", numeric=False),
            Column("configuration", "configuration", numeric=False),
            Column("chosen", "chosen", numeric=False),
            Column("metric", "metric", numeric=False),
            interval_column("score", "mean [95%]"),
            Column("seeds", "seeds ok/planned", parts=("seeds_ok", "seeds_planned")),
            Column("problem", "not ok", numeric=False),
        ],
    )
    for one in found:
        for number, tried in enumerate(one["configurations"]):
            scores = [score for score in tried["scores"] if score is not None]
            row = {LABEL + axis: one["labels"].get(axis) for axis in axes}
            row |= {
                "model": one["method"],
                "configuration": tried["text"],
                "chosen": "yes" if number == one["chosen"] else "",
                "metric": one["metric"],
                "seeds": f"{len(scores)}/{len(tried['scores'])}",
                "seeds_ok": len(scores),
                "seeds_planned": len(tried["scores"]),
                "problem": tried["reason"] or _left(tried),
            }
            table.rows.append(row | significant_cell("score", mean_interval(scores)))
    if found:
        table.notes.append(_reading(found))
    else:
        table.notes.append("the run's suite has no `search`")
    return table


def _axes(found: Sequence[Found]) -> list[str]:
    """The axes that differ between the searches."""
    axes = list(dict.fromkeys(axis for one in found for axis in one["labels"]))
    return [axis for axis in axes if len({one["labels"].get(axis) for one in found}) > 1]


def _is_of(one: Found, rows: pd.DataFrame) -> bool:
    first = rows.iloc[0]
    places = {LABEL + axis: label for axis, label in one["labels"].items()}
    same = all(first.get(column, label) == label for column, label in places.items())
    return bool(first["method"] == one["method"] and same)


def _reading(found: Sequence[Found]) -> str:
    seeds = len(found[0]["configurations"][0]["scores"])
    metrics: dict[str, list[str]] = {}
    for one in found:
        metrics.setdefault(one["metric"], []).append(one["method"])
    leading, *others = metrics
    said = "".join(f" ({', '.join(dict.fromkeys(metrics[m]))}: {m})" for m in others)
    variants = ", ".join(dict.fromkeys(one["variant"] for one in found))
    return (
        f"tuned: configurations that a method tried on {seeds} seed{'s' * (seeds > 1)} kept apart "
        f"from the reported ones, on {variants}; the best mean {leading}{said} won, for every "
        "backend, since exact ones agree"
    )


def _chosen(one: Found, axes: Sequence[str]) -> str:
    labels = {axis: one["labels"][axis] for axis in axes if axis in one["labels"]}
    place = ", ".join([one["method"], *(f"{axis}={label}" for axis, label in labels.items())])
    tried = one["configurations"]
    failed = [each for each in tried if each["reason"]]
    lost = f"; {len(failed)} failed and lost, such as {_failure(failed[0])}" if failed else ""
    if one["chosen"] is None:
        left = sum(each["unfinished"] for each in tried)
        if left:
            return f"{place}: the search is not finished, {left} of its trials are to run"
        return f"{place}: none of {len(tried)} configurations could be chosen{lost}"
    best = tried[one["chosen"]]
    score = significant(mean_interval(best["scores"]).estimate)
    return f"{place}: {best['text']} of {len(tried)} ({one['metric']} {score}){lost}"


def _failure(tried: Mapping[str, Any]) -> str:
    return f"{tried['text']} ({tried['reason']})"


def _left(tried: Mapping[str, Any]) -> str:
    return f"{tried['unfinished']} to run" if tried["unfinished"] else ""
