"""Trainings on request: from the arrays of a trial to its outputs, parameters and times.

Times that a result carries, in seconds: ``compile_s`` compiling circuits, building
the model and tracing its step (about 0 in a warm worker that kept them); ``step_s`` each
optimisation step, its batch in and its loss out; ``epoch_s`` the training part of
each epoch; ``evaluation_s`` one pass over the validation set, mean; ``train_s``
the whole loop with its evaluations; ``cpu_s`` the processor time of all threads
in that loop. The course of the gradient and checkpoints are in none of them. A
training that goes on from a checkpoint adds its times to those that it had; its
``compile_s`` is this process's own. ``cold_steps`` are the first steps of its processes.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qbench.backend import Array, Execution, NumpyProgram, Program
from qbench.exceptions import QbenchError
from qbench.shots import streams
from qbench.worker.checkpoints import Checkpoints
from qbench.worker.draws import Course
from qbench.worker.engine import Engine
from qbench.worker.evaluation import DTYPES, predict
from qbench.worker.hosts.base import HostModel, Layer
from qbench.worker.loop import TrainingLoop
from qbench.worker.probes import probe
from qbench.worker.protocol import Answer, Arrays, Report, prefixed
from qbench.worker.resources import MemoryMeter


def train(engine: Engine, request: Mapping[str, Any], arrays: Arrays, report: Report) -> Answer:
    """Serve a ``train`` request: its result's arrays and fields.

    With ``distillation`` and the array ``teacher_logits``, a row a training row, it learns from
    a teacher too. With ``checkpoint: {"every_s": seconds}`` it tells its state after epochs; with
    one as ``resume`` and its arrays as ``resume.NAME`` it goes on from there.

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
    programs = _programs(engine, layers, execution)
    initial = prefixed(arrays, "param.")
    model.load(initial)
    course = _course(engine, model, request, arrays, execution)
    checkpoints = _checkpoints(request, report, execution, programs)
    loop = TrainingLoop(model, request, arrays, execution, programs, report, course, checkpoints)
    begun = time.perf_counter()
    loop.prepare()
    compile_s += time.perf_counter() - begun
    if request.get("resume") is not None:
        loop.restore(prefixed(arrays, "resume."), request["resume"])
    loop.run()

    selected = model.parameters() if loop.selected is None else loop.selected
    results = _outputs(model, loop, selected, arrays, layers, execution)
    if course is not None:
        results |= course.arrays()
    memory = meter.result()
    batch, _ = loop.first_batch
    for parameters, moment in ((initial, "first"), (selected, "final")):
        results |= probe(engine, model, layers, execution, batch, parameters, moment)
    return results, {
        "selected_epoch": loop.selection.epoch,
        "epochs": loop.epochs,
        "steps": len(loop.record.step_s),
        "timings": {"compile_s": compile_s, **loop.record.timings()},
        "memory": memory,
        "circuit_executions_per_step": loop.record.executions_per_step,
    }


def _programs(
    engine: Engine, layers: Sequence[Layer], execution: Execution
) -> list[Program | NumpyProgram]:
    """What the quantum layers run; those of equal circuits share one, which counts once."""
    programs, _ = engine.programs(layers, execution)
    return list(dict.fromkeys(programs.values()))


def _checkpoints(
    request: Mapping[str, Any],
    report: Report,
    execution: Execution,
    programs: Sequence[Program | NumpyProgram],
) -> Checkpoints | None:
    """None too where a program samples from some other stream than its own: no state holds that."""
    wanted = request.get("checkpoint")
    unknown = execution.shots is not None and len(streams(programs)) < len(programs)
    if wanted is None or unknown:
        return None
    return Checkpoints(Path(request["folder"]), float(wanted["every_s"]), report)


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
