"""Requests about a model at given parameters: its outputs, and gradients over draws."""

from __future__ import annotations

import time

from qbench.worker import batches, draws, evaluation
from qbench.worker.engine import Engine
from qbench.worker.protocol import Answer, Arrays, Message, prefixed


def gradient_draws(engine: Engine, request: Message, arrays: Arrays) -> Answer:
    """Gradients of a batch's loss, one for each draw of the quantum weights."""
    execution = engine.execution(request["execution"])
    layers = request["model"]["layers"]
    model, building = engine.model(layers, request["loss"], execution)
    programs, compiling = engine.programs(layers, execution, weights_as_inputs=True)
    model.load(prefixed(arrays, "param."))
    start = time.perf_counter()
    gradients = draws.gradients(
        model,
        arrays["x"],
        arrays["y"],
        prefixed(arrays, "draws."),
        programs,
        batches.drawn_rows(layers, execution),
    )
    seconds = time.perf_counter() - start
    results = {f"gradients.{name}": array for name, array in gradients.items()}
    return results, {"compile_seconds": building + compiling, "seconds": seconds}


def predict(engine: Engine, request: Message, arrays: Arrays) -> Answer:
    """Outputs for ``x`` at the parameters ``param.NAME``."""
    execution = engine.execution(request["execution"])
    layers = request["model"]["layers"]
    model, compiling = engine.model(layers, request.get("loss", "mse"), execution)
    model.load(prefixed(arrays, "param."))
    start = time.perf_counter()
    outputs = evaluation.predict(model, layers, arrays["x"], execution)
    seconds = time.perf_counter() - start
    return {"outputs": outputs}, {"compile_seconds": compiling, "seconds": seconds}
