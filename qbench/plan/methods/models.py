"""The models of a point: trained on each backend, and the variance of their gradients."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from qbench.plan.drawing import component_indices, fixed_samples, gradient_request
from qbench.plan.methods.placing import classical_training, training_on
from qbench.plan.methods.resolved import ResolvedPoint
from qbench.plan.methods.trainings import Trainings
from qbench.plan.models import ResolvedModel
from qbench.plan.work import Work
from qbench.spec.backbones import backbone_of


def model_works(at: ResolvedPoint, trainings: Trainings, name: str) -> Iterator[Work]:
    """A model's training on each backend of the suite, then what is drawn to know its gradient."""
    if at.config.models[name].ensemble:
        yield trainings.of(name)
        return
    model = at.models[name]
    fields = trainings.fields(name, name, at.written[name], model)
    if not model.is_quantum:
        if at.config.task == "train":
            yield classical_training(at, fields)
        return
    works = [training_on(at, variant, model, fields) for variant in at.variants]
    if at.config.task == "train":
        yield from works
    gradient = _gradient_of(at, name, model)
    if gradient is not None:
        yield from (_of_random_weights(work, gradient) for work in works)


def _of_random_weights(work: Work, gradient: dict[str, Any]) -> Work:
    """The gradient of a training's first batch, at draws that replace its initial weights.

    How training goes on is no part of it.
    """
    return replace(
        work,
        task="gradient_variance",
        teaching=None,
        trainer={"batch_size": work.trainer["batch_size"]},
        gradient=gradient,
        gradient_course=False,
        backbone=None,
        metrics=(),
        target=None,
        freeze=(),
    )


def _gradient_of(at: ResolvedPoint, name: str, model: ResolvedModel) -> dict[str, Any] | None:
    """What is drawn for a model: as ``gradient`` says, or beside a training ``record``."""
    written, gradient = at.config.models[name], at.config.gradient
    own = written.init.quantum
    if at.config.task == "train":
        recorded = at.config.record.gradient_variance
        if recorded is None or backbone_of(written) is not None:
            return None
        samples = fixed_samples(recorded.n_samples)
        return {"init": own.model_dump(), "component": "all", "n_samples": samples}
    if backbone_of(written) is not None:
        message = "has a trained backbone: its gradient is not one of random weights"
        raise at.error(("models", name), message)
    rule = gradient.init if "init" in gradient.model_fields_set else own
    n_weights = model.count("quantum")
    beyond = [i for i in component_indices(gradient.component, n_weights) if i >= n_weights]
    if beyond:
        message = f"weight {beyond[0]}: model '{name}' has weights 0 to {n_weights - 1}"
        raise at.error(("gradient", "component"), message)
    return gradient_request(at.config, rule.model_dump())
