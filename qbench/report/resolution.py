"""Whether a run's seeds can tell its differences from chance, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from qbench.report.frames import row_name
from qbench.report.table import significant
from qbench.spec.published import SHARES
from qbench.stats import detectable_difference

_MOST_LINES = 6

_EXPLAINED = (
    "resolve: the smallest true difference that a paired t test of these seeds finds four times "
    "in five at the 5% level, from the measured spread of the differences (Cohen 1988)"
)


def resolved_lines(
    rows: Sequence[Mapping[str, Any]], axes: Sequence[str], metric: str | None
) -> Iterator[str]:
    """A line for each model that is compared with the baseline, one that explains them last."""
    compared = [
        row
        for row in rows
        if row["kind"] == "model"
        and row.get("difference_pairs", 0) > 1
        and row["difference_deviation"] > 0
    ]
    if not compared or metric is None:
        return
    share = metric.partition(".")[2] in SHARES
    if len(compared) <= _MOST_LINES:
        for row in compared:
            found = _amount([abs(row["difference"])], share)
            yield f"{row_name(row, axes)}: {_resolution([row], share)}; the difference is {found}"
    else:
        for model in dict.fromkeys(row["model"] for row in compared):
            group = [row for row in compared if row["model"] == model]
            found = _amount([abs(row["difference"]) for row in group], share)
            yield f"{model}: {_resolution(group, share)}; the differences are {found}"
    yield _EXPLAINED


def _resolution(rows: Sequence[Mapping[str, Any]], share: bool) -> str:
    pairs = {row["difference_pairs"] for row in rows}
    seeds = str(pairs.pop()) if len(pairs) == 1 else f"{min(pairs)} to {max(pairs)}"
    least = [detectable_difference(r["difference_deviation"], r["difference_pairs"]) for r in rows]
    return f"{seeds} seeds resolve {_amount(least, share)}"


def _amount(values: Sequence[float], share: bool) -> str:
    """``1.8 points`` of a share, else a plain figure; the range of several."""
    scale, unit = (100, " points") if share else (1, "")
    ends = dict.fromkeys(significant(scale * v, 2) for v in (min(values), max(values)))
    return " to ".join(ends) + unit
