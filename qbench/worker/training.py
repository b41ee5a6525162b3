"""The training loop: written once, against a host's model, so that every backend trains alike.

Times that a result carries, in seconds: ``compile_s`` compiling circuits, building
the model and tracing its step (about 0 in a warm worker that kept them); ``step_s`` each
optimisation step, its batch in and its loss out; ``epoch_s`` the training part of
each epoch; ``evaluation_s`` one pass over the validation set, mean; ``train_s``
the whole loop with its evaluations; ``cpu_s`` the processor time of all threads
in that loop. The course of the gradient, where it is asked for, is in none of them.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qbench.backend import Array, Execution, NumpyProgram, Program
from qbench.exceptions import DivergedError, QbenchError
from qbench.worker import losses, schedules
from qbench.worker.draws import Course
from qbench.worker.engine import Engine
from qbench.worker.hosts.base import HostModel, Layer
from qbench.worker.probes import probe
from qbench.worker.resources import MemoryMeter
from qbench.worker.selection import EarlyStopping, Selection

Arrays = Mapping[str, NDArray[Any]]
Report = Callable[[Mapping[str, Any]], None]

DTYPES = {"double": np.float64, "single": np.float32}

_EVALUATED_ROWS = 1024
_EVALUATED_AMPLITUDES = 2**22
"""A batch of evaluation holds at most so many rows and amplitudes of its states."""


@dataclass
class _Record:
    """What the loop measured."""

    step_s: list[float] = field(default_factory=list)
    epoch_s: list[float] = field(default_factory=list)
    evaluation_s: list[float] = field(default_factory=list)
    executions: int | None = None

    def timings(self) -> dict[str, Any]:
        """The times of steps, epochs and evaluations, as a result carries them."""
        passes = self.evaluation_s
        return {
            "step_s": self.step_s,
            "first_step_s": self.step_s[0],
            "evaluation_s": sum(passes) / len(passes) if passes else None,
            "epoch_s": self.epoch_s,
        }

    @property
    def executions_per_step(self) -> float | None:
        """Circuits executed a step, where the backend counts them."""
        return None if self.executions is None else self.executions / len(self.step_s)


def train(
    engine: Engine, request: Mapping[str, Any], arrays: Arrays, report: Report
) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Serve a ``train`` request: its result's arrays and fields.

    Raises
    ------
    DivergedError
        A loss that is not finite; names the epoch and the step.
    QbenchError
        A trainer, loss or parameters that do not fit.
    """
    execution = engine.execution(request["execution"], int(request["seed"]))
    layers = request["model"]["layers"]
    meter = MemoryMeter()
    model, compile_s = engine.model(layers, request["loss"], execution)
    programs, _ = engine.programs(layers, execution)
    initial = {n.removeprefix("param."): a for n, a in arrays.items() if n.startswith("param.")}
    model.load(initial)
    model.reset_optimizer(request["trainer"]["optimizer"], request["trainable"])
    course = _course(engine, model, request, arrays, execution)
    loop = TrainingLoop(model, request, arrays, execution, list(programs.values()), report, course)
    begun = time.perf_counter()
    model.warm_up(*loop.first_batch)
    compile_s += time.perf_counter() - begun
    wall, cpu = time.perf_counter(), time.process_time()
    loop.run()
    train_s, cpu_s = time.perf_counter() - wall, time.process_time() - cpu
    if course is not None:
        train_s, cpu_s = train_s - course.seconds, cpu_s - course.cpu_seconds

    selected = model.parameters() if loop.selected is None else loop.selected
    results = _outputs(model, loop, selected, arrays, layers, execution)
    if course is not None:
        results |= course.arrays()
    memory = meter.result()
    batch, _ = loop.first_batch
    for parameters, moment in ((initial, "first"), (selected, "final")):
        results |= probe(engine, model, layers, execution, batch, parameters, moment)
    timings = {"compile_s": compile_s, **loop.record.timings(), "train_s": train_s, "cpu_s": cpu_s}
    return results, {
        "selected_epoch": loop.selection.epoch,
        "epochs": loop.epochs,
        "steps": len(loop.record.step_s),
        "timings": timings,
        "memory": memory,
        "circuit_executions_per_step": loop.record.executions_per_step,
    }


