"""How a run's frame is cut into the groups that tables show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from qbench.backend import TEXTBOOK_2X
from qbench.exceptions import UnknownNameError
from qbench.spec import selects
from qbench.spec.problems import unknown
from qbench.stats import HIGHER_IS_BETTER
from qbench.store import OK

LABEL = "labels."
"""Axes go by ``labels.AXIS`` in frames and rows: an axis may be called like a column."""

TASK_OF_DRAWS = "gradient_variance"
TASK_OF_DIAGNOSIS = "diagnose"
TASKS_OF_TRAINING = ("train", "fit", "ensemble")

KEYS = {
    "model": "method",
    "circuit": "method",
    "task": "task",
    "backend": "backend",
    "variant": "variant",
    "device": "device",
    "gradient": "diff_method",
    "tier": "tier",
    "precision": "precision",
    "optimise": "optimise",
    "accelerator": "accelerator",
    "shots": "shots",
    "dataset": "dataset",
    "seed": "seed",
}
"""What rows can be chosen and arranged by besides the suite's axes, and its column."""


EXPERT_NOTE = (
    "expert: gradient code of qbench's on the framework's execution, or a precision that it "
    "has no setting for"
)


def device_of(row: Any) -> Any:
    """What a row ran on, as tables say it: ``default.qubit``, ``default on cuda``."""
    return f"{row['device']} on cuda" if row.get("accelerator") == "cuda" else row["device"]


