"""From what a worker sends back to the row that is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qbench.data import Prepared
from qbench.plan import Trial, Work
from qbench.runner.agreement import disagreement, measure_agreement
from qbench.stats import classification_metrics, regression_metrics
from qbench.store import FAILED, OK, EpochRecord, Outcome
from qbench.worker.protocol import Arrays, prefixed

_OUTPUTS_OF_LOSS = {
    "cross_entropy": "logits",
    "binary_cross_entropy": "logits",
    "nll_probs": "probabilities",
    "mse": "scores",
    "hinge": "scores",
}
_NO_PROBABILITIES = ("svm_rbf",)


def output_kind(loss: str, estimator: str | None = None) -> str:
    """What stored outputs are, as :func:`qbench.stats.predictions` takes it.

    Parameters
    ----------
    loss : the loss of a training
    estimator : the name of a fitted scikit-learn estimator, which has no loss
    """
    if estimator is None:
        return _OUTPUTS_OF_LOSS[loss]
    return "scores" if estimator in _NO_PROBABILITIES else "probabilities"


def decision_threshold(loss: str) -> float | None:
    """Where a single output decides between two classes; None is the kind's own."""
    return 0.5 if loss == "mse" else None


def train_outcome(
    trial: Trial, prepared: Prepared, result: Mapping[str, Any], epochs: Sequence[EpochRecord]
) -> Outcome:
    """The row of a training; ``failed: disagrees`` if it left the reference's tolerance."""
    arrays: Arrays = result["arrays"]
    agreement = measure_agreement(trial, arrays)
    reason = disagreement(trial, agreement)
    timings = result["timings"]
    outputs = {"test": arrays["outputs_test"]}
    if "outputs_validation" in arrays:
        outputs["validation"] = arrays["outputs_validation"]
    return Outcome(
        status=FAILED if reason else OK,
        reason=reason,
        metrics={
            **_metrics(trial, prepared, outputs["test"], output_kind(trial.work.loss)),
            "selected_epoch": result["selected_epoch"],
            "epochs": result["epochs"],
            "steps": result["steps"],
            **_time_to_target(trial, epochs),
        },
        timings=summarize_timings(timings),
        memory=result["memory"],
        agreement=agreement,
        counts={
            **(trial.work.model.summary() if trial.work.model else {}),
            **_class_counts(prepared),
        },
        artifacts={
            "outputs": outputs,
            "steps": {"seconds": np.asarray(timings["step_s"], dtype=float)},
            "parameters": prefixed(arrays, "param."),
            **({"gradient_course": course} if (course := prefixed(arrays, "course.")) else {}),
        },
        provenance={"circuit_executions_per_step": result.get("circuit_executions_per_step")},
    )


def fit_outcome(trial: Trial, prepared: Prepared, result: Mapping[str, Any]) -> Outcome:
    """The row of a scikit-learn estimator."""
    arrays: Arrays = result["arrays"]
    kind = output_kind("", trial.work.fitted()["name"])
    return Outcome(
        status=OK,
        metrics={
            **_metrics(trial, prepared, arrays["outputs_test"], kind),
            **_of_validation(prepared, arrays.get("outputs_validation"), kind),
        },
        timings=result["timings"],
        memory=result["memory"],
        counts={
            "inputs": prepared.raw_train.shape[1]
            if trial.work.inputs == "raw"
            else prepared.x_train.shape[1],
            "parameters_classical": result["parameters"],
            **_class_counts(prepared),
        },
        artifacts={"outputs": {"test": arrays["outputs_test"]}},
    )


def ensemble_outcome(trial: Trial, prepared: Prepared, arrays: Arrays) -> Outcome:
    """The row of joined models, whose outputs were computed for them."""
    outputs = {part: arrays[f"outputs_{part}"] for part in ("test", "validation")
               if f"outputs_{part}" in arrays}  # fmt: skip
    models = [work.trained()[0] for work in _trained_members(trial.work)]
    members = [model.summary() for model in models]
    added, kind = ("parameters_quantum", "parameters_classical"), output_kind(trial.work.loss)
    return Outcome(
        status=OK,
        metrics={
            **_metrics(trial, prepared, outputs["test"], kind),
            **_of_validation(prepared, outputs.get("validation"), kind),
        },
        counts={
            **{key: max(each[key] for each in members) for key in members[0]},
            **{key: sum(each[key] for each in members) for key in added},
            **_class_counts(prepared),
        },
        artifacts={"outputs": outputs},
        provenance={"members": [needed.id for needed in trial.needs]},
    )


