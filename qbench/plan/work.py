"""Work: what trials of all seeds share, and the hash that makes it the same work."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from qbench.backend import Execution
from qbench.circuit.build import BuiltCircuit
from qbench.data import DataRequest
from qbench.plan.machine import fingerprint
from qbench.plan.models import ResolvedModel
from qbench.registry import BackendInfo

if TYPE_CHECKING:
    from qbench.plan.teaching import Teaching

IDENTITY_SCHEME = 2
"""Raised when what is hashed changes: every trial is then another one."""

ENSEMBLE = "ensemble"
"""The task of joining trained models, in which nothing is trained."""


@dataclass(frozen=True)
class Work:
    """What trials of all seeds share: a method, the data, and where it runs.

    Attributes
    ----------
    task : "train", "fit" (a scikit-learn estimator), "ensemble", "gradient_variance",
        "diagnose" or "speed"
    data : None where a circuit alone is measured
    circuit : the circuit that is measured alone; ``model`` is then its only layer
    trainer : as the worker takes it, without data
    cost : the observable of a circuit alone, as the suite writes it; no part of the identity
    gradient : what is drawn: ``init``, ``components`` (None: all), ``n_samples`` and more
    checkpoint : whether a training keeps states to go on from; no part of the identity
    speed : what is timed: ``measure``, ``batch_size``, ``rounds`` and ``min_time``
    control : whether the first variant is timed twice; no part of the identity
    own_axes : what the task itself varies, as labels; no part of the identity
    gradient_course : whether the gradient is kept after each epoch of a training
    teaching : what it learns from a teacher besides the labels
    members : the trainings that an ensemble joins
    backbone : the training whose weights its first layers begin with
    refusal : why it cannot run, known before anything starts
    inputs : "reduced" (after the data's transform) or "raw"
    is_control : whether it is here as a control; no part of the identity, since a model or
        baseline that is written out can be the same
    """

    task: str
    method: str
    method_kind: str
    backend: BackendInfo
    version: str
    variant: str
    data: DataRequest | None = None
    data_digest: str = ""
    execution: Execution | None = None
    model: ResolvedModel | None = None
    circuit: BuiltCircuit | None = None
    estimator: Mapping[str, Any] | None = None
    trainer: Mapping[str, Any] = field(default_factory=dict)
    shuffle: bool = True
    loss: str = ""
    init: Mapping[str, Any] = field(default_factory=dict)
    freeze: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    target: Mapping[str, Any] | None = None
    gradient: Mapping[str, Any] | None = None
    speed: Mapping[str, Any] | None = None
    control: bool = False
    own_axes: Mapping[str, str] = field(default_factory=dict)
    gradient_course: bool = False
    checkpoint: bool = True
    teaching: Teaching | None = None
    members: tuple[Work, ...] = ()
    backbone: TrainedLayers | None = None
    cost: str = ""
    inputs: str = "reduced"
    refusal: str | None = None
    pins_digest: str = ""
    is_control: bool = False

    def trained(self) -> tuple[ResolvedModel, Execution]:
        """The model and how it is executed, of work that is not refused and no fit."""
        if self.model is None or self.execution is None:
            raise ValueError(f"{self.method} on {self.variant} has no model to execute")
        return self.model, self.execution

    def fitted(self) -> Mapping[str, Any]:
        """The estimator of a fit: its name and options."""
        if self.estimator is None:
            raise ValueError(f"{self.method} is no estimator")
        return self.estimator

    def measured(self) -> BuiltCircuit:
        """The circuit, of work that measures one alone."""
        if self.circuit is None:
            raise ValueError(f"{self.method} is no circuit alone")
        return self.circuit

    def drawn(self) -> Mapping[str, Any]:
        """What is drawn to measure a gradient's variance."""
        if self.gradient is None:
            raise ValueError(f"{self.method} draws no gradients")
        return self.gradient

    def timed(self) -> Mapping[str, Any]:
        """What is timed, and how."""
        if self.speed is None:
            raise ValueError(f"{self.method} is not timed")
        return self.speed

    @property
    def needs(self) -> tuple[Work, ...]:
        """Other trainings whose weights it needs."""
        teacher = self.teaching.teacher if self.teaching is not None else None
        layers = self.backbone.work if self.backbone is not None else None
        return (*self.members, *(work for work in (layers, teacher) if work is not None))

    @property
    def trainable(self) -> list[str]:
        """Names of the parameters that are trained."""
        held = self.backbone.parameters if self.backbone and self.backbone.frozen else ()
        return [name for name in self.trained()[0].trainable(self.freeze) if name not in held]

    def request(self) -> DataRequest:
        """The data, of work that reads some."""
        if self.data is None:
            raise ValueError(f"{self.method} reads no data")
        return self.data

    @cached_property
    def data_key(self) -> str:
        """The data request as text: equal for equal requests."""
        return json.dumps(self.request().to_json(), sort_keys=True)

    @cached_property
    def canonical(self) -> dict[str, Any]:
        """The resolved form, without the seed: what the identity hashes, and where the data lie."""
        timed = {} if self.speed is None else {"speed": self.speed, "machine": fingerprint()}
        return (
            timed
            | self._built_on
            | {
                "scheme": IDENTITY_SCHEME,
                "task": self.task,
                "method_kind": self.method_kind,
                "data": self._data(self.data),
                "layers": list(self.model.layers) if self.model else None,
                "estimator": self.estimator,
                "trainer": self._trainer,
                "shuffle": self.shuffle,
                "loss": self.loss,
                "init": self.init,
                "freeze": list(self.freeze),
                "record": {
                    "metrics": list(self.metrics),
                    "target": self.target,
                    "gradient_course": self.gradient_course,
                },
                "gradient": self.gradient,
                "execution": self.execution.to_json() if self.execution else None,
                "backend": {
                    "name": self.backend.name,
                    "version": self.version,
                    "revision": self.backend.revision,
                    "pins": self.pins_digest,
                },
                "refusal": self.refusal,
            }
        )

    @property
    def _built_on(self) -> dict[str, Any]:
        members = {"members": [work.key for work in self.members]} if self.members else {}
        layers = {"backbone": self.backbone.to_json()} if self.backbone is not None else {}
        return {**members, **layers}

    @property
    def _trainer(self) -> Mapping[str, Any]:
        if self.teaching is None:
            return self.trainer
        return {**self.trainer, "distillation": self.teaching.to_json()}

    def _data(self, data: DataRequest | None) -> dict[str, Any] | None:
        if data is None:
            return None
        return {**data.to_json(), "digest": self.data_digest, "inputs": self.inputs}

    @cached_property
    def _hashed(self) -> Any:
        data = self._data(self.data.anywhere()) if self.data else None
        words = {**self.canonical, "data": data}
        text = json.dumps(words, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode())

    @property
    def key(self) -> str:
        """Hash over the canonical form, for those that need it, whose seeds are theirs."""
        digest: str = self._hashed.hexdigest()
        return digest[:32]

    def identity(self, streams: Mapping[str, int]) -> str:
        """Hash over the canonical form and the seeds of each stream, 32 hexadecimal digits."""
        hashed = self._hashed.copy()
        hashed.update(json.dumps(streams, sort_keys=True).encode())
        digest: str = hashed.hexdigest()
        return digest[:32]


@dataclass(frozen=True)
class TrainedLayers:
    """The first layers of a model, with the weights of another training.

    Attributes
    ----------
    parameters : their names, which are the same in both
    frozen : whether they stay as they are
    """

    work: Work
    parameters: tuple[str, ...]
    frozen: bool

    def to_json(self) -> dict[str, Any]:
        """What is hashed."""
        names = sorted(self.parameters)
        return {"of": self.work.key, "parameters": names, "frozen": self.frozen}
