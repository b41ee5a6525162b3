"""Mixed precision: which trainings can have it, and in what their circuits are computed."""

from __future__ import annotations

from dataclasses import replace

from qbench.plan.work import Work

TENSORFLOW = (
    "mixed precision: the tensorflow host has none; its layers are written in one precision, "
    "so that their curves are those of the torch host"
)
NOT_SINGLE = (
    "mixed precision: classical layers in bfloat16 stand beside circuits in single precision, "
    "not {precision}; give execution.precision: single (or the backend's option)"
)


def in_mixed_precision(work: Work) -> Work:
    """The work as ``trainer.mixed_precision`` has it; any other stays as it is.

    A classical model trains in single precision then. A quantum one that is not executed in
    single precision, or not by the torch host, gets a refusal.
    """
    if not work.trainer.get("mixed_precision") or work.execution is None:
        return work
    if work.backend.adapter is None:
        return replace(work, execution=replace(work.execution, precision="single"))
    refusal = None
    if work.backend.host == "tensorflow":
        refusal = TENSORFLOW
    elif work.execution.precision != "single":
        refusal = NOT_SINGLE.format(precision=work.execution.precision)
    return replace(work, refusal=work.refusal or refusal)
