"""Models that need other trained models: which, and that they don't need each other in a circle."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from qbench.spec.backbones import backbone_of
from qbench.spec.config import SuiteConfig
from qbench.spec.models import ModelConfig
from qbench.spec.own_settings import trainer_of
from qbench.spec.problems import Path, Problem, unknown
from qbench.spec.training import LABEL_SMOOTHING, DistillationConfig


def distillation_of(config: SuiteConfig, name: str) -> DistillationConfig | None:
    """How a model learns from a teacher; None where it has none.

    That of the suite's ``trainer`` is for the models that no other one needs; a teacher has
    one only where its own ``trainer`` says so.
    """
    model = config.models[name]
    if model.ensemble or ("distillation" not in model.trainer and name in needed_models(config)):
        return None
    wanted = trainer_of(config, name).distillation
    return wanted if wanted is not None and wanted.teacher is not None else None


def needs(config: SuiteConfig, name: str) -> list[str]:
    """The models whose trained weights a model needs: members, backbone, teacher."""
    model = config.models[name]
    return [*model.ensemble, *_backbone(model), *_named(distillation_of(config, name))]


def everything_needed(config: SuiteConfig, name: str) -> list[str]:
    """What a model needs, and what that needs in turn, each once."""
    found: dict[str, None] = {}
    for needed in needs(config, name):
        found |= dict.fromkeys((needed, *everything_needed(config, needed)))
    return list(found)


def needed_models(config: SuiteConfig) -> set[str]:
    """Every model that another one needs."""
    found: set[str] = set()
    open_names = [name for model in config.models for name in _own_needs(config, model)]
    open_names += _named(config.trainer.distillation)
    while open_names:
        name = open_names.pop()
        if name not in found:
            found.add(name)
            open_names += _own_needs(config, name)
    return found


def _own_needs(config: SuiteConfig, name: str) -> list[str]:
    """What a model needs by its own keys."""
    model = config.models.get(name)
    if model is None:
        return []
    taught = "distillation" in model.trainer
    named = _named(trainer_of(config, name).distillation) if taught else []
    return [*model.ensemble, *_backbone(model), *named]


def _backbone(model: ModelConfig) -> list[str]:
    found = backbone_of(model)
    return [] if found is None else [found.model]


def _named(distillation: DistillationConfig | None) -> list[str]:
    teacher = distillation.teacher if distillation is not None else None
    return [] if teacher in (None, LABEL_SMOOTHING) else [str(teacher)]


def dependency_problems(config: SuiteConfig) -> Iterator[Problem]:
    """Teachers and members that don't exist, and models that need each other in a circle."""
    for name, model in config.models.items():
        for position, member in enumerate(model.ensemble):
            if member not in config.models:
                place: Path = ("models", name, "ensemble", position)
                yield Problem(place, unknown("model", member, config.models))
        if "distillation" in model.trainer:
            place = ("models", name, "trainer", "distillation", "teacher")
            yield from _unknown(config, _named(trainer_of(config, name).distillation), place)
    if config.trainer.distillation is not None:
        place = ("trainer", "distillation", "teacher")
        yield from _unknown(config, _named(config.trainer.distillation), place)
    for name in config.models:
        circle = _circle(config, name, (name,))
        if circle and min(circle) == name:
            told = " -> ".join([*circle, circle[0]])
            yield Problem(("models", name), f"models need each other in a circle: {told}")


def head_problems(config: SuiteConfig) -> Iterator[Problem]:
    """Differences that would mix what a teacher adds with what another head adds."""
    reference, needed = config.baseline, needed_models(config)
    if not isinstance(reference, str) or reference not in config.models or reference in needed:
        return
    plain = distillation_of(config, reference)
    for name in config.train:
        if name not in config.models or name in needed:
            continue
        taught = distillation_of(config, name)
        one = taught or plain
        if (taught is None) == (plain is None) or one is None or not one.match_heads:
            continue
        if config.models[name].layers != config.models[reference].layers:
            first, second = (name, reference) if taught else (reference, name)
            yield Problem(
                ("baseline",),
                f"'{first}' has a teacher and '{second}' has none, and their layers differ: the "
                "difference would not be the teacher's alone. Let one axis vary "
                "trainer.distillation and name its value here, or say match_heads: false",
            )


def _unknown(config: SuiteConfig, named: Iterable[str], place: Path) -> Iterator[Problem]:
    for name in named:
        if name not in config.models:
            known = [*config.models, LABEL_SMOOTHING]
            yield Problem(place, unknown("model", name, known))


def _circle(config: SuiteConfig, name: str, above: tuple[str, ...]) -> tuple[str, ...]:
    """The models from the first of ``above`` back to itself; empty if there is no way back."""
    for needed in _own_needs(config, name):
        if needed == above[0]:
            return above
        if needed not in above:
            found = _circle(config, needed, (*above, needed))
            if found:
                return found
    return ()
