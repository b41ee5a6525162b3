"""``gradient`` and ``fit``: what is drawn to measure trainability, and what is fitted to it."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, PlainValidator, model_validator

from qbench.spec.base import SpecModel, refusal
from qbench.spec.models import QuantumInit, Uniform
from qbench.spec.problems import describe, unknown

COMPONENTS = ("all", "first", "middle", "last")
"""Components by name; others go by their index."""

MOST_SAMPLES = 10_000_000


def _component(value: Any) -> Any:
    if isinstance(value, str):
        if value not in COMPONENTS:
            raise refusal(unknown("component", value, COMPONENTS))
        return value
    indices = value if isinstance(value, list) else [value]
    if not indices or not all(type(index) is int and index >= 0 for index in indices):
        raise refusal(
            f"must be {', '.join(COMPONENTS)}, the index of a weight or a list of them, "
            f"not {describe(value)}"
        )
    if len(set(indices)) < len(indices):
        raise refusal("names a weight twice")
    return value


Samples = Annotated[int, Field(ge=2, le=MOST_SAMPLES)]


class UntilPrecise(SpecModel):
    """Samples are drawn until the variance has a relative standard error."""

    rse: Annotated[float, Field(gt=0, lt=1)]
    """Relative standard error of the variance that is aimed at."""
    min: Samples = 200
    """Samples that are drawn at least."""
    max: Samples = 20_000
    """Samples that are drawn at most."""

    @model_validator(mode="after")
    def _in_order(self) -> UntilPrecise:
        if self.min > self.max:
            raise refusal(f"min is {self.min}, more than max, {self.max}")
        return self


def _n_samples(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        if value == 1:
            raise refusal("must be at least 2, not 1: one sample has no variance")
        return value
    if isinstance(value, dict | UntilPrecise):
        return UntilPrecise.model_validate(value)
    raise refusal(f"must be a number of samples or {{rse: 0.05}}, not {describe(value)}")


class GradientConfig(SpecModel):
    """What ``task: gradient_variance`` draws, and of which weights it takes the gradient."""

    init: QuantumInit = Uniform()
    """The distribution of the weights: uniform, normal, small_angle, block_identity or zeros."""
    component: Annotated[int | str | list[int], PlainValidator(_component)] = "all"
    """all, first, middle, last, the index of a weight, or a list of indices."""
    n_samples: Annotated[Samples | UntilPrecise, BeforeValidator(_n_samples)] = 200
    """A number, or ``{rse, min, max}``: until the variance is that precise."""


def _number_or_none(value: Any) -> Any:
    return None if value == "none" else value


DecayName = Literal["exponential", "power"]


class FitConfig(SpecModel):
    """What is fitted to the logarithm of the variance."""

    x: str | None = None
    """The axis along which it falls; left out, the number of qubits."""
    per: list[str] | None = None
    """Axes that have a fit for each value; left out, every other axis."""
    models: Annotated[list[DecayName], Field(min_length=1)] = Field(
        default_factory=lambda: list(get_args(DecayName))
    )
    """exponential (a - b x), power (a - b ln x)."""
    start: Annotated[float | None, BeforeValidator(_number_or_none)] = None
    """The smallest x that counts; none: every x."""
