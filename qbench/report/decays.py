"""How the variance of a gradient falls along an axis: which rows are one curve, and its fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qbench.exceptions import UnknownNameError
from qbench.report.frames import LABEL, TASK_OF_DRAWS, axes_of, from_one_backend
from qbench.spec.problems import unknown
from qbench.stats import Decay, fit_decay
from qbench.store import OK

QUBITS = "counts.n_qubits"
VARIANCE = "gradient_variance.mean"

_METHOD = frozenset({"circuit", "model"})
"""What a suite's ``per`` may call the circuits themselves: they are never pooled."""


@dataclass(frozen=True)
class FitRule:
    """What a suite says about its fit; see ``fit`` in the suite language.

    Attributes
    ----------
    x : the axis along which the variance falls; None for the number of qubits
    per : axes that have a fit for each value; None for every axis but x
    models : the laws that are fitted
    start : the smallest x that counts; None for all
    """

    x: str | None = None
    per: tuple[str, ...] | None = None
    models: tuple[str, ...] = ("exponential", "power")
    start: float | None = None

    @classmethod
    def of_run(cls, machine: Mapping[str, Any]) -> FitRule:
        """As the run noted it; the default where it noted none."""
        said = machine.get("fit") or {}
        per = said.get("per")
        return cls(
            said.get("x"),
            None if per is None else tuple(per),
            tuple(said.get("models") or cls.models),
            said.get("start"),
        )


@dataclass(frozen=True)
class Curve:
    """The measured points of one circuit that one fit is made through.

    Attributes
    ----------
    place : values of ``labels.AXIS`` and ``method`` that its rows share
    rows : every row, of all backends and however it ended
    points : the rows that are ok of one backend, by rising ``x``
    decay : the fit; None with fewer than two points to fit
    unfit : x of each point that no fit can use, with the reason
    """

    place: Mapping[str, Any]
    rows: pd.DataFrame
    points: pd.DataFrame
    decay: Decay | None
    unfit: tuple[tuple[float, str], ...] = ()

    def name(self) -> str:
        """Circuit and axes: ``global, depth=n``."""
        axes = {k.removeprefix(LABEL): v for k, v in self.place.items() if k.startswith(LABEL)}
        said = [f"{axis}={value}" for axis, value in axes.items() if not pd.isna(value) and value]
        return ", ".join([str(self.place["method"]), *said])


@dataclass(frozen=True)
class Curves:
    """All curves of a run, and what they run along.

    Attributes
    ----------
    x : heading of what they run along: ``qubits``, or the axis
    unit : the word behind ``per`` in a slope: ``qubit``, or the axis
    axes : the axes that tell curves apart
    """

    x: str
    unit: str
    axes: tuple[str, ...]
    curves: tuple[Curve, ...]

    def __iter__(self) -> Iterator[Curve]:
        return iter(self.curves)


def curves_of(frame: pd.DataFrame, rule: FitRule) -> Curves:
    """The rows of gradient variances, a curve a circuit and point of the other axes.

    Axes that say what x says in other words (the number of qubits under the
    suite's own name) tell no curves apart. The points of a curve come from one
    backend, the first whose trials are complete.

    Parameters
    ----------
    frame : DataFrame
        ``Store.frame(run, each_path=True)``.

    Raises
    ------
    UnknownNameError
        ``rule.x`` is no axis of the run, or one whose labels are no numbers.
    """
    rows = frame[frame["task"] == TASK_OF_DRAWS]
    rows = rows.assign(x=_places(rows, rule.x))
    x, unit = _names(rows, rule.x)
    axes = [a for a in axes_of(rows) if a != rule.x and not says_x(rows, a)]
    if rule.per is not None:
        axes = [a for a in axes if a in rule.per]
    keys = [*(LABEL + axis for axis in axes), "method"]
    curves = [
        _curve(dict(zip(keys, values, strict=True)), group, rule, unit)
        for values, group in rows.groupby(keys, sort=False, dropna=False)
    ]
    return Curves(x, unit, tuple(axes), tuple(curves))


def _places(rows: pd.DataFrame, axis: str | None) -> pd.Series[float]:
    if axis is None:
        if QUBITS not in rows:
            return pd.Series(np.nan, index=rows.index)
        return rows[QUBITS].astype(float)
    axes = [c.removeprefix(LABEL) for c in rows.columns if c.startswith(LABEL)]
    if axis not in axes:
        raise UnknownNameError(f"fit.x: {unknown('axis', axis, axes)}")
    found = pd.to_numeric(rows[LABEL + axis], errors="coerce")
    wrong = rows.loc[found.isna(), LABEL + axis]
    if len(wrong):
        raise UnknownNameError(
            f"fit.x: the values of axis '{axis}' are no numbers: '{wrong.iloc[0]}'"
        )
    return found.astype(float)


def _names(rows: pd.DataFrame, axis: str | None) -> tuple[str, str]:
    if axis is None:
        return "qubits", "qubit"
    counted = rows[rows[QUBITS].notna()] if QUBITS in rows else rows.iloc[:0]
    same = len(counted) > 0 and bool((counted["x"] == counted[QUBITS].astype(float)).all())
    return ("qubits", "qubit") if same else (axis, axis)


def says_x(rows: pd.DataFrame, axis: str) -> bool:
    """Whether each value of an axis stands for one ``x`` and each ``x`` for one value."""
    column = LABEL + axis
    known = rows[rows["x"].notna()]
    if known["x"].nunique() < 2:
        return False
    forth = known.groupby(column, dropna=False)["x"].nunique()
    back = known.groupby("x")[column].nunique(dropna=False)
    return bool((forth == 1).all() and (back == 1).all())


def _curve(place: dict[str, Any], rows: pd.DataFrame, rule: FitRule, unit: str) -> Curve:
    chosen = from_one_backend(rows)
    points = chosen[(chosen["status"] == OK) & chosen["x"].notna()].sort_values("x", kind="stable")
    why = [_unfit(row) for _, row in points.iterrows()]
    usable = points[np.array([not reason for reason in why], dtype=bool)]
    decay = None
    if usable["x"].nunique() > 1:
        decay = fit_decay(
            usable["x"].to_numpy(dtype=float),
            usable[VARIANCE].to_numpy(dtype=float),
            usable["gradient_variance.log_se"].to_numpy(dtype=float),
            models=rule.models,
            start=rule.start,
            unit=unit,
            undersampled=flags(usable, "undersampled"),
        )
    unfit = [(x, reason) for x, reason in zip(points["x"], why, strict=True) if reason]
    return Curve(place, rows, points, decay, tuple(unfit))


def _unfit(row: pd.Series[Any]) -> str:
    """Why a logarithm of the variance cannot be fitted; empty where it can."""
    if not row[VARIANCE] > 0:
        return "exactly zero"
    if noted(row, "below_floor"):
        return "below what the precision resolves"
    error = row.get("gradient_variance.log_se")
    if error is None or not 0 < error < np.inf:
        return "without a standard error"
    return ""


def flags(rows: pd.DataFrame, name: str) -> NDArray[np.bool_]:
    """A yes or no of each row, no where it was not noted."""
    return np.array([noted(row, name) for _, row in rows.iterrows()], dtype=bool)


def noted(row: Mapping[str, Any] | pd.Series[Any], name: str) -> bool:
    """Whether a row noted ``undersampled`` or ``below_floor``."""
    value = row.get(f"gradient_variance.{name}")
    return value is not None and not pd.isna(value) and bool(value)
