"""The suite as a whole: every key of the language's foundation."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainValidator

from qbench.spec.backends import BackendChoice, Choice, ExecutionConfig
from qbench.spec.base import Name, SpecModel, item_model, refusal
from qbench.spec.circuits import CircuitConfig
from qbench.spec.controls import Control
from qbench.spec.dataset import DataConfig, data_slot
from qbench.spec.gradient import FitConfig, GradientConfig
from qbench.spec.models import ModelConfig
from qbench.spec.problems import describe, label_of, nearest
from qbench.spec.published import Published
from qbench.spec.search import SearchConfig
from qbench.spec.speed import SpeedConfig
from qbench.spec.training import RecordConfig, TrainerConfig

LANGUAGE_VERSION = 1

MOST_SEEDS = 10_000

_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86400}
_BYTES = {"KB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}


def _amount(value: Any, units: dict[str, int], example: str) -> float | None:
    if value is None or value == "none":
        return None
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]+)", str(value))
    if match is None or match[2] not in units or float(match[1]) == 0:
        known = ", ".join(units)
        raise refusal(
            f"must be an amount such as {example} ({known}), or none, not {describe(value)}"
        )
    return float(match[1]) * units[match[2]]


def _duration(value: Any) -> float | None:
    return _amount(value, _SECONDS, "15min")


def _size(value: Any) -> int | None:
    amount = _amount(value, _BYTES, "4GB")
    return None if amount is None else int(amount)


class Budget(SpecModel):
    """Limits of a run: seconds for a trial and in total, bytes of memory."""

    trial: Annotated[float | None, PlainValidator(_duration)] = None
    """Wall-clock limit of a trial, such as 15min."""
    total: Annotated[float | None, PlainValidator(_duration)] = None
    """Limit of the whole run, such as 2h."""
    memory: Annotated[int | None, PlainValidator(_size)] = None
    """Memory of a trial, such as 4GB."""


class BaselineConfig(SpecModel):
    """A classical method that trains on the same rows."""

    name: Literal["logistic_regression", "svm_rbf", "random_forest", "gradient_boosting", "mlp"]
    inputs: Literal["reduced", "raw"] = "reduced"
    """Features after ``data.transform``, or before it."""

    @property
    def to(self) -> str | None:
        """The model whose size it matches; None for all but ``mlp_matched``."""
        return None

    @property
    def key(self) -> str:
        """``svm_rbf`` or ``svm_rbf[inputs=raw]``."""
        return self.name if self.inputs == "reduced" else f"{self.name}[inputs=raw]"


class MatchedMlp(SpecModel):
    """A perceptron with as many parameters as a model."""

    name: Literal["mlp_matched"] = "mlp_matched"
    inputs: Literal["reduced", "raw"] = "reduced"
    to: str | None = None
    """A model's name; once the suite is loaded never None."""

    def matched_to(self, model: str | None) -> MatchedMlp:
        """The same with ``to`` where it was not said, which leaves the key as it is."""
        if self.to is not None:
            return self
        return MatchedMlp.model_construct(
            {*self.model_fields_set}, name=self.name, inputs=self.inputs, to=model
        )

    @property
    def key(self) -> str:
        """``mlp_matched``, ``mlp_matched[to=hybrid]`` where it was said, ``[inputs=raw]``."""
        options = [f"to={self.to}"] * ("to" in self.model_fields_set)
        options += ["inputs=raw"] * (self.inputs == "raw")
        return self.name + (f"[{','.join(options)}]" if options else "")


BASELINES: dict[str, tuple[type[SpecModel], str | None]] = {
    "logistic_regression": (BaselineConfig, None),
    "svm_rbf": (BaselineConfig, None),
    "random_forest": (BaselineConfig, None),
    "gradient_boosting": (BaselineConfig, None),
    "mlp": (BaselineConfig, None),
    "mlp_matched": (MatchedMlp, "to"),
}


def _baseline(value: Any) -> Any:
    return item_model(value, "baseline", BASELINES)


def _version(value: Any) -> int:
    if type(value) is int and value > LANGUAGE_VERSION:
        raise refusal(
            f"language version {value} needs a newer qbench; this one reads {LANGUAGE_VERSION}"
        )
    if type(value) is not int or value != LANGUAGE_VERSION:
        raise refusal(
            f"must be {LANGUAGE_VERSION}, the version of the language, not {describe(value)}"
        )
    return value


def _slug(value: Any) -> Any:
    if isinstance(value, str) and not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", value):
        slug = re.sub(r"[^a-z0-9_-]+", "_", value.lower()).strip("_-")
        hint = f"; did you mean '{slug}'?" if slug else ""
        raise refusal(f"'{value}' is no name: lower-case letters, digits, _ and -{hint}")
    return value


