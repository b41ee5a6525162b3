"""What others have published, beside one's own figures."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from qbench.report.cells import interval_column
from qbench.report.frames import LABEL, row_name
from qbench.report.table import Column, significant, with_interval
from qbench.spec.published import MODEL, SHARES
from qbench.stats import Interval, clopper_pearson_interval

_MOST_LINES = 24
_MOST_ABSENT = 3

Entry = Mapping[str, Any]
"""``where``, ``metric``, ``value``, ``n_test``, ``source``, as a run keeps them."""


def published_columns() -> list[Column]:
    """The columns of :meth:`PublishedValues.cell`."""
    plain = interval_column("published", "published [95%]", rank=1)
    parts = (*plain.parts, "published_n_test", "published_source")
    difference = "published_difference"
    return [
        Column(plain.key, plain.heading, parts=parts, rank=plain.rank),
        Column(f"{difference}_text", "ours - published", parts=(difference,), rank=2),
    ]


def published_interval(entry: Entry) -> Interval:
    """The value, with the Clopper-Pearson interval of its test rows if it is an accuracy.

    The mean of several runs is rounded to whole rows for its interval.
    """
    value, n_test = float(entry["value"]), entry["n_test"]
    if entry["metric"] != "accuracy" or n_test is None:
        return Interval(value, math.nan, math.nan, 0)
    counted = clopper_pearson_interval(round(value * n_test), n_test)
    return Interval(value, counted.low, counted.high, n_test)


class PublishedValues:
    """The published values of one metric.

    Parameters
    ----------
    entries : of all metrics
    metric : the column of the one that a table shows
    everything : all trained rows of the run, of which the table may show a part
    """

    def __init__(self, entries: Sequence[Entry], metric: str | None, everything: pd.DataFrame):
        self._name = (metric or "").partition(".")[2]
        self._entries = [entry for entry in entries if entry["metric"] == self._name]
        others = (entry["metric"] for entry in entries if entry["metric"] != self._name)
        self._other_metrics = list(dict.fromkeys(others))
        self._everything = everything
        self._sources = list(dict.fromkeys(entry["source"] for entry in self._entries))

    def cell(self, rows: pd.DataFrame) -> dict[str, Any]:
        """What was published of one row of the table.

        Where that is several values, plain values are lists, in the order of the suite.

        Parameters
        ----------
        rows : trials of one method at one point of the grid
        """
        found = self._told(rows)
        if not found:
            return {}
        intervals = self.intervals(rows)
        plain = {
            "": [one.estimate for one in intervals],
            "_low": [one.low for one in intervals],
            "_high": [one.high for one in intervals],
            "_n_test": [entry["n_test"] for entry in found],
            "_source": [entry["source"] for entry in found],
        }
        texts = [with_interval(one.estimate, one.low, one.high) for one in intervals]
        return {
            **{f"published{end}": _alone(values) for end, values in plain.items()},
            "published_text": "; ".join(texts),
            "published_entries": found,
        }

    def intervals(self, rows: pd.DataFrame) -> list[Interval]:
        """The values that were published of some rows, in the order of the suite."""
        return [published_interval(entry) for entry in self._told(rows)]

    def _told(self, rows: pd.DataFrame) -> list[Entry]:
        return [entry for entry in self._entries if len(_matching(rows, entry))]

    def compared(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Ours minus published, where the row has both."""
        ours = row.get(self._name)
        if ours is None or "published_entries" not in row:
            return {}
        differences = [ours - entry["value"] for entry in row["published_entries"]]
        text = "; ".join(f"{difference:+.3f}" for difference in differences)
        return {"published_difference": _alone(differences), "published_difference_text": text}

    def lines(self, rows: Sequence[Mapping[str, Any]], axes: Sequence[str]) -> Iterator[str]:
        """A sentence on each difference, the sources, and what was published of no row."""
        pairs = [(row, entry) for row in rows for entry in row.get("published_entries", ())]
        if pairs:
            yield from self._said(pairs, axes)
            yield (
                "published: with the 95% Clopper-Pearson interval of its test rows where their "
                "number is given, which is of one run on one test set; ours is of the mean over "
                "seeds: that they overlap is no proof that they are equal"
            )
        for number, source in enumerate(self._sources, 1):
            yield f"published [{number}]: {source}"
        yield from self._without_rows()
        if self._other_metrics:
            others = ", ".join(self._other_metrics)
            yield f"also published: {others} (--metric {self._other_metrics[0]})"

    def _without_rows(self) -> Iterator[str]:
        absent = [entry for entry in self._entries if _matching(self._everything, entry).empty]
        said = [
            f"{significant(entry['value'], 4)} {self._mark(entry)}, "
            + ", ".join(f"{axis}={label}" for axis, label in entry["where"].items())
            for entry in absent[:_MOST_ABSENT]
        ]
        more = len(absent) - _MOST_ABSENT
        if absent:
            rest = f"; and {more} more" if more > 0 else ""
            yield f"published, and no row is of it here: {self._name} {'; '.join(said)}{rest}"

    def _said(
        self, pairs: Sequence[tuple[Mapping[str, Any], Entry]], axes: Sequence[str]
    ) -> Iterator[str]:
        verdicts = [_verdict(_own(row, self._name), published_interval(e)) for row, e in pairs]
        if len(pairs) > _MOST_LINES:
            counted = (f"{verdicts.count(v)} times {v}" for v in dict.fromkeys(verdicts))
            yield f"ours against published, {len(pairs)} times: {', '.join(counted)}"
            return
        for (row, entry), verdict in zip(pairs, verdicts, strict=True):
            said = f"{self._difference(row, entry)} {self._mark(entry)}; {verdict}"
            yield f"{row_name(row, axes)}: {said}"

    def _difference(self, row: Mapping[str, Any], entry: Entry) -> str:
        ours, theirs = row.get(self._name), entry["value"]
        if ours is None:
            return f"published {significant(theirs, 4)}"
        difference = ours - theirs
        share = self._name in SHARES
        amount = f"{abs(100 * difference):.1f} points" if share else significant(abs(difference), 2)
        words = f"{amount} {'above' if difference > 0 else 'below'}" if difference else "equal to"
        return f"ours, {significant(ours)}, is {words} the published {significant(theirs, 4)}"

    def _mark(self, entry: Entry) -> str:
        return f"[{self._sources.index(entry['source']) + 1}]"


