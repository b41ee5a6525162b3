"""Fit one scikit-learn estimator and measure it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import scipy
import sklearn
from numpy.typing import NDArray
from sklearn import ensemble, linear_model, svm

from qbench.backend import Array
from qbench.exceptions import QbenchError
from qbench.worker.resources import MemoryMeter

KINDS: Mapping[str, Mapping[str, Any]] = {
    "logistic_regression": {
        "classification": linear_model.LogisticRegression,
        "regression": linear_model.Ridge,
    },
    "linear_regression": {"regression": linear_model.LinearRegression},
    "ridge": {"regression": linear_model.Ridge},
    "svm_rbf": {"classification": svm.SVC, "regression": svm.SVR},
    "random_forest": {
        "classification": ensemble.RandomForestClassifier,
        "regression": ensemble.RandomForestRegressor,
    },
    "gradient_boosting": {
        "classification": ensemble.GradientBoostingClassifier,
        "regression": ensemble.GradientBoostingRegressor,
    },
}
"""Classes by estimator and task; logistic regression's twin, penalised alike, is ridge."""

_DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "logistic_regression": {"max_iter": 1000},
    "svm_rbf": {"kernel": "rbf"},
}


def versions() -> Mapping[str, str]:
    """Versions of scikit-learn and of what it computes with."""
    return {
        "scikit-learn": sklearn.__version__,
        "scipy": scipy.__version__,
        "numpy": np.__version__,
    }


def make(name: str, task: str, options: Mapping[str, Any], seed: int, threads: int) -> Any:
    """An unfitted estimator with a fixed ``random_state``.

    Raises
    ------
    QbenchError
        An unknown estimator or option, or one that has no meaning for the task.
    """
    if name not in KINDS:
        raise QbenchError(f"no such estimator: {name!r}; known are {', '.join(KINDS)}")
    if task not in KINDS[name]:
        raise QbenchError(f"estimator {name} is not for {task}")
    try:
        estimator = KINDS[name][task]()
        known = estimator.get_params()
        defaults = {k: v for k, v in _DEFAULTS.get(name, {}).items() if k in known}
        fixed: dict[str, Any] = {"random_state": seed % 2**32} if "random_state" in known else {}
        if name == "random_forest":
            fixed["n_jobs"] = threads
        return estimator.set_params(**{**defaults, **fixed, **options})
    except ValueError as error:
        raise QbenchError(f"estimator {name}: {error}") from error


def fit(
    request: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], threads: int
) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Serve a ``fit`` request: its result's arrays and fields.

    ``outputs_*`` have a column a class (probabilities, or for the SVM its decision
    function), or one column of predictions for a regression.
    """
    asked, task, seed = request["estimator"], request["task"], int(request["seed"])
    estimator = make(asked["name"], task, asked.get("options", {}), seed, threads)
    meter = MemoryMeter()
    cpu, start = time.process_time(), time.perf_counter()
    x_train = arrays["x_train"]
    estimator.fit(x_train.reshape(len(x_train), -1), arrays["y_train"].reshape(-1))
    fitted = time.perf_counter()
    n_classes = int(request.get("n_classes") or 0)
    results = _predictions(estimator, task, n_classes, arrays["x_test"], "test")
    predicted, cpu_s = time.perf_counter(), time.process_time() - cpu
    if "x_validation" in arrays:
        results |= _predictions(estimator, task, n_classes, arrays["x_validation"], "validation")
    return results, {
        "parameters": _parameter_count(estimator),
        "timings": {"fit_s": fitted - start, "predict_s": predicted - fitted, "cpu_s": cpu_s},
        "memory": meter.result(),
    }


def _predictions(
    estimator: Any, task: str, n_classes: int, x: NDArray[Any], name: str
) -> dict[str, NDArray[Any]]:
    rows = x.reshape(len(x), -1)
    if task == "regression":
        predicted = np.asarray(estimator.predict(rows), dtype=float)
        return {f"outputs_{name}": predicted[:, None], f"predictions_{name}": predicted}
    scores = _scores(estimator, rows, n_classes)
    predicted = np.asarray(estimator.predict(rows), dtype=np.int64)
    return {f"outputs_{name}": scores, f"predictions_{name}": predicted}


def _scores(estimator: Any, rows: NDArray[Any], n_classes: int) -> Array:
    """A column for each of the task's classes, also those that the training part lacks."""
    if hasattr(estimator, "predict_proba"):
        found, absent = estimator.predict_proba(rows), 0.0
    else:
        found, absent = estimator.decision_function(rows), -np.inf
        if found.ndim == 1:
            found = np.stack([-found, found], axis=1)
    scores = np.full((len(rows), max(n_classes, int(max(estimator.classes_)) + 1)), absent)
    scores[:, estimator.classes_] = found
    return scores


def _parameter_count(estimator: Any) -> int | None:
    """Coefficients and intercepts of a linear model; None where a count has no meaning."""
    if not isinstance(
        estimator,
        (linear_model.LogisticRegression, linear_model.Ridge, linear_model.LinearRegression),
    ):
        return None
    return int(np.size(estimator.coef_) + np.size(estimator.intercept_))
