"""Where a work runs: on a variant, in the environment of classical models, or where it can."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qbench.backend import Execution
from qbench.plan.methods.resolved import ResolvedPoint
from qbench.plan.mixed import in_mixed_precision
from qbench.plan.models import ResolvedModel
from qbench.plan.variants import Variant
from qbench.plan.work import Work
from qbench.registry import BackendInfo, find, pins
from qbench.worker.textbook import textbook_refusal

CLASSICAL = "baselines"
"""The backend whose environment trains classical models and fits estimators."""


def on_variant(variant: Variant, model: ResolvedModel, what: Mapping[str, Any]) -> Work:
    """Work on one backend, with the reason where the backend can't run the model's circuits.

    Parameters
    ----------
    what : the fields of :class:`Work` that don't depend on where it runs
    """
    refusal = variant.refusal
    for circuit in model.circuits:
        if variant.execution is not None:
            circuit = variant.execution.circuit_run(circuit)
            refusal = refusal or textbook_refusal(circuit, variant.execution)
        refusal = refusal or variant.backend.capabilities.refusal(circuit)
    work = Work(
        backend=variant.backend,
        version=variant.version,
        variant=variant.text,
        execution=variant.execution,
        refusal=refusal,
        pins_digest=pins(variant.backend, variant.version).digest,
        **what,
    )
    return in_mixed_precision(work)


def training_on(
    at: ResolvedPoint, variant: Variant, model: ResolvedModel, what: Mapping[str, Any]
) -> Work:
    """The training of a quantum model on one backend."""
    recorded = at.config.record.gradient_variance
    course = recorded is not None and recorded.course
    return on_variant(variant, model, {"task": "train", "gradient_course": course, **what})


def classical_training(at: ResolvedPoint, what: Mapping[str, Any]) -> Work:
    """The training of a model whose circuits no backend runs."""
    asked = at.config.execution
    execution = Execution(
        device="torch",
        diff_method="backprop",
        threads=asked.threads,
        accelerator=asked.accelerator,
    )
    place = in_classical_environment(at)
    return in_mixed_precision(Work(task="train", execution=execution, **place, **what))


def in_classical_environment(at: ResolvedPoint) -> dict[str, Any]:
    """The fields of work in the environment of classical models."""
    info: BackendInfo = find(CLASSICAL, at.registry)
    return {
        "backend": info,
        "version": info.default_version,
        "variant": info.name,
        "pins_digest": pins(info).digest,
    }


def training_somewhere(at: ResolvedPoint, model: ResolvedModel, what: Mapping[str, Any]) -> Work:
    """A training where it can run: the first backend of the suite that can, since all agree."""
    if not model.is_quantum:
        return classical_training(at, what)
    works = [training_on(at, variant, model, what) for variant in at.variants]
    works.sort(key=lambda work: work.execution is None or work.execution.gradient_factor != 1)
    return next((work for work in works if work.refusal is None), works[0])
