"""The classical baselines of a point: estimators that are fitted, and multilayer perceptrons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from qbench.plan.layers import mlp
from qbench.plan.methods.placing import classical_training, in_classical_environment
from qbench.plan.methods.resolved import ResolvedPoint
from qbench.plan.methods.trainings import Trainings
from qbench.plan.models import matched_hidden_units
from qbench.plan.settings import Setting
from qbench.plan.work import Work
from qbench.spec.problems import Path as KeyPath

MLP_HIDDEN = 32
"""Hidden units of the ``mlp`` baseline."""


def baseline_work(at: ResolvedPoint, trainings: Trainings, baseline: Any) -> Work:
    """A baseline on the suite's data, with the options that a search gives it."""
    data = at.suite.data
    n_features = data.n_features if baseline.inputs == "reduced" else data.n_raw
    options = at.point.options
    if baseline.name in ("mlp", "mlp_matched"):
        hidden = int(options.get("mlp", {}).get("hidden_units", MLP_HIDDEN))
        if baseline.name == "mlp_matched":
            place = ("baselines", at.config.baselines.index(baseline))
            hidden = matched_units(at, baseline.to, at.suite, n_features, place)
        trained = mlp_training(at, trainings, baseline.key, at.suite, n_features, hidden)
        return replace(trained, inputs=baseline.inputs)
    return Work(
        task="fit",
        method=baseline.key,
        method_kind="baseline",
        inputs=baseline.inputs,
        estimator={"name": baseline.name, "options": dict(options.get(baseline.name, {}))},
        data=at.suite.request,
        data_digest=data.digest,
        metrics=at.suite.metrics,
        **in_classical_environment(at),
    )


def mlp_training(
    at: ResolvedPoint,
    trainings: Trainings,
    method: str,
    setting: Setting,
    n_features: int,
    hidden: int,
) -> Work:
    """The training of an MLP, which learns from the setting's teacher like a model."""
    model = mlp(n_features, hidden, setting.n_outputs)
    fields: Mapping[str, Any] = {
        "method": method,
        "method_kind": "baseline",
        "model": model,
        "init": {"classical": {"name": "glorot_uniform"}},
        "teaching": trainings.teaching(setting, model),
        **setting.training,
        "loss": setting.loss_of_logits,
    }
    return classical_training(at, fields)


def matched_units(
    at: ResolvedPoint, to: str, setting: Setting, n_features: int, place: KeyPath
) -> int:
    """Hidden units of an MLP with at most as many parameters as a model.

    Raises
    ------
    SpecError
        At ``place``: the smallest MLP has more.
    """
    target = at.models[to]
    budget = target.count("quantum") + target.count("classical")
    hidden = matched_hidden_units(n_features, setting.n_outputs, budget)
    if hidden == 0:
        raise at.error(
            place,
            f"mlp_matched: '{to}' has {budget} parameters, "
            f"fewer than the smallest MLP on {n_features} inputs",
        )
    return hidden
