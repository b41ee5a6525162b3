"""Circuits alone on each backend, nothing trained: diagnosed, drawn for gradients, or timed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from qbench.circuit.build import BuiltCircuit
from qbench.plan.drawing import gradient_request
from qbench.plan.methods.placing import on_variant
from qbench.plan.methods.resolved import ResolvedPoint
from qbench.plan.models import circuit_model
from qbench.plan.work import Work


def drawn_works(at: ResolvedPoint, name: str) -> Iterator[Work]:
    """A circuit's gradient variance, or its diagnosis: no data, its one output."""
    built, task = at.circuits[name], at.config.task
    gradient = gradient_request(at.config)
    gradient["axes"] = built.axis_inputs
    if gradient["init"]["name"] == "block_identity":
        gradient["mirrored"] = sorted(built.mirrored.items())
    fields = _fields(task, name, built)
    fields |= {"cost": _cost(at.config.circuits[name].measure), "gradient": gradient}
    for variant in at.variants:
        work = on_variant(variant, fields["model"], fields)
        if task == "diagnose" and not variant.backend.capabilities.states:
            reason = f"{variant.backend.name} does not yield states"
            work = replace(work, refusal=work.refusal or reason)
        yield work


def timed_works(at: ResolvedPoint, name: str) -> Iterator[Work]:
    """Each measure of a circuit at each batch size."""
    built, speed = at.circuits[name], at.config.speed
    fields = _fields("speed", name, built) | {"control": speed.control}
    works = [on_variant(variant, fields["model"], fields) for variant in at.variants]
    shared = {key: getattr(speed, key) for key in ("processes", "rounds", "min_time")}
    optimizer = {"optimizer": at.config.trainer.optimizer.model_dump()}
    for measure in speed.measure:
        for batch_size in speed.batch_size:
            one = {"measure": measure, "batch_size": batch_size}
            axes = {key: str(value) for key, value in one.items()}
            trainer = optimizer if measure == "step" else {}
            for work in works:
                yield replace(work, speed=one | shared, own_axes=axes, trainer=trainer)


def _fields(task: str, name: str, built: BuiltCircuit) -> dict[str, Any]:
    return {
        "task": task,
        "method": name,
        "method_kind": "circuit",
        "model": circuit_model(built),
        "circuit": built,
    }


def _cost(measure: Mapping[str, Any]) -> str:
    """The observable as the suite writes it."""
    value = measure.get("expval", "probs")
    return value if isinstance(value, str) else ", ".join(value)
