"""What stands beneath the tables of gradient variances: how to read them, and what to doubt."""

from __future__ import annotations

from collections.abc import Iterator

from qbench.report.decays import Curves, flags
from qbench.report.table import Table

_THEORIES = {
    "product": "exact where the cost factorises over the wires",
    "paulis": "exact for Pauli rotations over full turns",
    "2-design": "the limit of deep random circuits (McClean et al. 2018)",
}
_ADVICE = {
    "single": "measure it with execution: {precision: double}",
    "double": "what is seen is rounding",
}
_MOST_NAMED = 6


def trainability_notes(table: Table, curves: Curves) -> Iterator[str]:
    """What the figures are, which points no fit used, and what was measured too roughly."""
    if not table.rows:
        yield "no gradient variance was measured in this run"
        return
    if any(row.get("slope_text") for row in table.rows):
        yield (
            f"slope: of the natural logarithm of the variance (not of the deviation) per "
            f"{curves.unit}, weighted by the sampling errors"
            + "; for the axes of its row alone, such as a rule for the depth"
            * bool(curves.axes)
        )
        yield (
            "AICc exponential - power: below 0 the exponential law fits better "
            "(Burnham and Anderson 2002); no verdict from fewer than 6 points"
        )
    else:
        yield f"one value of {curves.x}: nothing to fit, so the variance itself is shown"
    yield from reading_notes(table)
    yield from _left_out(curves)
    yield from _precision(curves)
    if any(row.get("agreement_text") for row in table.rows):
        yield (
            "agreement: largest difference of outputs / gradients from the reference, "
            "over all backends, on the first draws"
        )


def reading_notes(table: Table) -> Iterator[str]:
    """How to read a variance, its theory and its marks; for either table."""
    if any(row.get("variance_text") for row in table.rows):
        yield "variance: mean over the components, over independent draws of the weights"
    if any(row.get("undersampled") for row in table.rows):
        starred = any((row.get("variance_text") or "").endswith("*") for row in table.rows)
        yield (
            f"{'* ' * starred}undersampled: too few draws for so heavy tails (see the kurtosis), "
            "where a variance comes out too small more often than not and fakes a plateau; "
            "draw more, or until precise: gradient: {n_samples: {rse: 0.05}}"
        )
    said = [str(row["theory_name"]).split(", ") for row in table.rows if row.get("theory_text")]
    names = dict.fromkeys(name for each in said for name in each)
    if names:
        explained = (f"{name}, {_THEORIES[name]}" if name in _THEORIES else name for name in names)
        yield f"theory (x measured / theory): {'; '.join(explained)}"
    if any((row.get("zero_share") or 0) > 0 for row in table.rows):
        yield (
            "exactly zero: share of the weights whose gradient is 0 in every draw; "
            "they dilute the mean over components"
        )


def _left_out(curves: Curves) -> Iterator[str]:
    """Points that no fit used, and why: ``global: left out of the fit: 9, 10 (...)``."""
    said = []
    for curve in curves:
        by_reason: dict[str, list[str]] = {}
        for x, reason in curve.unfit:
            by_reason.setdefault(reason, []).append(f"{x:g}")
        parts = [f"{', '.join(places)} ({reason})" for reason, places in by_reason.items()]
        if parts and curve.rows["x"].nunique() > 1:
            said.append(f"{curve.name()}: left out of the fit: {'; '.join(parts)}")
    yield from said[:_MOST_NAMED]
    if len(said) > _MOST_NAMED:
        yield f"and {len(said) - _MOST_NAMED} more rows without some of their points"


def _precision(curves: Curves) -> Iterator[str]:
    for precision, advice in _ADVICE.items():
        low = [
            c.name()
            for c in curves
            if (
                flags(c.points, "below_floor") & c.points["precision"].eq(precision).to_numpy()
            ).any()
        ]
        if low:
            names = ", ".join(low[:_MOST_NAMED]) + ", ..." * (len(low) > _MOST_NAMED)
            yield f"{names}: below floor: {precision} precision cannot resolve it; {advice}"
