"""What plots are made of: the rows of a run, and which axis they are laid out by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

import numpy as np
import pandas as pd

from qbench.exceptions import PlotError, UnknownNameError
from qbench.report.decays import FitRule
from qbench.report.frames import axes_of, matching, metric_column
from qbench.report.published import Entry
from qbench.stats import check_metric, mean_interval
from qbench.store import OK, Store


@dataclass(frozen=True)
class Drawing:
    """The figures of a picture, before anyone decides how it looks.

    Attributes
    ----------
    points : one row a mark: ``panel``, ``series``, and ``x``, ``y`` with their intervals
        ``x_low``, ``x_high``, ``y_low``, ``y_high`` as far as the kind has them; ``hollow``
        where a mark is in doubt
    x_label, y_label : with units
    lines : what stands beside the marks: ``panel``, ``series``, ``kind`` (``fit``, ``theory``,
        ``floor`` or ``published``), ``x``, ``y``, and of what was published its interval
    said : what the legend says of a series behind its name
    notes : what the picture leaves out or how it is read, told beside it
    """

    points: pd.DataFrame
    x_label: str = ""
    y_label: str = ""
    notes: tuple[str, ...] = ()
    lines: pd.DataFrame = field(default_factory=pd.DataFrame)
    said: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Source:
    """A run, as plots read it.

    Attributes
    ----------
    frame : ``Store.frame(run, each_path=True)``
    epochs : ``Store.epochs_frame(run)``
    by : the axis that the user asked for
    metric : the metric that the user asked for
    rule : what the suite says about fits
    published : what others have found, as the suite tells it
    """

    store: Store
    run_id: str
    frame: pd.DataFrame
    epochs: pd.DataFrame
    by: str | None = None
    metric: str | None = None
    rule: FitRule = field(default_factory=FitRule)
    published: Sequence[Entry] = ()

    @staticmethod
    def open(
        store: Store,
        run_id: str,
        *,
        by: str | None = None,
        metric: str | None = None,
        where: Mapping[str, str] | None = None,
    ) -> Source:
        """The run's rows, checked against what the user asked for.

        Raises
        ------
        UnknownNameError
            ``by`` is no axis with several values, ``metric`` was not recorded, or
            the patterns of ``where`` select nothing.
        """
        frame = store.frame(run_id, each_path=True)
        labels = [c for c in frame.columns if c.startswith("labels.")]
        frame[labels] = frame[labels].fillna("")
        frame = matching(frame, where or {})
        (run,) = (run for run in store.runs() if run.id == run_id)
        rule = FitRule.of_run(run.machine)
        epochs, published = store.epochs_frame(run_id), run.machine.get("published", ())
        source = Source(store, run_id, frame, epochs, by, metric, rule, published)
        source._check_axis()
        if metric is not None:
            check_metric(metric)
            metric_column(frame, metric)
        return source

    @property
    def axes(self) -> list[str]:
        """The axes with several values."""
        return axes_of(self.frame)

    def _check_axis(self) -> None:
        if self.by is None or self.by in self.axes:
            return
        if not self.axes:
            raise UnknownNameError(f"--by {self.by}: the run has no axis of several values")
        near = get_close_matches(self.by, self.axes, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(self.axes)}"
        raise UnknownNameError(f"no axis {self.by!r} in the run; {hint}")

    def measured(self, kind: str) -> str:
        """The metric to show: the user's, else the leading one.

        Raises
        ------
        PlotError
            None was recorded.
        """
        column = metric_column(self.frame, self.metric)
        if column is None:
            raise PlotError(
                f"run {self.run_id} recorded no metric, so there is no {kind} to plot; "
                "give data.split a test part and record.metrics"
            )
        return column.removeprefix("metrics.")

    def main_axis(self) -> str | None:
        """The axis along which values are laid out: the user's, else the first of numbers."""
        numeric = [a for a in self.axes if is_numeric(self.frame[f"labels.{a}"].unique())]
        return self.by or next(iter([*numeric, *self.axes]), None)

    def ok(self, *tasks: str) -> pd.DataFrame:
        """The rows of these tasks that ended well."""
        return self.frame[self.frame["task"].isin(tasks) & (self.frame["status"] == OK)]

    def groups(
        self, rows: pd.DataFrame, *columns: str
    ) -> Iterator[tuple[dict[str, str], pd.DataFrame]]:
        """Rows of one point of the grid and equal ``columns``, in the order of the run.

        The mapping has the columns and, under their own names, the axes.
        """
        keys = [f"labels.{axis}" for axis in self.axes] + list(columns)
        if not keys:
            yield {}, rows
            return
        for values, group in rows.groupby(keys, sort=False):
            names = (key.removeprefix("labels.") for key in keys)
            yield dict(zip(names, map(str, values), strict=True)), group

    def panel(self, found: dict[str, str], axis: str | None) -> str:
        """The title of a panel: the axes that are not laid out inside it."""
        return ", ".join(f"{a} = {found[a]}" for a in self.axes if a != axis)

    def refuse_many(self, panels: int, kind: str, most: int) -> None:
        """Keep a picture to what can be read.

        Raises
        ------
        PlotError
            More than ``most`` panels; names filters that leave fewer.
        """
        if panels <= most:
            return
        chosen = " ".join(
            f"--filter {axis}={self.frame[f'labels.{axis}'].iloc[0]}" for axis in self.axes
        )
        raise PlotError(
            f"{kind} would have {panels} panels, more than can be read; "
            f"choose some of them: {chosen or '--filter model=NAME'}"
        )


def is_numeric(values: Sequence[str] | np.ndarray) -> bool:
    """Whether all labels of an axis are finite numbers."""
    try:
        return bool(np.isfinite([float(value) for value in values]).all())
    except ValueError:
        return False


def mean_of(values: pd.Series, name: str) -> dict[str, float]:
    """Mean with its 95% t interval over seeds, as ``name``, ``name_low`` and ``name_high``."""
    interval = mean_interval(values.dropna().to_numpy(dtype=float))
    return {name: interval.estimate, f"{name}_low": interval.low, f"{name}_high": interval.high}


def median_of(values: pd.Series, name: str) -> dict[str, float]:
    """Median with quartiles, named likewise."""
    low, middle, high = np.percentile(values.dropna().to_numpy(dtype=float), [25, 50, 75])
    return {name: float(middle), f"{name}_low": float(low), f"{name}_high": float(high)}
