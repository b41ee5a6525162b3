"""``trainer`` and ``record``: how models are trained and what is kept of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, PlainValidator, model_validator

from qbench.spec.base import (
    Count,
    Positive,
    SpecModel,
    named_model,
    refusal,
    refusals,
)
from qbench.spec.problems import Problem, describe, unknown

Fraction = Annotated[float, Field(ge=0, lt=1)]


class Sgd(SpecModel):
    """Stochastic gradient descent, torch's formula."""

    name: Literal["sgd"] = "sgd"
    learning_rate: Positive = 1e-3
    momentum: Fraction = 0.0


class Adam(SpecModel):
    """Adam (Kingma and Ba 2015), torch's formula."""

    name: Literal["adam"] = "adam"
    learning_rate: Positive = 1e-3
    beta1: Fraction = 0.9
    beta2: Fraction = 0.999
    epsilon: Positive = 1e-8


class AdamW(SpecModel):
    """Adam with decoupled weight decay (Loshchilov and Hutter 2019), torch's formula."""

    name: Literal["adamw"] = "adamw"
    learning_rate: Positive = 1e-3
    beta1: Fraction = 0.9
    beta2: Fraction = 0.999
    epsilon: Positive = 1e-8
    weight_decay: Annotated[float, Field(ge=0)] = 0.01


class Step(SpecModel):
    """The learning rate times ``gamma`` every ``step_size`` epochs."""

    name: Literal["step"] = "step"
    step_size: Count
    gamma: Positive = 0.1


class Cosine(SpecModel):
    """The learning rate along half a cosine down to ``eta_min``."""

    name: Literal["cosine"] = "cosine"
    t_max: Count | None = None
    """Epochs of the half wave; None: as many as are trained."""
    eta_min: Annotated[float, Field(ge=0)] = 0.0


class Plateau(SpecModel):
    """The learning rate times ``factor`` when the validation loss stops falling."""

    name: Literal["plateau"] = "plateau"
    factor: Annotated[float, Field(gt=0, lt=1)] = 0.1
    patience: Annotated[int, Field(ge=0)] = 10
    threshold: Annotated[float, Field(ge=0)] = 1e-4
    cooldown: Annotated[int, Field(ge=0)] = 0
    min_lr: Annotated[float, Field(ge=0)] = 0.0


OPTIMIZERS: dict[str, type[SpecModel]] = {"sgd": Sgd, "adam": Adam, "adamw": AdamW}
SCHEDULERS: dict[str, type[SpecModel]] = {"step": Step, "cosine": Cosine, "plateau": Plateau}


def _optimizer(value: Any) -> Any:
    optimizer = named_model(value, "optimizer", OPTIMIZERS, default="adam")
    if optimizer is None:
        raise refusal("training needs an optimizer: sgd, adam or adamw")
    return optimizer


def _scheduler(value: Any) -> Any:
    return named_model(value, "scheduler", SCHEDULERS)


def _none(value: Any) -> Any:
    return None if value in ("none", "off") else value


MonitorName = Literal["validation_loss", "validation_accuracy", "train_loss"]


class EarlyStopping(SpecModel):
    """Training ends after ``patience`` epochs without a better value."""

    metric: MonitorName = "validation_loss"
    patience: Count


LABEL_SMOOTHING = "label_smoothing"
"""The teacher that knows nothing but the labels."""


class DistillationConfig(SpecModel):
    """A student learns from a teacher's outputs as well as from labels."""

    teacher: str | None = None
    """A model, or label_smoothing; none: without a teacher."""
    temperature: Positive = 3.0
    """Divides the outputs of both before their softmax."""
    ce_weight: Annotated[float, Field(ge=0)] = 1.0
    """Weight of the cross entropy with the labels."""
    kl_weight: Annotated[float, Field(ge=0)] = 0.9
    """Weight of the divergence from the teacher."""
    scale_t2: bool = True
    """Whether the divergence is multiplied by the temperature's square."""
    smoothing: Annotated[float, Field(gt=0, lt=1)] = 0.1
    """What teacher: label_smoothing spreads evenly over the classes."""
    match_heads: bool = True
    """Whether the teacher's outputs must be the student's, and rows be compared at one head."""


