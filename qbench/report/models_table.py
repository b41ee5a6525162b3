"""The table of models: accuracy and what a model costs; a row a model, never a backend."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from qbench.report.baseline import Baseline
from qbench.report.cells import (
    AGREEMENT,
    agreement_cell,
    interval_cell,
    interval_column,
    problems,
    significant_cell,
    whole,
)
from qbench.report.contribution import (
    CONTROL,
    Contributions,
    contribution_column,
    contribution_lines,
    in_order,
)
from qbench.report.frames import (
    LABEL,
    TASK_OF_DRAWS,
    alike,
    at,
    axes_of,
    draws_of_models,
    from_one_backend,
    group_by_axes,
    metric_column,
    mistaken_rule,
    mixed_precision,
    paired,
    reasons,
    sampled,
    trained,
)
from qbench.report.published import Entry, PublishedValues, published_columns
from qbench.report.resolution import resolved_lines
from qbench.report.search import Found, Searches, tuned_column
from qbench.report.table import Column, Table
from qbench.report.tested_rows import (
    selection_cell,
    selection_column,
    selection_lines,
    tested_apart_lines,
)
from qbench.report.unbalanced import further_metrics, unbalanced_lines
from qbench.stats import Interval, mean_interval, paired_difference
from qbench.store import OK

_SIZES = ("parameters_quantum", "parameters_classical", "two_qubit_gates", "depth")


def models_table(
    frame: pd.DataFrame,
    *,
    baseline: Baseline | None = None,
    metric: str | None = None,
    everything: pd.DataFrame | None = None,
    published: Sequence[Entry] = (),
    search: Sequence[Found] = (),
) -> Table:
    """One row a model, control or baseline at each point of the grid.

    With equal seeds exact backends give equal accuracies, so the figures come
    from one backend: the first of the suite whose trials are complete, named in
    the row; the others appear as their largest difference from the reference.
    Each number of shots, being another training, has a row of its own.

    Parameters
    ----------
    frame : DataFrame
        ``Store.frame(run, each_path=True)``.
    baseline : Baseline, optional
        What differences are taken against, seed by seed.
    metric : str, optional
        One that is recorded; by default the leading one.
    everything : DataFrame, optional
        Where ``frame`` is a part of the run's rows: all, to find the baseline in.
    published : sequence of mappings
        As the run keeps them: ``where``, ``metric``, ``value``, ``n_test``, ``source``.
    search : sequence of mappings
        What the run's searches found, as it keeps them.
    """
    models = trained(frame)
    frame = frame.loc[models.index.union(draws_of_models(frame).index)]
    axes = axes_of(frame)
    column = metric_column(frame, metric)
    everything = frame if everything is None else everything
    others = _Others(everything, column, baseline)
    theirs = PublishedValues(published, column, trained(everything))
    searches = Searches(search)
    further = further_metrics(models, column)
    table = Table("Models", _columns(axes, column, further))
    for labels, group in group_by_axes(models, axes):
        for method in in_order(group):
            for rows in alike(group[group["method"] == method], ["shots"]):
                row = _row(rows, [*([column] if column else []), *further]) | theirs.cell(rows)
                row |= theirs.compared(row) | searches.cell(rows)
                table.rows.append(labels | row | others.compare(rows, labels))
    table.notes += _notes(table, frame, baseline, searches)
    table.notes += [*selection_lines(models), *tested_apart_lines(models, axes)]
    table.notes += unbalanced_lines(models, column)
    table.notes += theirs.lines(table.rows, axes)
    table.notes += contribution_lines(table.rows, axes, column)
    table.notes += resolved_lines(table.rows, axes, column)
    table.notes += reasons(_without_frameworks_row(frame), "method")
    return table


def _columns(axes: Sequence[str], metric: str | None, further: Sequence[str]) -> list[Column]:
    columns = [Column(LABEL + axis, axis, numeric=False) for axis in axes]
    sizes = ("parameters_quantum", "parameters_classical")
    columns += [
        Column("model", "model", numeric=False),
        Column("shots", "shots"),
        selection_column(),
        Column("from_backend", "figures from", numeric=False, rank=3),
        Column("inputs", "inputs", rank=5),
        Column("parameters", "parameters q/c", parts=sizes, rank=1),
        Column("two_qubit_gates", "2q gates", rank=4),
        Column("depth", "depth", rank=4),
        Column("seeds", "seeds ok/planned", parts=("seeds_ok", "seeds_planned"), rank=2),
    ]
    if metric is not None:
        name = _name(metric)
        columns.append(interval_column(name, f"{name} [95%]"))
    columns += [interval_column(_name(one), f"{_name(one)} [95%]", rank=3) for one in further]
    return [
        *columns,
        *published_columns(),
        interval_column("difference", "difference [95%]", rank=1),
        interval_column("matched_difference", "vs matched MLP [95%]", rank=6),
        contribution_column(),
        tuned_column(),
        interval_column("gradient_variance", "gradient variance [95%]"),
        AGREEMENT,
        Column("problems", "not ok", numeric=False),
    ]


def _name(column: str) -> str:
    return column.partition(".")[2]


def _row(rows: pd.DataFrame, metrics: Sequence[str]) -> dict[str, Any]:
    chosen = from_one_backend(rows)
    ok = chosen[chosen["status"] == OK]
    first = chosen.iloc[0]
    row: dict[str, Any] = {
        "model": first["method"],
        "kind": first["method_kind"],
        "shots": whole(first, "shots"),
        "from_backend": first["variant"],
        "inputs": whole(first, "counts.inputs"),
        "seeds_ok": len(ok),
        "seeds_planned": len(chosen),
        "seeds": f"{len(ok)}/{len(chosen)}",
        "problems": problems(rows),
    }
    row |= selection_cell(chosen)
    counted = ok.iloc[0] if len(ok) else first
    row |= {key: whole(counted, f"counts.{key}") for key in _SIZES}
    if row["parameters_classical"] is not None:
        row["parameters"] = f"{row['parameters_quantum'] or 0}/{row['parameters_classical']}"
    for metric in metrics:
        row |= interval_cell(_name(metric), mean_interval(ok[metric].to_numpy(dtype=float)))
    return row | agreement_cell(rows)


class _Others:
    """What a row is compared with: the rest of its run."""

    def __init__(self, frame: pd.DataFrame, metric: str | None, baseline: Baseline | None) -> None:
        self._trained = trained(frame)
        self._draws = frame[(frame["task"] == TASK_OF_DRAWS) & (frame["status"] == OK)]
        self._matched = self._trained[self._trained["method"].str.startswith("mlp_matched")]
        self._metric = metric
        self._baseline = baseline
        self._contributions = Contributions(self._trained, metric) if metric else None

    def compare(self, rows: pd.DataFrame, labels: Mapping[str, Any]) -> dict[str, Any]:
        """The differences and the gradient variance of one row of the table."""
        chosen = from_one_backend(rows)
        found = _gradient_variance(at(self._draws, self._place(chosen)), chosen["variant"].iloc[0])
        if self._metric is None or self._contributions is None:
            return found
        found |= self._contributions.cell(chosen, labels)
        method = str(chosen["method"].iloc[0])
        reference = None
        if self._baseline is not None:
            reference = self._baseline.rows(self._trained, method, labels)
        if reference is not None:
            found |= self._difference("difference", chosen, reference)
        matched = at(self._matched, labels)
        already = reference is not None and reference["method"].iloc[0] in set(matched["method"])
        if len(matched) and not already and chosen["method_kind"].iloc[0] == "model":
            found |= self._difference("matched_difference", chosen, matched)
        return found

    def _place(self, rows: pd.DataFrame) -> dict[str, Any]:
        columns = ["method", *(c for c in rows.columns if c.startswith(LABEL))]
        return {column: rows[column].iloc[0] for column in columns}

    def _difference(self, key: str, ok: pd.DataFrame, other: pd.DataFrame) -> dict[str, Any]:
        if set(ok["trial_id"]) == set(other["trial_id"]):
            return {key: 0.0, f"{key}_text": "same trials"}
        both = paired(ok, other, [str(self._metric)])
        values = both[self._metric], both[f"{self._metric}_other"]
        cell = interval_cell(key, paired_difference(*values), sign="+")
        if cell:
            deviation = float((values[0] - values[1]).std(ddof=1))
            cell |= {f"{key}_deviation": deviation, f"{key}_pairs": len(both)}
        return cell


def _gradient_variance(found: pd.DataFrame, variant: Hashable) -> dict[str, Any]:
    """That of the model, from the same backend where that one is ok."""
    same = found[found["variant"] == variant]
    found = same if len(same) else found
    if not len(found):
        return {}
    first = found.iloc[0]
    mean, low, high = (float(first[f"gradient_variance.{n}"]) for n in ("mean", "low", "high"))
    return significant_cell("gradient_variance", Interval(mean, low, high, len(found)))


def _without_frameworks_row(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows whose reasons the table of frameworks doesn't give."""
    elsewhere = (frame["backend"] == "baselines") | (frame["method_kind"] == CONTROL)
    return frame[(frame["task"] == TASK_OF_DRAWS) | elsewhere]


def _notes(
    table: Table, frame: pd.DataFrame, baseline: Baseline | None, searches: Searches
) -> Iterator[str]:
    seeds = frame["seed"].nunique()
    if seeds == 1:
        yield "one seed: no interval, and no difference that could be told from chance"
    else:
        yield f"mean over {seeds} seeds with its 95% t interval; differences are paired by seed"
    if baseline and any("difference" in row for row in table.rows):
        yield f"difference: against {baseline}"
    elif baseline:
        yield f"no difference: there is nothing to compare with the baseline {baseline}"
    if any(row.get("gradient_variance_text") for row in table.rows):
        yield (
            "gradient variance: of the first batch's loss, mean over the quantum weights, "
            "over draws of the initial weights that are no training seeds"
        )
    yield from mistaken_rule(frame)
    yield from sampled(frame)
    yield from mixed_precision(frame)
    yield from searches.lines(table.rows)
    if any(row.get("agreement_text") for row in table.rows):
        yield (
            "agreement: largest difference of outputs / gradients from the reference, over all "
            "backends and trials, at the first step and at the final weights"
        )
