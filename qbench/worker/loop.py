"""The training loop: written once, against a host's model, so that every backend trains alike."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qbench.backend import Array, Execution, NumpyProgram, Program
from qbench.exceptions import DivergedError, QbenchError
from qbench.shots import streams
from qbench.worker import losses, optimizers, schedules
from qbench.worker.checkpoints import Checkpoints, State, Stateful
from qbench.worker.distillation import Distillation, soft_targets
from qbench.worker.draws import Course
from qbench.worker.evaluation import DTYPES, predict
from qbench.worker.hosts.base import HostModel
from qbench.worker.layers import output_shapes
from qbench.worker.protocol import Arrays, Report, prefixed
from qbench.worker.record import Clock, Record
from qbench.worker.selection import EarlyStopping, Selection


class TrainingLoop:
    """One training; ``run`` it once, then read ``selection``, ``selected`` and ``record``.

    Attributes
    ----------
    epochs : int
        Epochs run, the last of which ``max_steps`` may have cut short.
    selected : parameters of the selected epoch; None if it is the last one
    """

    def __init__(
        self,
        model: HostModel,
        request: Mapping[str, Any],
        arrays: Arrays,
        execution: Execution,
        programs: Sequence[Program | NumpyProgram],
        report: Report,
        course: Course | None = None,
        checkpoints: Checkpoints | None = None,
    ) -> None:
        trainer = request["trainer"]
        self._model, self._arrays, self._report = model, arrays, report
        self._course, self._checkpoints = course, checkpoints
        self._layers, self._loss = request["model"]["layers"], request["loss"]
        self._execution, self._programs = execution, programs
        self._seed = int(request["seed"])
        self._x = np.ascontiguousarray(arrays["x_train"], dtype=DTYPES[execution.precision])
        self._y, self._order = arrays["y_train"], arrays["order"]
        self._n_outputs = output_shapes(self._layers, self._x.shape[1:])[-1][0]
        self._distillation = self._teaching(request.get("distillation"))
        self._optimizer = trainer["optimizer"], request["trainable"], self._distillation
        self._mixed = bool(trainer.get("mixed_precision"))
        self._planned = trainer.get("epochs") or len(self._order)
        self._max_steps = trainer.get("max_steps") or math.inf
        self._batch_size = int(trainer["batch_size"])
        _, options = optimizers.resolve(trainer["optimizer"])
        rate = options["learning_rate"]
        self._schedule = schedules.make(trainer.get("scheduler"), rate, self._planned)
        self._early_stopping = EarlyStopping(trainer.get("early_stopping"))
        self.selection = Selection(trainer["select"])
        self.selected: dict[str, Array] | None = None
        self.epochs = 0
        self.record = Record()
        self._check()

    def _teaching(self, wanted: Mapping[str, Any] | None) -> Distillation | None:
        """How it learns from a teacher, if it does."""
        if wanted is None:
            return None
        rows = len(self._arrays["teacher_logits"])
        if rows != len(self._x):
            raise QbenchError(f"{rows} outputs of the teacher, {len(self._x)} training rows")
        if self._loss != "cross_entropy":
            raise QbenchError(f"distillation goes with the loss cross_entropy, not {self._loss}")
        return Distillation.of(wanted)

    def _check(self) -> None:
        if self._order.ndim != 2 or self._order.shape[1] != len(self._x) or not len(self._x):
            shape = self._order.shape
            raise QbenchError(f"order has shape {shape}, there are {len(self._x)} training rows")
        steps = math.ceil(len(self._x) / self._batch_size)
        needed = math.ceil(min(self._planned, self._max_steps / steps))
        if len(self._order) < needed:
            raise QbenchError(f"order has {len(self._order)} epochs, the training needs {needed}")
        if "x_validation" not in self._arrays:
            if self.selection.rule == "best_validation":
                raise QbenchError("select: best_validation needs a validation set; take last")
            if self._schedule.needs_validation:
                raise QbenchError("scheduler plateau needs a validation set")

    @property
    def first_batch(self) -> tuple[Array, NDArray[Any]]:
        """Inputs and targets of the first step."""
        rows = self._order[0, : self._batch_size]
        return self._x[rows], self._y[rows]

    def prepare(self) -> None:
        """Make the optimizer, and have the host trace what it traces."""
        self._model.mixed_precision(self._mixed)
        self._model.reset_optimizer(*self._optimizer)
        self._model.warm_up(*self.first_batch, self._soft(self._order[0, : self._batch_size]))

    def restore(self, arrays: Arrays, values: Mapping[str, Any]) -> None:
        """Go on from a state that :class:`Checkpoints` reported, instead of from the start.

        Called when everything is traced, since a host may run a step for that.
        """
        self._model.load(prefixed(arrays, "param."))
        self._model.reset_optimizer(*self._optimizer)
        self._model.load_optimizer_state(prefixed(arrays, "optimizer."))
        self.selected = prefixed(arrays, "selected.") or None
        self.epochs = int(values["epoch"])
        self.record = Record(**{**values["record"], "step_s": arrays["step_s"].tolist()})
        for name, part in self._resumable.items():
            part.restore(values[name])
        if self._course is not None:
            self._course.restore(arrays)

    def _state(self) -> State:
        arrays = {f"param.{n}": a for n, a in self._model.parameters().items()}
        arrays |= {f"optimizer.{n}": a for n, a in self._model.optimizer_state().items()}
        arrays |= {f"selected.{n}": a for n, a in (self.selected or {}).items()}
        arrays |= self._course.arrays() if self._course is not None else {}
        arrays["step_s"] = np.asarray(self.record.step_s)
        record = {k: v for k, v in vars(self.record).items() if k != "step_s"}
        parts = {name: part.state() for name, part in self._resumable.items()}
        return State(arrays, {"epoch": self.epochs, "record": record, **parts})

    @property
    def _resumable(self) -> dict[str, Stateful]:
        course = self._course.programs if self._course is not None else ()
        sampled = streams([*self._programs, *course])
        return {
            **{f"shots.{number}": stream for number, stream in enumerate(sampled)},
            "schedule": self._schedule,
            "early_stopping": self._early_stopping,
            "selection": self.selection,
        }

    def run(self) -> None:
        """Train until the epochs or steps are done or early stopping ends it."""
        clock = Clock([part for part in (self._course, self._checkpoints) if part is not None])
        if not self.epochs:
            self._record_course()
        self.record.cold_steps.append(len(self.record.step_s))
        for epoch in range(self.epochs + 1, self._planned + 1):
            if len(self.record.step_s) >= self._max_steps:
                break
            self.epochs = epoch
            rate = self._schedule.rate
            start = time.perf_counter()
            train_loss = self._train_epoch(epoch, rate)
            self.record.epoch_s.append(time.perf_counter() - start)
            self._record_course()
            metrics = self._validate(epoch)
            self._select(epoch, metrics["validation_loss"])
            self._report(
                {
                    "event": "epoch",
                    "epoch": epoch,
                    "train_loss": train_loss,
                    **metrics,
                    "learning_rate": rate,
                    "seconds": self.record.epoch_s[-1],
                }
            )
            if self._early_stopping.stops(metrics):
                break
            self._schedule.epoch_ended(epoch, metrics["validation_loss"])
            clock.read_into(self.record)
            if self._checkpoints is not None and epoch < self._planned:
                self._checkpoints.offer(self._state)
        clock.read_into(self.record)

    def _train_epoch(self, epoch: int, rate: float) -> float:
        order, size = self._order[epoch - 1], self._batch_size
        total, seen, before = 0.0, 0, self._executions()
        for start in range(0, len(order), size):
            step = len(self.record.step_s)
            if step >= self._max_steps:
                break
            rows = order[start : start + size]
            x, y, soft = self._x[rows], self._y[rows], self._soft(rows)
            begun = time.perf_counter()
            loss = self._model.step(x, y, rate, (self._seed, step), soft)
            self.record.step_s.append(time.perf_counter() - begun)
            if not math.isfinite(loss):
                raise DivergedError(
                    f"the training loss is {loss} at step {step + 1} (epoch {epoch})"
                )
            total += loss * len(rows)
            seen += len(rows)
        after = self._executions()
        if before is not None and after is not None:
            self.record.executions = (self.record.executions or 0) + after - before
        return total / seen

    def _soft(self, rows: NDArray[Any]) -> Array | None:
        """The teacher's probabilities of a batch; of one alone, since outputs may be many."""
        if self._distillation is None:
            return None
        logits = self._arrays["teacher_logits"][rows]
        return soft_targets(logits, self._distillation.temperature, self._n_outputs)

    def _record_course(self) -> None:
        if self._course is not None:
            self._course.record()

    def _executions(self) -> int | None:
        """Circuits executed so far, where all the programs count them."""
        counts = [program.executions for program in self._programs]
        known = [count for count in counts if count is not None]
        return sum(known) if counts and len(known) == len(counts) else None

    def _validate(self, epoch: int) -> dict[str, float | None]:
        if "x_validation" not in self._arrays:
            return {"validation_loss": None, "validation_accuracy": None}
        start = time.perf_counter()
        outputs = self._predict("x_validation")
        self.record.evaluation_s.append(time.perf_counter() - start)
        y = self._arrays["y_validation"]
        loss = losses.value(self._loss, outputs, y)
        if not math.isfinite(loss):
            raise DivergedError(f"the validation loss is {loss} after epoch {epoch}")
        return {
            "validation_loss": loss,
            "validation_accuracy": losses.accuracy(self._loss, outputs, y),
        }

    def _select(self, epoch: int, validation_loss: float | None) -> None:
        loss = validation_loss
        if self.selection.rule == "best_test":
            outputs = self._predict("x_test")
            loss = losses.value(self._loss, outputs, self._arrays["y_test"])
        if self.selection.takes(epoch, loss) and self.selection.rule != "last":
            self.selected = self._model.parameters()

    def _predict(self, name: str) -> Array:
        return predict(self._model, self._layers, self._arrays[name], self._execution)
