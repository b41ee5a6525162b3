"""Metrics of predictions, by scikit-learn, from what a method puts out."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qbench.exceptions import UnknownNameError

Floats = NDArray[np.float64]

CLASSIFICATION_METRICS = ("accuracy", "balanced_accuracy", "f1_macro", "roc_auc", "log_loss")
REGRESSION_METRICS = ("rmse", "mae", "r2")

HIGHER_IS_BETTER: Mapping[str, bool] = {
    "accuracy": True,
    "balanced_accuracy": True,
    "f1_macro": True,
    "roc_auc": True,
    "log_loss": False,
    "rmse": False,
    "mae": False,
    "r2": True,
}
"""Every metric. A table leads with the first of these that its run has recorded."""

OUTPUT_KINDS = ("logits", "probabilities", "scores")
"""logits: softmax, or a sigmoid of one column, gives probabilities; probabilities: as they are;
scores: an order of certainty and no probabilities (hinge, mean squared error, decision
functions), the sign deciding where there is one column."""

_SUM_TOLERANCE = 1e-4
"""Probabilities in single precision sum to 1 that closely."""


@dataclass(frozen=True)
class Metrics:
    """Values by name; NaN where a metric is undefined, with the reason beside it."""

    values: dict[str, float]
    reasons: dict[str, str]


class _UndefinedError(Exception):
    """This metric has no value for these predictions."""


def metric_names(task: str) -> tuple[str, ...]:
    """Metrics of ``classification`` or ``regression``: what ``metrics: auto`` means."""
    return CLASSIFICATION_METRICS if task == "classification" else REGRESSION_METRICS


def check_metric(name: str) -> None:
    """Raise UnknownNameError, with the nearest right name, if there is no such metric."""
    if name not in HIGHER_IS_BETTER:
        near = get_close_matches(name, HIGHER_IS_BETTER, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(HIGHER_IS_BETTER)}"
        raise UnknownNameError(f"no metric {name!r}; {hint}")


def classification_metrics(
    outputs: ArrayLike,
    labels: ArrayLike,
    n_classes: int,
    *,
    kind: str = "logits",
    threshold: float | None = None,
    names: Iterable[str] = CLASSIFICATION_METRICS,
    unused_outputs: bool = False,
) -> Metrics:
    """Metrics of a classifier.

    Parameters
    ----------
    outputs : array-like, shape (samples, columns) or (samples,)
        One column a class, or a single one for class 1 of two.
    labels : int array-like, shape (samples,)
        Class numbers from 0.
    kind : one of OUTPUT_KINDS
    threshold : float, optional
        Above which a single column means class 1; default 0 for logits and
        scores, 1/2 for probabilities. (Mean squared error on labels 0 and 1
        wants 1/2.)
    names : iterable of str
    unused_outputs : bool
        Whether there may be more columns than classes. To predict one of these is wrong, and
        the probability that they have is missing from the classes.

    Raises
    ------
    UnknownNameError
        There is no such metric.
    ValueError
        Shapes or the kind do not fit.
    """
    scores = _two_dimensional(outputs)
    y = np.asarray(labels).ravel().astype(np.int64)
    if kind not in OUTPUT_KINDS:
        raise ValueError(f"kind of outputs: {', '.join(OUTPUT_KINDS)}, not {kind!r}")
    if len(scores) != len(y):
        raise ValueError(f"{len(scores)} outputs for {len(y)} labels")
    columns = scores.shape[1]
    fits = columns == n_classes or (columns == 1 and n_classes == 2)
    if not fits and not (unused_outputs and columns > n_classes):
        raise ValueError(f"{scores.shape[1]} columns of outputs for {n_classes} classes")
    predicted = predictions(scores, kind=kind, threshold=threshold)
    shares = probabilities(scores, kind)

    def compute(name: str) -> float:
        if name == "roc_auc":
            return _roc_auc(y, scores, shares, n_classes)
        if name == "log_loss":
            return _log_loss(y, shares)
        return _LABELLED[name](y, predicted, n_classes)

    return _collect(names, CLASSIFICATION_METRICS, scores, y, compute)


def predictions(
    outputs: ArrayLike, *, kind: str = "logits", threshold: float | None = None
) -> NDArray[np.int64]:
    """Class numbers: the largest column, or a single column against the threshold."""
    scores = _two_dimensional(outputs)
    if scores.shape[1] > 1:
        return np.asarray(scores.argmax(axis=1), dtype=np.int64)
    if threshold is None:
        threshold = 0.5 if kind == "probabilities" else 0.0
    return np.asarray(scores[:, 0] > threshold, dtype=np.int64)


def regression_metrics(
    outputs: ArrayLike,
    targets: ArrayLike,
    target_scale: tuple[float, float] = (0.0, 1.0),
    *,
    names: Iterable[str] = REGRESSION_METRICS,
) -> Metrics:
    """Metrics of a regression, in original units.

    Parameters
    ----------
    outputs : array-like, shape (samples, 1) or (samples,)
        Standardised, as the method puts them out.
    targets : array-like, shape (samples,)
        Standardised likewise.
    target_scale : (mean, standard deviation)
        Of the training targets; turns both back.
    names : iterable of str

    Raises
    ------
    UnknownNameError
        There is no such metric.
    ValueError
        Shapes do not fit.
    """
    mean, spread = target_scale
    predicted = np.asarray(outputs, dtype=np.float64).ravel() * spread + mean
    actual = np.asarray(targets, dtype=np.float64).ravel() * spread + mean
    if predicted.shape != actual.shape:
        raise ValueError(f"{len(predicted)} outputs for {len(actual)} targets")
    return _collect(
        names,
        REGRESSION_METRICS,
        predicted,
        actual,
        lambda name: _REGRESSION[name](actual, predicted),
    )


def softmax(logits: Floats) -> Floats:
    """Probabilities of logits, shape (samples, classes), without overflow."""
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True))


def _collect(
    names: Iterable[str],
    offered: tuple[str, ...],
    outputs: Floats,
    truth: NDArray[Any],
    compute: Callable[[str], float],
) -> Metrics:
    values: dict[str, float] = {}
    reasons: dict[str, str] = {}
    for name in names:
        check_metric(name)
        try:
            if name not in offered:
                raise _UndefinedError("not a metric of this task")
            if len(truth) == 0:
                raise _UndefinedError("no samples")
            if not np.isfinite(outputs).all():
                raise _UndefinedError("outputs are not finite")
            values[name] = compute(name)
        except _UndefinedError as reason:
            values[name], reasons[name] = math.nan, str(reason)
    return Metrics(values, reasons)


def _two_dimensional(outputs: ArrayLike) -> Floats:
    scores = np.asarray(outputs, dtype=np.float64)
    if scores.ndim == 1:
        scores = scores[:, None]
    if scores.ndim != 2:
        raise ValueError(f"outputs are (samples, columns), not {scores.shape}")
    return scores


def probabilities(scores: Floats, kind: str) -> Floats | None:
    """Of outputs of some kind (OUTPUT_KINDS), shape (samples, classes); None for scores."""
    if kind == "scores" or len(scores) == 0:
        return None
    if kind == "logits":
        two = np.concatenate([np.zeros_like(scores), scores], axis=1)
        return softmax(two if scores.shape[1] == 1 else scores)
    return np.concatenate([1 - scores, scores], axis=1) if scores.shape[1] == 1 else scores


def _accuracy(y: NDArray[np.int64], predicted: NDArray[np.int64], _n: int) -> float:
    from sklearn.metrics import accuracy_score

    return float(accuracy_score(y, predicted))


def _balanced_accuracy(y: NDArray[np.int64], predicted: NDArray[np.int64], n: int) -> float:
    _needs_all_classes(y, n)
    from sklearn.metrics import recall_score

    return float(recall_score(y, predicted, labels=range(n), average="macro"))


def _f1_macro(y: NDArray[np.int64], predicted: NDArray[np.int64], n: int) -> float:
    from sklearn.metrics import f1_score

    _needs_all_classes(y, n)
    return float(f1_score(y, predicted, labels=range(n), average="macro", zero_division=0.0))


def _roc_auc(y: NDArray[np.int64], scores: Floats, probabilities: Floats | None, n: int) -> float:
    """Two classes: by the difference of their scores; more: mean of each against the rest."""
    from sklearn.metrics import roc_auc_score

    _needs_all_classes(y, n)
    if n == 2:
        column = scores[:, 0] if scores.shape[1] == 1 else scores[:, 1] - scores[:, 0]
        return float(roc_auc_score(y, column))
    certainty = scores if probabilities is None else probabilities
    each = [roc_auc_score(y == number, certainty[:, number]) for number in range(n)]
    return float(np.mean(each))


def _log_loss(y: NDArray[np.int64], probabilities: Floats | None) -> float:
    from sklearn.metrics import log_loss

    if probabilities is None:
        raise _UndefinedError("the outputs are no probabilities")
    sums = probabilities.sum(axis=1, keepdims=True)
    if probabilities.min() < 0 or np.abs(sums - 1).max() > _SUM_TOLERANCE:
        raise _UndefinedError("the outputs are no probabilities: they do not sum to 1")
    columns = probabilities.shape[1]
    return float(log_loss(y, probabilities / sums, labels=range(columns)))


def _needs_all_classes(y: NDArray[np.int64], n: int) -> None:
    missing = sorted(set(range(n)) - set(y.tolist()))
    if missing:
        raise _UndefinedError(f"no samples of class {', '.join(map(str, missing))}")


def _rmse(actual: Floats, predicted: Floats) -> float:
    from sklearn.metrics import mean_squared_error

    return math.sqrt(mean_squared_error(actual, predicted))


def _mae(actual: Floats, predicted: Floats) -> float:
    from sklearn.metrics import mean_absolute_error

    return float(mean_absolute_error(actual, predicted))


def _r2(actual: Floats, predicted: Floats) -> float:
    from sklearn.metrics import r2_score

    if len(actual) < 2 or np.ptp(actual) == 0:
        raise _UndefinedError("the targets do not vary")
    return float(r2_score(actual, predicted))


_LABELLED = {
    "accuracy": _accuracy,
    "balanced_accuracy": _balanced_accuracy,
    "f1_macro": _f1_macro,
}
_REGRESSION = {"rmse": _rmse, "mae": _mae, "r2": _r2}