def trained(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of models and baselines that were trained, or were to be."""
    return frame[frame["task"].isin(TASKS_OF_TRAINING)]


def draws_of_models(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of gradient variances that stand beside a training of the same model."""
    drawn = frame[frame["task"] == TASK_OF_DRAWS]
    return drawn[drawn["method"].isin(set(trained(frame)["method"]))]


def draws_alone(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of gradient variances that were measured for their own sake."""
    drawn = frame[frame["task"] == TASK_OF_DRAWS]
    return drawn[~drawn["method"].isin(set(trained(frame)["method"]))]


def axes_of(frame: pd.DataFrame) -> list[str]:
    """The suite's axes that have more than one value in this run."""
    columns = [c for c in frame.columns if c.startswith(LABEL)]
    return [c.removeprefix(LABEL) for c in columns if frame[c].nunique(dropna=False) > 1]


def group_by_axes(
    frame: pd.DataFrame, axes: Sequence[str]
) -> Iterator[tuple[dict[str, Any], pd.DataFrame]]:
    """Each point of the grid, as ``labels.AXIS``, with its rows, in the order of the suite."""
    if not axes:
        yield {}, frame
        return
    columns = [LABEL + axis for axis in axes]
    for values, group in frame.groupby(columns, sort=False, dropna=False):
        yield dict(zip(columns, values, strict=True)), group


def at(frame: pd.DataFrame, where: Mapping[str, Any]) -> pd.DataFrame:
    """The rows that have these values in these columns."""
    for column, value in where.items():
        same = frame[column].isna() if pd.isna(value) else frame[column] == value
        frame = frame[same]
    return frame


def column_of(key: str, frame: pd.DataFrame, said: str) -> str:
    """The frame's column of an axis or of one of KEYS.

    Raises
    ------
    UnknownNameError
        Neither; suggests the nearest.
    """
    if LABEL + key in frame:
        return LABEL + key
    if key in KEYS:
        return KEYS[key]
    axes = [c.removeprefix(LABEL) for c in frame.columns if c.startswith(LABEL)]
    raise UnknownNameError(f"{said}: {unknown('key', key, [*axes, *KEYS])}")


def matching(frame: pd.DataFrame, patterns: Mapping[str, str]) -> pd.DataFrame:
    """The rows that fit every pattern (``variant='qiskit*'``).

    Raises
    ------
    UnknownNameError
        An unknown key, or nothing is left.
    """
    kept = frame
    for key, pattern in patterns.items():
        column = column_of(key, frame, f"--filter {key}={pattern}")
        fits = [selects({key: pattern}, {key: str(value)}) for value in kept[column]]
        kept = kept[fits]
        if kept.empty:
            there = ", ".join(dict.fromkeys(map(str, frame[column].dropna())))
            raise UnknownNameError(f"--filter {key}={pattern}: no row is left; there are {there}")
    return kept


def metric_column(frame: pd.DataFrame, wanted: str | None, *, times: bool = False) -> str | None:
    """The column of the wanted metric, or of the leading one; None where none is recorded.

    Parameters
    ----------
    times : whether times (``step_ms``) count as metrics too

    Raises
    ------
    UnknownNameError
        The wanted one is not recorded; suggests the nearest.
    """
    kinds = ("metrics.", "timings.") if times else ("metrics.",)
    numeric = frame.select_dtypes("number").columns
    recorded = {c.partition(".")[2]: c for kind in kinds for c in numeric if c.startswith(kind)}
    if wanted is None:
        leading = (f"metrics.{name}" for name in HIGHER_IS_BETTER)
        return next((column for column in leading if column in frame), None)
    if wanted not in recorded:
        message = unknown("metric", wanted, recorded)
        raise UnknownNameError(f"--metric: {message} (recorded: {', '.join(recorded)})")
    return recorded[wanted]


def from_one_backend(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of the first variant that is complete, else of the one with most ok.

    A variant with ``textbook-2x`` is trained differently: it stands for the others only where
    there are no others.
    """
    groups: list[pd.DataFrame] = [
        rows[rows["variant"] == variant] for variant in dict.fromkeys(rows["variant"])
    ]
    true = [group for group in groups if not (group["diff_method"] == TEXTBOOK_2X).any()]
    groups = true or groups
    complete = [g for g in groups if (g["status"] == OK).all()]
    return complete[0] if complete else max(groups, key=lambda g: int((g["status"] == OK).sum()))


def paired(first: pd.DataFrame, second: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """The seeds that are ok in both, with ``columns`` of the first and, ``_other``, of the second.

    Seeds where one of the values is missing are left out.
    """
    sides = [side[side["status"] == OK][["seed", *columns]] for side in (first, second)]
    return sides[0].merge(sides[1], on="seed", suffixes=("", "_other")).dropna()


def mistaken_rule(rows: pd.DataFrame) -> Iterator[str]:
    """What a reader must know of rows whose gradients are a published mistake."""
    if (rows["diff_method"] == TEXTBOOK_2X).any():
        yield (
            f"{TEXTBOOK_2X}: a published mistake, no gradient: f(t + pi/2) - f(t - pi/2) without "
            "the factor 1/2, twice the derivative; its agreement is with twice the reference's"
        )


def alike(rows: pd.DataFrame, columns: Sequence[str]) -> list[pd.DataFrame]:
    """The rows that share what these columns of an execution say, in the order of the suite.

    Refused rows, which have no execution to tell it, go with the first.
    """
    refused = (rows["status"] == "unsupported") & rows["diff_method"].isna()
    told = [rows[column] for column in columns]
    if not refused.all():
        told = [each.mask(refused, each[~refused].iloc[0]) for each in told]
    return [group for _, group in rows.groupby(told, dropna=False, sort=False)]


def row_name(row: Mapping[str, Any], axes: Sequence[str]) -> str:
    """How a line names a row of a table of models: the model, its axes and its shots."""
    there = [axis for axis in axes if not pd.isna(row[LABEL + axis])]
    shots = row.get("shots")
    said = [f"{axis}={row[LABEL + axis]}" for axis in there]
    return ", ".join([row["model"], *said, *([f"{shots} shots"] if shots else [])])


def sampled(rows: pd.DataFrame) -> Iterator[str]:
    """What a reader must know of rows whose values are estimates."""
    if rows["shots"].notna().any():
        yield (
            "shots: outputs and gradients are estimates from so many measurements of each circuit; "
            "they are held to the interval of that noise, so their largest difference is large"
        )


def mixed_precision(rows: pd.DataFrame) -> Iterator[str]:
    """What "mixed" means, where rows were trained so."""
    if (rows["precision"] == "mixed").any():
        yield (
            "mixed: steps with classical layers in bfloat16 (torch.autocast), circuits, parameters "
            "and evaluation in single precision; curves of backends don't coincide there"
        )


def reasons(rows: pd.DataFrame, by: str) -> Iterator[str]:
    """Why trials are not ok: ``NAME: 2 failed: reason``, one for each different reason."""
    bad = rows[(rows["status"] != OK) & rows["reason"].fillna("").ne("")]
    for (name, status, reason), group in bad.groupby([by, "status", "reason"], sort=False):
        yield f"{name}: {len(group)} {status}: {reason}"
