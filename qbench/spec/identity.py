"""Which fields of a suite make a trial what it is.

Two trials with equal fields *inside* are the same trial; fields *outside* may
change without a new run. The plan hashes the inside part of what a trial uses.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from qbench.spec.config import SuiteConfig
from qbench.spec.layers import Concat
from qbench.spec.models import ModelConfig

Side = Literal["inside", "outside"]

_OUTSIDE = """
qbench name description seeds baseline train controls data.path
budget.trial budget.total budget.memory
models.*.base models.*.replace models.*.unused_outputs
trainer.distillation.match_heads
backends.label
trainer.checkpoint
speed.control
fit.x fit.per fit.models fit.start
published.where published.metric published.value published.n_test published.source
search.space search.sampler search.metric search.seeds
"""
"""Names, comparisons, limits, and what is resolved into other fields."""

_INSIDE = """
task fix
data.name data.target data.options data.classes data.order
data.split.train data.split.validation data.split.test
data.transform.name data.transform.range data.transform.n_components data.transform.size
circuits.*.n_qubits circuits.*.encoding circuits.*.ansatz circuits.*.blocks
circuits.*.reupload circuits.*.trainable_scale circuits.*.gates circuits.*.measure
models.*.layers.type models.*.layers.units models.*.layers.activation models.*.layers.bias
models.*.layers.p models.*.layers.channels models.*.layers.factor
models.*.layers.circuit models.*.layers.copies
models.*.layers.filters models.*.layers.kernel_size models.*.layers.strides
models.*.layers.padding models.*.layers.pool_size models.*.layers.span
models.*.layers.name models.*.layers.features models.*.layers.branches
models.*.layers.model models.*.layers.until models.*.layers.freeze
models.*.init.quantum.name models.*.init.quantum.range models.*.init.quantum.std
models.*.init.classical.name models.*.freeze
models.*.train_on models.*.data models.*.trainer models.*.ensemble
baselines.name baselines.inputs baselines.to
backends.name backends.version backends.options
execution.precision execution.shots execution.noise execution.threads execution.accelerator
execution.optimise
trainer.epochs trainer.max_steps trainer.batch_size trainer.shuffle
trainer.optimizer.name trainer.optimizer.learning_rate trainer.optimizer.momentum
trainer.optimizer.beta1 trainer.optimizer.beta2 trainer.optimizer.epsilon
trainer.optimizer.weight_decay
trainer.scheduler.name trainer.scheduler.step_size trainer.scheduler.gamma
trainer.scheduler.t_max trainer.scheduler.eta_min trainer.scheduler.factor
trainer.scheduler.patience trainer.scheduler.threshold trainer.scheduler.cooldown
trainer.scheduler.min_lr
trainer.mixed_precision
trainer.loss trainer.select trainer.early_stopping.metric trainer.early_stopping.patience
trainer.distillation.teacher trainer.distillation.temperature
trainer.distillation.ce_weight trainer.distillation.kl_weight
trainer.distillation.scale_t2 trainer.distillation.smoothing
record.metrics record.every record.target.metric record.target.value
record.gradient_variance.parameters record.gradient_variance.n_samples
record.gradient_variance.course
gradient.init.name gradient.init.range gradient.init.std
gradient.component gradient.n_samples.rse
gradient.n_samples.min gradient.n_samples.max
speed.measure speed.batch_size speed.processes speed.rounds speed.min_time
"""

_HOLDING_LAYERS = ((ModelConfig, "replace"), (Concat, "branches"))
"""Fields whose content is layers again."""

IDENTITY: dict[str, Side] = {
    **dict.fromkeys(_INSIDE.split(), "inside"),
    **dict.fromkeys(_OUTSIDE.split(), "outside"),
}
"""Every field of the language, dotted as in :func:`fields`, and on which side it is.

``seeds`` is outside because a trial has one seed of its own, which is inside; ``train`` and
``controls`` choose among trials, whose models are inside; ``data.path`` because the hash of
what lies there is inside;
the names of circuits and models are labels.
"""


def inside(config: SuiteConfig) -> dict[str, Any]:
    """The configuration as plain JSON, without the fields outside the identity."""
    value = config.model_dump(mode="json")
    for field in _OUTSIDE.split():
        _remove(value, field.split("."))
    for section in ("budget", "published", "search"):
        value.pop(section, None)
    return value


def _remove(node: Any, parts: list[str]) -> None:
    for item in node if isinstance(node, list) else [node]:
        if not isinstance(item, dict):
            continue
        if len(parts) == 1:
            item.pop(parts[0], None)
            continue
        for key in list(item) if parts[0] == "*" else [parts[0]]:
            _remove(item.get(key), parts[1:])


def fields() -> Iterator[str]:
    """Every field of the language, dotted; ``*`` stands for a name that the user gives."""
    yield from dict.fromkeys(_fields(SuiteConfig, ""))


def _fields(model: type[BaseModel], prefix: str) -> Iterator[str]:
    for name, info in model.model_fields.items():
        if (model, name) in _HOLDING_LAYERS:
            yield prefix + name
            continue
        inner = list(_models(info.annotation))
        for kind, path in inner:
            yield from _fields(kind, f"{prefix}{name}{path}.")
        if not inner:
            yield prefix + name


def _models(annotation: Any) -> Iterator[tuple[type[BaseModel], str]]:
    origin = get_origin(annotation)
    if isinstance(annotation, type) and origin is None and issubclass(annotation, BaseModel):
        yield annotation, ""
    elif origin is dict:
        for kind, path in _models(get_args(annotation)[1]):
            yield kind, f".*{path}"
    elif origin in (Union, UnionType, list) or hasattr(annotation, "__metadata__"):
        for part in get_args(annotation):
            yield from _models(part)