def _alone(values: list[Any]) -> Any:
    """A single value as it is, several as their list."""
    return values if len(values) > 1 else values[0]


def _matching(frame: pd.DataFrame, entry: Entry) -> pd.DataFrame:
    for axis, label in entry["where"].items():
        column = LABEL + axis
        if column not in frame and axis == MODEL:
            column = "method"
        if column not in frame:
            return frame.iloc[:0]
        frame = frame[frame[column] == label]
    return frame


def _own(row: Mapping[str, Any], name: str) -> Interval | None:
    if row.get(name) is None:
        return None
    return Interval(row[name], row[f"{name}_low"], row[f"{name}_high"], 0)


def _verdict(ours: Interval | None, theirs: Interval) -> str:
    """Whether the two agree, as far as they have intervals."""
    if ours is None:
        return "no trial of ours ended ok"
    own, published = ours.low == ours.low, theirs.low == theirs.low
    if own and published:
        apart = ours.low > theirs.high or ours.high < theirs.low
        return "the intervals do not overlap" if apart else "the intervals overlap"
    if own:
        side = "outside" if ours.excludes(theirs.estimate) else "inside"
        return f"the published value lies {side} our interval, and has none"
    if published:
        side = "outside" if theirs.excludes(ours.estimate) else "inside"
        return f"ours, of one seed, lies {side} the published interval"
    return "neither has an interval"