def _seeds(value: Any) -> Any:
    if type(value) is int:
        if not 1 <= value <= MOST_SEEDS:
            raise refusal(f"must be from 1 to {MOST_SEEDS}, not {value}")
        return list(range(value))
    if not isinstance(value, list | tuple) or not value:
        raise refusal(f"must be a count or a list of whole numbers, not {describe(value)}")
    if not all(type(seed) is int and 0 <= seed < 2**32 for seed in value):
        raise refusal("seeds are whole numbers from 0 to 2**32 - 1")
    if len(set(value)) < len(value) or len(value) > MOST_SEEDS:
        raise refusal("holds a seed twice" if len(value) <= MOST_SEEDS else "holds too many seeds")
    return list(value)


def _reference(value: Any) -> str | dict[str, str] | None:
    if isinstance(value, dict) and value:
        return {axis: label_of(label) for axis, label in value.items()}
    if value is None or isinstance(value, str):
        return value
    raise refusal(
        f"must be the name of a model or baseline, or {{axis: value}}, not {describe(value)}"
    )


class SuiteConfig(SpecModel):
    """A suite at one point of its matrix, every default and expression resolved."""

    qbench: Annotated[int, PlainValidator(_version)]
    """Version of the language."""
    name: Annotated[str, BeforeValidator(_slug)]
    """What runs and tables call the suite."""
    description: str = ""
    """Not part of a trial's identity."""
    task: Literal["train", "gradient_variance", "diagnose", "speed"] = "train"
    """What is measured."""
    seeds: Annotated[list[int], PlainValidator(_seeds)] = Field(
        default_factory=lambda: list(range(10))
    )
    """A count or a list; one seed drives split, initial weights, batches and dropout."""
    fix: list[Literal["split", "init", "batches"]] = Field(default_factory=list)
    """Streams that stay at the first seed."""
    baseline: Annotated[str | dict[str, str] | None, PlainValidator(_reference)] = None
    """Model, baseline or ``{axis: value}`` against which differences are taken."""
    published: list[Published] = Field(default_factory=list)
    """Figures of other authors, told beside one's own; not part of a trial's identity."""
    budget: Budget = Budget()
    """Limits of time and memory; not part of a trial's identity."""
    data: Annotated[DataConfig | None, BeforeValidator(data_slot)] = None
    """Data set, its split, and the transforms fitted on the training part alone."""
    circuits: dict[Name, CircuitConfig] = Field(default_factory=dict)
    """Circuits by name; a model's layer ``quantum: NAME`` uses one."""
    models: dict[Name, ModelConfig] = Field(default_factory=dict)
    """Models by name: ordered lists of layers, of which a circuit is one."""
    train: list[str] = Field(default_factory=list)
    """Models that give rows; once the suite is loaded never left out."""
    baselines: list[Annotated[BaselineConfig | MatchedMlp, BeforeValidator(_baseline)]] = Field(
        default_factory=list
    )
    """Classical methods on the same rows."""
    controls: list[Control] = Field(default_factory=list)
    """Each quantum model again, its quantum part disabled, frozen or replaced."""
    backends: list[Choice] = Field(default_factory=lambda: [BackendChoice(name="any")])
    """Frameworks: ``NAME[@VERSION][option=value, ...]``."""
    execution: ExecutionConfig = ExecutionConfig()
    """How circuits run, unless a backend's options say otherwise."""
    trainer: TrainerConfig = TrainerConfig(epochs=10)
    """How every model is trained."""
    search: SearchConfig | None = None
    """What each method tries, and is chosen on validation data, before it is reported."""
    record: RecordConfig = RecordConfig()
    """What is kept of every trial."""
    gradient: GradientConfig = GradientConfig()
    """What ``task: gradient_variance`` and ``task: diagnose`` draw."""
    speed: SpeedConfig = SpeedConfig()
    """What ``task: speed`` times, and how long it looks."""
    fit: FitConfig = FitConfig()
    """How the variance of the gradient is fitted; read by tables and plots alone."""

    def execution_of(self, choice: BackendChoice) -> dict[str, Any]:
        """Keyword arguments of ``Capabilities.resolve`` for one backend of the suite.

        Its options override ``execution``; None leaves a choice to the backend.
        """
        shared = self.execution.model_dump(exclude={"noise"})
        merged = {"device": None, "diff_method": None, "tier": None} | shared | choice.options
        merged.pop("noise", None)
        return merged | {"precision": None} if merged["precision"] == "default" else merged

    @classmethod
    def _about(cls, key: str) -> str:
        for section, model in _SECTIONS.items():
            if key in model.model_fields:
                return f"unknown key; did you mean '{section}.{key}'?"
        if match := nearest(key, _TOP_LEVEL):
            return f"unknown key; did you mean '{match}'?"
        return super()._about(key)


_TOP_LEVEL = (*SuiteConfig.model_fields, "experiments", "profiles", "matrix")
_SECTIONS: dict[str, type[SpecModel]] = {
    "trainer": TrainerConfig,
    "data": DataConfig,
    "execution": ExecutionConfig,
    "record": RecordConfig,
    "gradient": GradientConfig,
    "speed": SpeedConfig,
    "fit": FitConfig,
    "budget": Budget,
    "circuits.NAME": CircuitConfig,
    "models.NAME": ModelConfig,
}