class TrainerConfig(SpecModel):
    """How every model is trained."""

    hints: ClassVar[Mapping[str, str]] = {
        "learning_rate": "it belongs to the optimizer: {optimizer: {learning_rate: ...}}",
        "lr": "did you mean 'optimizer: {learning_rate: ...}'?",
        "threads": "it belongs to `execution`",
    }

    epochs: Count | None = None
    """10 unless ``max_steps`` is given."""
    max_steps: Count | None = None
    """Batches to train on, in place of ``epochs``."""
    batch_size: Count = 32
    """Rows of a batch."""
    shuffle: bool = True
    """Whether each epoch draws a new order of the rows."""
    optimizer: Annotated[Sgd | Adam | AdamW, BeforeValidator(_optimizer)] = Adam()
    """sgd, adam or adamw, with torch's formulas."""
    scheduler: Annotated[Step | Cosine | Plateau | None, BeforeValidator(_scheduler)] = None
    """How the learning rate changes: step, cosine, plateau or none."""
    loss: Literal["auto", "cross_entropy", "binary_cross_entropy", "nll_probs", "mse", "hinge"] = (
        "auto"
    )
    """auto: cross_entropy for classes, mse for values; nll_probs is minus the label's output."""
    select: Literal["best_validation", "last", "best_test"] = "best_validation"
    """Which epoch's weights are tested."""
    early_stopping: Annotated[EarlyStopping | None, BeforeValidator(_none)] = None
    """``{metric, patience}``, or none."""
    mixed_precision: bool = False
    """Whether training steps run classical layers in bfloat16; single precision, torch host."""
    distillation: Annotated[DistillationConfig | None, BeforeValidator(_none)] = None
    """What a model learns from a teacher; null: nothing."""
    checkpoint: bool = True
    """Whether a training that is broken off goes on later; its results are the same."""

    @model_validator(mode="before")
    @classmethod
    def _one_length(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        epochs, max_steps = value.get("epochs"), value.get("max_steps")
        if epochs is not None and max_steps is not None:
            raise refusal("give `epochs` or `max_steps`, not both (null takes one away)")
        default = {} if epochs is not None or max_steps is not None else {"epochs": 10}
        return {**value, **default}


class Target(SpecModel):
    """The value of a metric whose first epoch counts as reached (time to target)."""

    metric: MonitorName
    value: float


class GradientVariance(SpecModel):
    """Variance of the loss gradient over ``n_samples`` draws of the initial weights."""

    parameters: Literal["quantum"] = "quantum"
    n_samples: Annotated[int, Field(ge=2)] = 200
    course: bool = False
    """Whether the gradient is kept after every epoch too, for its variance over the seeds."""


CLASSIFICATION_METRICS = ("accuracy", "balanced_accuracy", "f1_macro", "roc_auc", "log_loss")
REGRESSION_METRICS = ("rmse", "mae", "r2")


def _metrics(value: Any) -> Any:
    if value == "auto":
        return value
    if not isinstance(value, list) or not value:
        raise refusal(f"must be auto or a list of metrics, not {describe(value)}")
    known = (*CLASSIFICATION_METRICS, *REGRESSION_METRICS)
    wrong = [
        Problem((position,), unknown("metric", str(name), known))
        for position, name in enumerate(value)
        if name not in known
    ]
    if wrong:
        raise refusals(*wrong)
    return list(dict.fromkeys(value))


class RecordConfig(SpecModel):
    """What is kept of every trial."""

    metrics: Annotated[Literal["auto"] | list[str], PlainValidator(_metrics)] = "auto"
    """auto, or a list. Tables lead with accuracy or rmse where it is among them."""
    every: Literal["epoch"] = "epoch"
    """How often the training curve is kept."""
    target: Target | None = None
    """``{metric, value}``: gives the time to target."""
    gradient_variance: Annotated[GradientVariance | None, BeforeValidator(_none)] = (
        GradientVariance()
    )
    """None if it is ``off``."""
