"""The trainings of a point's models: those that others need are made once."""

from __future__ import annotations

from typing import Any

from qbench.exceptions import Unsupported
from qbench.plan.controls import WrittenModel
from qbench.plan.methods.placing import CLASSICAL, training_somewhere
from qbench.plan.methods.resolved import ResolvedPoint
from qbench.plan.models import ResolvedModel
from qbench.plan.settings import Setting
from qbench.plan.teaching import Source, Teaching, fault_of, teaching, unfair_knowledge
from qbench.plan.work import ENSEMBLE, TrainedLayers, Work
from qbench.registry import find
from qbench.spec import everything_needed
from qbench.spec.backbones import backbone_of


class Trainings:
    """What the models of a point train on, begin with and learn from."""

    def __init__(self, at: ResolvedPoint) -> None:
        self._at = at
        self._made: dict[str, Work] = {}

    def of(self, name: str) -> Work:
        """The training of a model that others need; an ensemble of its members' outputs."""
        if name not in self._made:
            self._made[name] = self._ensemble(name) if self._members(name) else self._one(name)
        return self._made[name]

    def fields(
        self, name: str, method: str, written: WrittenModel, model: ResolvedModel
    ) -> dict[str, Any]:
        """What the training of a model, or of one derived from it, is, wherever it runs."""
        setting = self._at.settings[name]
        return {
            "method": method,
            "method_kind": "model",
            "model": model,
            "init": written.init,
            "freeze": written.freeze,
            **setting.training,
            "teaching": self.teaching(setting, model),
            "backbone": self.backbone(name, model),
        }

    def teaching(self, setting: Setting, model: ResolvedModel) -> Teaching | None:
        """What a model learns from a teacher at a setting; None without one."""
        wanted = setting.distillation
        named = wanted.teacher if wanted is not None else None
        source = self._source(named) if named in self._at.config.models else None
        return teaching(setting, model, source)

    def backbone(self, name: str, model: ResolvedModel) -> TrainedLayers | None:
        """The trained layers with which a model, or a control of it, begins.

        Raises
        ------
        SpecError
            Their shapes differ in the two models, or the other one knows rows that judge this.
        Unsupported
            It is a control that has not all of these layers.
        """
        at = self._at
        mark = backbone_of(at.config.models[name])
        if mark is None:
            return None
        place = ("models", name, "layers", 0, "backbone")
        source = self._source(mark.model)
        if fault := unfair_knowledge(source, at.settings[name]):
            raise at.error((*place, "model"), fault)
        prefixes = tuple(f"{n}." for n in range(int(mark.until or 0)))
        shapes = {p.name: p.shape for p in at.models[mark.model].parameters if p.size}
        wanted = {n: shape for n, shape in shapes.items() if n.startswith(prefixes)}
        here = {p.name: p.shape for p in model.parameters if p.size and p.name.startswith(prefixes)}
        if here != wanted and model is not at.models.get(name):
            raise Unsupported("it changes layers of the backbone, whose weights are trained")
        if here != wanted:
            said = next(n for n in wanted if here.get(n) != wanted[n])
            message = f"parameter {said} is {wanted[said]} in '{mark.model}', here {here.get(said)}"
            raise at.error(place, message)
        return TrainedLayers(source.work, tuple(wanted), mark.freeze)

    def _members(self, name: str) -> list[str]:
        return self._at.config.models[name].ensemble

    def _one(self, name: str) -> Work:
        model = self._at.models[name]
        return training_somewhere(
            self._at, model, self.fields(name, name, self._at.written[name], model)
        )

    def _source(self, name: str) -> Source:
        """A trained model whose outputs others need."""
        leaves = self._at.leaves(name)
        behind = [n for n in everything_needed(self._at.config, name) if n not in leaves]
        known = [n for n in (*leaves, *behind) if not self._members(n)]
        trained, behind_too = (
            tuple(self._at.settings[n] for n in names) for names in (leaves, known)
        )
        n_outputs = self._at.models[leaves[0]].n_outputs
        return Source(name, self.of(name), n_outputs, trained, behind_too)

    def _ensemble(self, name: str) -> Work:
        """The mean of its members' outputs, on the suite's test rows."""
        at, members = self._at, self._members(name)
        setting, info = at.settings[name], find(CLASSICAL, at.registry)
        for position, member in enumerate(members):
            fault = fault_of(self._source(member), setting)
            if fault:
                raise at.error(("models", name, "ensemble", position), fault)
        numbers = sorted({at.models[leaf].n_outputs for leaf in at.leaves(name)})
        if len(numbers) > 1:
            message = f"its members have different numbers of outputs: {numbers}"
            raise at.error(("models", name, "ensemble"), message)
        return Work(
            task=ENSEMBLE,
            method=name,
            method_kind="model",
            backend=info,
            version=info.default_version,
            variant=info.name,
            data=setting.request,
            data_digest=setting.data.digest,
            loss="cross_entropy",
            metrics=setting.metrics,
            members=tuple(map(self.of, members)),
        )