def _trained_members(work: Work) -> list[Work]:
    """The trainings that an ensemble joins, those of the ensembles among its members too."""
    return [leaf for member in work.members for leaf in _trained_members(member)] or [work]


def _of_validation(
    prepared: Prepared, outputs: NDArray[np.float64] | None, kind: str
) -> dict[str, float]:
    """What a search chooses by where no epochs tell; the loss is the trained models'."""
    y = prepared.y_validation
    if outputs is None or y is None:
        return {}
    if prepared.task == "regression":
        rmse = regression_metrics(outputs, y, (0.0, 1.0), names=["rmse"]).values["rmse"]
        return {"validation_loss": rmse**2}
    names = ["accuracy", *(["log_loss"] if kind != "scores" else [])]
    found = classification_metrics(outputs, y, prepared.n_classes, kind=kind, names=names).values
    renamed = {"accuracy": "validation_accuracy", "log_loss": "validation_loss"}
    return {renamed[name]: value for name, value in found.items()}


def _class_counts(prepared: Prepared) -> dict[str, int]:
    """Test rows of the largest and of the smallest class, the classes that it lacks apart."""
    if prepared.task != "classification" or prepared.y_test is None or not len(prepared.y_test):
        return {}
    _, counts = np.unique(prepared.y_test, return_counts=True)
    return {"test_largest_class": int(counts.max()), "test_smallest_class": int(counts.min())}


def _time_to_target(trial: Trial, epochs: Sequence[EpochRecord]) -> dict[str, float]:
    """Seconds of training until the target was first met; NaN if it never was."""
    target = trial.work.target
    if target is None:
        return {}
    elapsed, loss = 0.0, target["metric"].endswith("loss")
    for epoch in epochs:
        elapsed += epoch.seconds or 0.0
        value = getattr(epoch, target["metric"])
        if value is None:
            continue
        if value <= target["value"] if loss else value >= target["value"]:
            return {"target_s": elapsed}
    return {"target_s": float("nan")}


def summarize_timings(timings: Mapping[str, Any]) -> dict[str, Any]:
    """Medians and quartiles over warm steps; the first step is told apart.

    The first step of a program that is not yet compiled holds the framework's
    tracing; it counts as compilation, not as a step. A training that went on from a
    checkpoint has such a step in each of its processes.
    """
    steps = np.asarray(timings["step_s"], dtype=float)
    warm = np.delete(steps, timings["cold_steps"])
    warm = warm if len(warm) else steps
    low, median, high = np.percentile(warm * 1e3, [25, 50, 75])
    epochs = np.asarray(timings["epoch_s"], dtype=float)
    return {
        "compile_s": timings["compile_s"],
        "first_step_s": timings["first_step_s"],
        "step_ms": float(median),
        "step_ms_q1": float(low),
        "step_ms_q3": float(high),
        "epoch_s": float(np.median(epochs)) if len(epochs) else None,
        "evaluation_s": timings["evaluation_s"],
        "train_s": timings["train_s"],
        "cpu_s": timings["cpu_s"],
    }


def _metrics(
    trial: Trial, prepared: Prepared, outputs: NDArray[np.float64], kind: str
) -> dict[str, Any]:
    work = trial.work
    if prepared.y_test is None:
        return {}
    if prepared.task == "regression":
        scale = prepared.target_scale or (0.0, 1.0)
        found = regression_metrics(outputs, prepared.y_test, scale, names=work.metrics)
    else:
        found = classification_metrics(
            outputs,
            prepared.y_test,
            prepared.n_classes,
            kind=kind,
            threshold=decision_threshold(work.loss),
            names=work.metrics,
            unused_outputs=work.estimator is None,  # planning has told which may have some
        )
    undefined = {f"{name}_undefined": reason for name, reason in found.reasons.items()}
    return {**found.values, **undefined}