def _course(
    engine: Engine,
    model: HostModel,
    request: Mapping[str, Any],
    arrays: Arrays,
    execution: Execution,
) -> Course | None:
    """What records the course of the gradient, where the request asks for it."""
    if not request.get("gradient_course"):
        return None
    missing = [name for name in ("course_x", "course_y") if name not in arrays]
    if missing:
        raise QbenchError(f"gradient_course needs a batch; there is no {' and no '.join(missing)}")
    layers = request["model"]["layers"]
    programs, _ = engine.programs(layers, execution, weights_as_inputs=True)
    x = np.ascontiguousarray(arrays["course_x"], dtype=DTYPES[execution.precision])
    return Course(model, x, arrays["course_y"], programs)


def _outputs(
    model: HostModel,
    loop: TrainingLoop,
    selected: Mapping[str, Array],
    arrays: Arrays,
    layers: Sequence[Layer],
    execution: Execution,
) -> dict[str, NDArray[Any]]:
    """Outputs at the selected parameters, these, and the last ones where they differ."""
    last = model.parameters()
    results: dict[str, NDArray[Any]] = {f"param.{name}": a for name, a in selected.items()}
    if loop.selection.epoch != loop.epochs:
        results |= {f"last.{name}": a for name, a in last.items()}
    model.load(selected)
    for part in ("test", "validation"):
        if f"x_{part}" in arrays:
            outputs = predict(model, layers, arrays[f"x_{part}"], execution)
            results[f"outputs_{part}"] = outputs
    return results


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
    ) -> None:
        trainer = request["trainer"]
        self._model, self._arrays, self._report = model, arrays, report
        self._course = course
        self._layers, self._loss = request["model"]["layers"], request["loss"]
        self._execution, self._programs = execution, programs
        self._seed = int(request["seed"])
        self._x = np.ascontiguousarray(arrays["x_train"], dtype=DTYPES[execution.precision])
        self._y, self._order = arrays["y_train"], arrays["order"]
        self._planned = trainer.get("epochs") or len(self._order)
        self._max_steps = trainer.get("max_steps") or math.inf
        self._batch_size = int(trainer["batch_size"])
        self._schedule = schedules.make(
            trainer.get("scheduler"), float(trainer["optimizer"]["learning_rate"]), self._planned
        )
        self._early_stopping = EarlyStopping(trainer.get("early_stopping"))
        self.selection = Selection(trainer["select"])
        self.selected: dict[str, Array] | None = None
        self.epochs = 0
        self.record = _Record()
        self._check()

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

    def run(self) -> None:
        """Train until the epochs or steps are done or early stopping ends it."""
        self._record_course()
        for epoch in range(1, self._planned + 1):
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

    def _train_epoch(self, epoch: int, rate: float) -> float:
        order, size = self._order[epoch - 1], self._batch_size
        total, seen, before = 0.0, 0, self._executions()
        for start in range(0, len(order), size):
            step = len(self.record.step_s)
            if step >= self._max_steps:
                break
            rows = order[start : start + size]
            x, y = self._x[rows], self._y[rows]
            begun = time.perf_counter()
            loss = self._model.step(x, y, rate, (self._seed, step))
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


def predict(
    model: HostModel, layers: Sequence[Layer], x: NDArray[Any], execution: Execution
) -> Array:
    """Outputs of all rows, in batches that bound memory and are the same for every backend."""
    widest = max(
        (layer["circuit"]["n_qubits"] for layer in layers if "circuit" in layer), default=0
    )
    size = max(1, min(_EVALUATED_ROWS, _EVALUATED_AMPLITUDES >> widest))
    x = np.ascontiguousarray(x, dtype=DTYPES[execution.precision])
    parts = [model.predict(x[i : i + size]) for i in range(0, max(1, len(x)), size)]
    return np.concatenate(parts)
