"""What a student learns from its teacher, resolved and held against the rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qbench.plan.dataset import leak_between
from qbench.plan.models import ResolvedModel
from qbench.plan.settings import Setting
from qbench.spec.training import LABEL_SMOOTHING

if TYPE_CHECKING:
    from qbench.plan.work import Work


@dataclass(frozen=True)
class Teaching:
    """How a student learns from a teacher.

    Attributes
    ----------
    rule : ``temperature``, ``ce_weight``, ``kl_weight`` and ``scale_t2``, as the worker takes them
    columns : how many of the teacher's outputs are used, from the first one on
    teacher : a training; None: a virtual teacher that smooths the labels
    smoothing : what that one spreads evenly over the classes; None where there is a real one
    """

    rule: Mapping[str, Any]
    columns: int
    teacher: Work | None = None
    smoothing: float | None = None

    def to_json(self) -> dict[str, Any]:
        """What is hashed."""
        teacher = {"label_smoothing": self.smoothing} if not self.teacher else self.teacher.key
        return {**self.rule, "teacher": teacher, "columns": self.columns}


@dataclass(frozen=True)
class Source:
    """A trained model whose outputs others need.

    Attributes
    ----------
    trained : the data and trainer of what puts the outputs out: its own, or its members'
    known : those of everything whose rows it knows: these, and of their teachers in turn
    """

    name: str
    work: Work
    n_outputs: int
    trained: tuple[Setting, ...]
    known: tuple[Setting, ...]


def teaching(setting: Setting, student: ResolvedModel, teacher: Source | None) -> Teaching | None:
    """What a student at this setting learns from a teacher; None without one.

    Parameters
    ----------
    teacher : None where there is none, or it is no model

    Raises
    ------
    SpecError
        The losses, classes or outputs of the two don't fit, or the teacher knows rows that
        judge the student.
    """
    wanted = setting.distillation
    if wanted is None:
        return None
    place = setting.place("trainer", "distillation")
    if setting.loss_of_logits != "cross_entropy":
        message = f"goes with the loss cross_entropy, not {setting.loss_of_logits}"
        raise setting.error(place, message)
    rule = wanted.model_dump(include={"temperature", "ce_weight", "kl_weight", "scale_t2"})
    n_classes = setting.data.n_classes
    if wanted.teacher == LABEL_SMOOTHING:
        return Teaching(rule, n_classes, smoothing=wanted.smoothing)
    assert teacher is not None  # every teacher that is no model is one of words
    fault = fault_of(teacher, setting)
    if fault:
        raise setting.error((*place, "teacher"), fault)
    columns = teacher.n_outputs
    if columns not in (n_classes, student.n_outputs):
        if wanted.match_heads:
            raise setting.error(
                (*place, "match_heads"),
                f"'{wanted.teacher}' has {columns} outputs, the student {student.n_outputs} for "
                f"{n_classes} classes: the columns don't match. With match_heads: false the "
                f"first {n_classes} of the teacher's are used",
            )
        columns = n_classes
    return Teaching(rule, columns, teacher.work)


def fault_of(source: Source, reader: Setting) -> str:
    """Why a model's outputs are of no use at a setting, or an empty text."""
    for each in source.trained:
        if fault := _unlike(each, reader):
            return f"'{each.name}' {fault}"
    return unfair_knowledge(source, reader)


def unfair_knowledge(source: Source, reader: Setting) -> str:
    """What a model knows of rows that judge those that build on it, or an empty text."""
    for each in source.trained:
        if each.trainer.select == "best_test" != reader.trainer.select:
            return (
                f"'{each.name}' is selected by its test rows (best_test), which others may not "
                "profit from"
            )
    for each in source.known:
        if fault := leak_between(each.request, reader.request):
            return f"'{each.name}' {fault}"
    return ""


def _unlike(source: Setting, reader: Setting) -> str:
    mine, its = reader.data, source.data
    if its.class_labels != mine.class_labels:
        said, wanted = ", ".join(its.class_labels), ", ".join(mine.class_labels)
        return f"is trained on the classes {said or 'none'}, here they are {wanted or 'none'}"
    if its.n_raw != mine.n_raw:
        return f"reads rows of {its.n_raw} features, here they have {mine.n_raw}"
    if source.loss != "cross_entropy":
        return f"is trained with the loss {source.loss}: its outputs are no logits"
    return ""
