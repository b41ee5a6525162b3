"""A trial's model at work: its selected weights on samples that it has not seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qbench.backend import Execution
from qbench.circuit import Circuit
from qbench.data import DataRequest, Prepared, prepare
from qbench.data.unseen import read_features
from qbench.exceptions import DataError, QbenchError, Unsupported
from qbench.plan import ENSEMBLE
from qbench.plan.dataset import summarize
from qbench.registry import BackendInfo, find
from qbench.runner.outcome import decision_threshold, output_kind
from qbench.runner.pool import WorkerPool
from qbench.spec import parse_backend
from qbench.stats import predictions
from qbench.stats.metrics import probabilities
from qbench.store import AttemptInfo, Store

NO_CLASS = "none"
"""What the outputs beyond the classes (``unused_outputs``) say together."""


@dataclass(frozen=True)
class Prediction:
    """What a trial's model says of each sample.

    Attributes
    ----------
    trial : the attempt whose weights were used
    backend : where the model ran
    frame : one row a sample, in the order of the data: ``label`` and a column
        ``probability.LABEL`` or ``score.LABEL`` a class (``score`` where one number decides;
        ``none`` for the outputs that stand for no class),
        or ``value`` in the units of the target
    """

    trial: AttemptInfo
    backend: str
    frame: pd.DataFrame


def predict(
    store: Store, trial: str, data: str, pool: WorkerPool, backend: str | None = None
) -> Prediction:
    """Run a trained model on other samples.

    The transforms are fitted again on the trial's own training rows, which follow from its
    request and seed.

    Parameters
    ----------
    trial : str
        An id or its beginning, or a model's name for the latest of its trials.
    data : str
        See :func:`qbench.data.unseen.read_features`.
    backend : str, optional
        As in a suite; default the trial's own.

    Raises
    ------
    UnknownNameError
        No such trial or backend.
    QbenchError
        The trial has no weights, its data set has changed, or the data doesn't fit.
    """
    info = store.finished_attempt(trial)
    canonical = store.trial(info.trial_id)
    if canonical["task"] == ENSEMBLE:
        raise QbenchError(f"trial {_named(info)} is an ensemble: predict with its members instead")
    if canonical["task"] != "train":
        raise QbenchError(f"trial {_named(info)} keeps no weights: its task is {canonical['task']}")
    if "parameters" not in store.artifact_names(info.attempt_id):
        raise QbenchError(f"trial {_named(info)} has no weights in {store.where}")
    weights = store.artifact(info.attempt_id, "parameters")
    request = DataRequest.from_json(canonical["data"])
    prepared = _prepared(info, canonical, request)
    x = read_features(data, prepared.feature_names, request)
    if canonical["data"]["inputs"] != "raw":
        x = prepared.transform(x)
    runs, version, execution = _execution(canonical, backend)
    worker = pool.worker(
        runs, version, threads=execution.threads, accelerator=execution.accelerator
    )
    outputs = worker.predict(
        model={"layers": canonical["layers"]},
        execution=execution,
        arrays={"x": x, **{f"param.{name}": array for name, array in weights.items()}},
    )
    return Prediction(info, worker.title, _frame(outputs, prepared, canonical["loss"]))


def _named(info: AttemptInfo) -> str:
    return f"{info.trial_id[:12]} ({info.method} on {info.variant}, seed {info.seed})"


def _prepared(info: AttemptInfo, canonical: Mapping[str, Any], request: DataRequest) -> Prepared:
    if summarize(request).digest != canonical["data"]["digest"]:
        raise DataError(
            f"the data of trial {_named(info)} has changed since it was trained, so its "
            "transforms can't be fitted again; run the suite again"
        )
    return prepare(request, canonical["streams"]["split"])


def _execution(
    canonical: Mapping[str, Any], backend: str | None
) -> tuple[BackendInfo, str | None, Execution]:
    """Where the model runs; raises Unsupported where it can't."""
    own = Execution.from_json(canonical["execution"])
    if backend is None:
        return find(canonical["backend"]["name"]), canonical["backend"]["version"], own
    choice = parse_backend(backend)
    info = find(choice.name)
    execution = info.capabilities.resolve(**{"precision": own.precision, **choice.options})
    for layer in canonical["layers"]:
        refusal = "circuit" in layer and info.capabilities.refusal(
            Circuit.from_json(layer["circuit"])
        )
        if refusal:
            raise Unsupported(f"{choice.key}: {refusal}")
    return info, choice.version, execution


def _frame(outputs: NDArray[np.float64], prepared: Prepared, loss: str) -> pd.DataFrame:
    if prepared.target_scale is not None:
        mean, spread = prepared.target_scale
        return pd.DataFrame({"value": outputs[:, 0] * spread + mean})
    kind = output_kind(loss)
    n_outputs = outputs.shape[1]
    labels = [str(label) for label in prepared.class_labels]
    labels += [NO_CLASS] * (n_outputs - len(labels))
    numbers = predictions(outputs, kind=kind, threshold=decision_threshold(loss))
    columns = {"label": [labels[number] for number in numbers]}
    shares = probabilities(outputs, kind)
    found, word = (outputs, "score") if shares is None else (shares, "probability")
    if found.shape[1] == 1:
        return pd.DataFrame({**columns, word: found[:, 0]})
    unused = found[:, prepared.n_classes :]
    named = {f"{word}.{label}": found[:, n] for n, label in enumerate(prepared.class_labels)}
    if unused.size:
        rest = unused.sum(axis=1) if shares is not None else unused.max(axis=1)
        named[f"{word}.{NO_CLASS}"] = rest
    return pd.DataFrame({**columns, **named})
