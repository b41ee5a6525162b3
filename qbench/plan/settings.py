"""What a model, or the suite's baselines, train on and how: data and trainer, resolved."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from qbench.data import DataRequest
from qbench.exceptions import DataError, SpecError
from qbench.plan.dataset import DatasetSummary, data_request, summarize
from qbench.plan.layers import ends_in_probabilities
from qbench.plan.models import ResolvedModel
from qbench.spec import Point, data_of, distillation_of, trainer_of
from qbench.spec.problems import Path as KeyPath
from qbench.spec.problems import Problem
from qbench.spec.training import DistillationConfig, TrainerConfig
from qbench.stats import metric_names

_LOSS = {"classification": "cross_entropy", "regression": "mse"}


@dataclass(frozen=True)
class Setting:
    """Data and trainer at one point of the grid.

    Attributes
    ----------
    name : the model that has them; None: the suite's own, for baselines
    """

    point: Point
    name: str | None = None

    @cached_property
    def trainer(self) -> TrainerConfig:
        """The trainer's configuration."""
        config = self.point.config
        return config.trainer if self.name is None else trainer_of(config, self.name)

    @cached_property
    def request(self) -> DataRequest:
        """The data; checked to be there where a model is trained."""
        config, folder = self.point.config, self.point.folder
        if self.name is None:
            return data_request(config.data, folder)
        return data_request(data_of(config, self.name), folder, config.models[self.name].train_on)

    @cached_property
    def data(self) -> DatasetSummary:
        """What is known of the data before they are split."""
        try:
            return summarize(self.request)
        except DataError as error:
            raise self.error(self.place("data"), str(error)) from error

    @property
    def distillation(self) -> DistillationConfig | None:
        """How models at this setting learn from a teacher; None: from none."""
        config = self.point.config
        if self.name is not None:
            return distillation_of(config, self.name)
        wanted = config.trainer.distillation
        return wanted if wanted is not None and wanted.teacher is not None else None

    @property
    def n_outputs(self) -> int:
        """Outputs of a classical model: one a class, or one value."""
        return self.data.n_classes if self.data.task == "classification" else 1

    @property
    def loss(self) -> str:
        """The loss, ``auto`` resolved by the task."""
        loss: str = self.trainer.loss
        if loss == "auto":
            return _LOSS[self.data.task]
        if self.data.task == "regression" and loss != "mse":
            raise self.error(self.place("trainer", "loss"), f"{loss} needs classes; use mse")
        return loss

    @property
    def loss_of_logits(self) -> str:
        """The loss of a model whose outputs are no probabilities."""
        return "cross_entropy" if self.loss == "nll_probs" else self.loss

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics that are recorded."""
        asked, there = self.point.config.record.metrics, metric_names(self.data.task)
        if asked == "auto":
            return there
        wrong = [m for m in asked if m not in there]
        if wrong:
            raise self.error(
                ("record", "metrics"),
                f"{wrong[0]} is not defined for {self.data.task}; there are {', '.join(there)}",
            )
        return tuple(asked)

    @property
    def training(self) -> dict[str, Any]:
        """Fields of :class:`qbench.plan.work.Work` that say how it is trained."""
        trainer, target = self.trainer, self.point.config.record.target
        select = trainer.select
        if select == "best_validation" and not self.data.has_validation:
            raise self.error(
                self.place("trainer", "select"),
                "best_validation needs a validation split; "
                "give data.split.validation or choose 'select: last'",
            )
        scheduler, stopping = trainer.scheduler, trainer.early_stopping
        return {
            "data": self.request,
            "data_digest": self.data.digest,
            "loss": self.loss,
            "shuffle": trainer.shuffle,
            "checkpoint": trainer.checkpoint,
            "metrics": self.metrics,
            "target": target.model_dump() if target else None,
            "trainer": {
                "epochs": trainer.epochs,
                "max_steps": trainer.max_steps,
                "batch_size": trainer.batch_size,
                "optimizer": trainer.optimizer.model_dump(),
                "scheduler": scheduler.model_dump() if scheduler else None,
                "select": select,
                "early_stopping": stopping.model_dump() if stopping else None,
                **({"mixed_precision": True} if trainer.mixed_precision else {}),
            },
        }

    def check_outputs(self, model: ResolvedModel) -> None:
        """Refuse a model whose last layer doesn't fit the loss.

        Raises
        ------
        SpecError
        """
        place = ("models", str(self.name), "layers")
        if self.loss == "nll_probs" and not ends_in_probabilities(model):
            raise self.error(
                place,
                "nll_probs reads probabilities; end the model with softmax, complement, "
                "sigmoid_cat or a circuit that measures `probs` (or take cross_entropy)",
            )
        allowed = self._allowed_outputs
        if model.n_outputs in allowed or self._may_exceed(model):
            return
        wanted = " or ".join(map(str, sorted(allowed)))
        message = (
            f"ends in {model.n_outputs} outputs, but {self.loss} on "
            f"{self.data.n_classes or 'no'} classes needs {wanted}; "
            "end the model with 'dense: n_classes'"
        )
        if model.n_outputs > self.data.n_classes > 0:
            message += ", or say `unused_outputs: true`"
        raise self.error(place, message)

    @property
    def _allowed_outputs(self) -> set[int]:
        two = self.data.task == "classification" and self.data.n_classes == 2
        if two and self.loss == "binary_cross_entropy":
            return {1}
        return {self.n_outputs} | ({1} if two and self.loss in ("hinge", "mse") else set())

    def _may_exceed(self, model: ResolvedModel) -> bool:
        """Whether outputs that stand for no class are allowed here."""
        if self.name is None or not self.point.config.models[self.name].unused_outputs:
            return False
        several = self.data.task == "classification" and self.loss != "binary_cross_entropy"
        return several and model.n_outputs >= self.data.n_classes

    def place(self, section: str, key: str | None = None) -> KeyPath:
        """Where a key of ``data`` or ``trainer`` is written that holds for it."""
        own = self.point.config.models[self.name] if self.name is not None else None
        written = getattr(own, section) if own is not None else {}
        here = own is not None and (key in written if key else bool(written))
        above: KeyPath = ("models", str(self.name), section) if here else (section,)
        return (*above, key) if key else above

    def error(self, path: KeyPath, message: str) -> SpecError:
        """A mistake, told with its place in the file."""
        return self.point.error(Problem(path, message))
