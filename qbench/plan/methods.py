"""What one point of the grid asks for: its models on their backends, its baselines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from qbench.backend import Execution
from qbench.exceptions import SpecError, UnknownNameError, Unsupported
from qbench.plan.controls import DERIVED, WrittenModel
from qbench.plan.dataset import leak_between
from qbench.plan.drawing import component_indices, fixed_samples, gradient_request
from qbench.plan.layers import mlp, resolve_model
from qbench.plan.mixed import in_mixed_precision
from qbench.plan.models import ResolvedModel, circuit_model, matched_hidden_units
from qbench.plan.quantum_data import state_misfit
from qbench.plan.settings import Setting
from qbench.plan.teaching import Source, Teaching, fault_of, teaching
from qbench.plan.trial import ENSEMBLE, TrainedLayers, Work
from qbench.plan.variants import Variant, resolve_variants
from qbench.registry import BackendInfo, find, pins
from qbench.spec import (
    Point,
    control_key,
    everything_needed,
    measures_circuits,
    written_layers,
)
from qbench.spec.backbones import backbone_of, own_layers
from qbench.spec.problems import Path as KeyPath
from qbench.spec.problems import Problem, ProblemError
from qbench.worker.textbook import textbook_refusal

CLASSICAL = "baselines"
"""The backend whose environment trains classical models and fits estimators."""

MLP_HIDDEN = 32
"""Hidden units of the ``mlp`` baseline."""

SINGLE_SEED = ("gradient_variance", "diagnose", "speed")
"""Tasks whose repetitions are draws or rounds under the first seed."""


class PointPlanner:
    """Turns one point's configuration into work."""

    def __init__(self, point: Point, registry: Mapping[str, BackendInfo]) -> None:
        self.point, self.config, self.registry = point, point.config, registry

        self.suite = Setting(point)
        self._trainings: dict[str, Work] = {}

    @cached_property
    def settings(self) -> dict[str, Setting]:
        """The data and trainer of each model."""
        return {name: Setting(self.point, name) for name in self.config.models}

    def works(self) -> Iterator[Work]:
        """Models with their controls, then baselines, as in the file; or circuits alone."""
        if measures_circuits(self.config):
            timed = self.config.task == "speed"
            for name in self.config.circuits:
                yield from self._timed_works(name) if timed else self._circuit_works(name)
            return
        for name in self.config.train:
            if self.config.models[name].ensemble:
                yield self._training(name)
                continue
            yield from self._model_works(name)
            if self.models[name].is_quantum:
                yield from (self._control_work(name, control) for control in self.config.controls)
        for baseline in self.config.baselines:
            yield self._baseline_work(baseline)

    def _model_works(self, name: str) -> Iterator[Work]:
        model = self.models[name]
        common = self._trained(name, name, self.written[name], model)
        if not model.is_quantum:
            if self.config.task == "train":
                yield self._classical(common)
            return
        works = [self._on(variant, model, common) for variant in self.variants]
        if self.config.task == "train":
            yield from (replace(work, gradient_course=self._course) for work in works)
        gradient = self._gradient_of(name, model)
        for work in works if gradient is not None else ():
            # the draws replace the initial weights; how training goes on is no part of it
            yield replace(
                work,
                task="gradient_variance",
                teaching=None,
                trainer={"batch_size": work.trainer["batch_size"]},
                gradient=gradient,
                backbone=None,
                metrics=(),
                target=None,
                freeze=(),
            )

    def _trained(
        self, name: str, method: str, written: WrittenModel, model: ResolvedModel
    ) -> dict[str, Any]:
        """What the training of a model, or of one derived from it, is, wherever it runs."""
        return {
            "method": method,
            "method_kind": "model",
            "model": model,
            "init": written.init,
            "freeze": written.freeze,
            **self.settings[name].training,
            "teaching": self._teaching(self.settings[name], model),
            "backbone": self._backbone(name, model),
        }

    def _backbone(self, name: str, model: ResolvedModel) -> TrainedLayers | None:
        """The trained layers with which a model, or a control of it, begins.

        Raises
        ------
        SpecError
            Their shapes differ in the two models, or the other one knows rows that judge this.
        Unsupported
            It is a control that has not all of these layers.
        """
        mark = backbone_of(self.config.models[name])
        if mark is None:
            return None
        place = ("models", name, "layers", 0, "backbone")
        source = self._source(mark.model)
        for known in source.known:
            if fault := leak_between(known.request, self.settings[name].request):
                raise self._error((*place, "model"), f"'{known.name}' {fault}")
        prefixes = tuple(f"{n}." for n in range(int(mark.until or 0)))
        shapes = {p.name: p.shape for p in self.models[mark.model].parameters if p.size}
        wanted = {n: shape for n, shape in shapes.items() if n.startswith(prefixes)}
        here = {p.name: p.shape for p in model.parameters if p.size and p.name.startswith(prefixes)}
        if here != wanted and model is not self.models.get(name):
            raise Unsupported("it changes layers of the backbone, whose weights are trained")
        if here != wanted:
            said = next(n for n in wanted if here.get(n) != wanted[n])
            message = f"parameter {said} is {wanted[said]} in '{mark.model}', here {here.get(said)}"
            raise self._error(place, message)
        return TrainedLayers(source.work, tuple(wanted), mark.freeze)

    def _teaching(self, setting: Setting, model: ResolvedModel) -> Teaching | None:
        wanted = setting.distillation
        named = wanted.teacher if wanted is not None else None
        source = self._source(named) if named in self.config.models else None
        return teaching(setting, model, source)

    def _source(self, name: str) -> Source:
        """A trained model whose outputs others need."""
        leaves = self._leaves(name)
        behind = [n for n in everything_needed(self.config, name) if n not in leaves]
        known = [n for n in (*leaves, *behind) if not self.config.models[n].ensemble]
        trained, behind_too = (tuple(self.settings[n] for n in ns) for ns in (leaves, known))
        n_outputs = self.models[leaves[0]].n_outputs
        return Source(name, self._training(name), n_outputs, trained, behind_too)

    def _leaves(self, name: str) -> list[str]:
        """A model itself, or the members of an ensemble and of the ensembles among these."""
        members = self.config.models[name].ensemble
        return [leaf for member in members for leaf in self._leaves(member)] or [name]

    def _ensemble(self, name: str) -> Work:
        """The mean of its members' outputs, on the suite's test rows."""
        setting, info = self.settings[name], find(CLASSICAL, self.registry)
        for position, member in enumerate(self.config.models[name].ensemble):
            fault = fault_of(self._source(member), setting)
            if fault:
                raise self._error(("models", name, "ensemble", position), fault)
        numbers = sorted({self.models[leaf].n_outputs for leaf in self._leaves(name)})
        if len(numbers) > 1:
            message = f"its members have different numbers of outputs: {numbers}"
            raise self._error(("models", name, "ensemble"), message)
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
            members=tuple(map(self._training, self.config.models[name].ensemble)),
        )

    def _training(self, name: str) -> Work:
        """The training of a model that others need: on one backend, since all agree."""
        if name not in self._trainings:
            self._trainings[name] = self._made(name)
        return self._trainings[name]

    def _made(self, name: str) -> Work:
        if self.config.models[name].ensemble:
            return self._ensemble(name)
        model = self.models[name]
        return self._somewhere(model, self._trained(name, name, self.written[name], model))

    def _somewhere(self, model: ResolvedModel, common: Mapping[str, Any]) -> Work:
        """A training where it can run: the first backend of the suite that can."""
        if not model.is_quantum:
            return self._classical(common)
        works = [self._on(variant, model, common) for variant in self.variants]
        works.sort(key=lambda work: work.execution is None or work.execution.gradient_factor != 1)
        first = next((work for work in works if work.refusal is None), works[0])
        return replace(first, task="train", gradient_course=self._course)

    @property
    def _course(self) -> bool:
        recorded = self.config.record.gradient_variance
        return recorded is not None and recorded.course

    def _control_work(self, name: str, control: str) -> Work:
        """A control of a quantum model, where it can run: on one backend, since all agree.

        What changes nothing in the model is the same trial as the model.
        """
        key = control_key(name, control)
        if control == "mlp_matched":
            place = ("controls", self.config.controls.index("mlp_matched"))
            setting = self.settings[name]
            hidden = self._matched_units(name, setting, setting.data.n_features, place)
            twin = self._mlp(key, setting, setting.data.n_features, hidden)
            return replace(twin, is_control=True)
        refusal = None
        try:
            written = DERIVED[control](self.written[name])
        except Unsupported as reason:
            written, refusal = self.written[name], str(reason)
        model = self._resolved(name, written)
        try:
            self._backbone(name, model)
        except Unsupported as reason:
            written, refusal, model = self.written[name], str(reason), self.models[name]
        if control == "product_twin" and refusal is None:
            model = replace(model, circuits=())  # no backend runs them
        common = self._trained(name, key, written, model) | {"is_control": True}
        if control == "linear_twin":  # its values are no probabilities
            common["loss"] = self.settings[name].loss_of_logits
        work = self._somewhere(model, common)
        return replace(work, refusal=refusal or work.refusal) if model.is_quantum else work

    def _gradient_of(self, name: str, model: ResolvedModel) -> dict[str, Any] | None:
        """What is drawn for a model: as ``gradient`` says, or beside a training ``record``."""
        own, gradient = self.config.models[name].init.quantum, self.config.gradient
        if self.config.task == "train":
            recorded = self.config.record.gradient_variance
            if recorded is None or backbone_of(self.config.models[name]) is not None:
                return None
            samples = fixed_samples(recorded.n_samples)
            return {"init": own.model_dump(), "component": "all", "n_samples": samples}
        if backbone_of(self.config.models[name]) is not None:
            message = "has a trained backbone: its gradient is not one of random weights"
            raise self._error(("models", name), message)
        rule = gradient.init if "init" in gradient.model_fields_set else own
        n_weights = model.count("quantum")
        beyond = [i for i in component_indices(gradient.component, n_weights) if i >= n_weights]
        if beyond:
            message = f"weight {beyond[0]}: model '{name}' has weights 0 to {n_weights - 1}"
            raise self._error(("gradient", "component"), message)
        return gradient_request(self.config, rule.model_dump())

    def _circuit_works(self, name: str) -> Iterator[Work]:
        """A circuit alone, on each backend: no data, nothing trained."""
        built = self.config.circuits[name].build()
        gradient = gradient_request(self.config)
        gradient["axes"] = built.axis_inputs
        if gradient["init"]["name"] == "block_identity":
            gradient["mirrored"] = sorted(built.mirrored.items())
        common: dict[str, Any] = {
            "method": name,
            "method_kind": "circuit",
            "model": circuit_model(built),
            "circuit": built,
            "cost": _cost(self.config.circuits[name].measure),
            "gradient": gradient,
        }
        for variant in self.variants:
            work = self._on(variant, common["model"], common)
            if self.config.task == "diagnose" and not variant.backend.capabilities.states:
                reason = f"{variant.backend.name} does not yield states"
                work = replace(work, refusal=work.refusal or reason)
            yield work

    def _timed_works(self, name: str) -> Iterator[Work]:
        """A circuit alone, on each backend: each measure at each batch size."""
        built, speed = self.config.circuits[name].build(), self.config.speed
        common: dict[str, Any] = {
            "method": name,
            "method_kind": "circuit",
            "model": circuit_model(built),
            "circuit": built,
            "control": speed.control,
        }
        works = [self._on(variant, common["model"], common) for variant in self.variants]
        shared = {"rounds": speed.rounds, "min_time": speed.min_time}
        optimizer = {"optimizer": self.config.trainer.optimizer.model_dump()}
        for measure in speed.measure:
            for batch_size in speed.batch_size:
                one = {"measure": measure, "batch_size": batch_size}
                axes = {key: str(value) for key, value in one.items()}
                trainer = optimizer if measure == "step" else {}
                for work in works:
                    yield replace(work, speed=one | shared, own_axes=axes, trainer=trainer)

    def _on(self, variant: Variant, model: ResolvedModel, common: Mapping[str, Any]) -> Work:
        refusal = variant.refusal
        for circuit in model.circuits:
            if variant.execution is not None:
                circuit = variant.execution.circuit_run(circuit)
                refusal = refusal or textbook_refusal(circuit, variant.execution)
            refusal = refusal or variant.backend.capabilities.refusal(circuit)
        work = Work(
            task=self.config.task,
            backend=variant.backend,
            version=variant.version,
            variant=variant.text,
            execution=variant.execution,
            refusal=refusal,
            pins_digest=pins(variant.backend, variant.version).digest,
            **common,
        )
        return in_mixed_precision(work)

    def _classical(self, common: Mapping[str, Any]) -> Work:
        info = find(CLASSICAL, self.registry)
        execution = Execution(
            device="torch", diff_method="backprop", threads=self.config.execution.threads
        )
        work = Work(
            task="train",
            backend=info,
            version=info.default_version,
            variant=info.name,
            execution=execution,
            pins_digest=pins(info).digest,
            **common,
        )
        return in_mixed_precision(work)

    def _baseline_work(self, baseline: Any) -> Work:
        data = self.suite.data
        n_features = data.n_features if baseline.inputs == "reduced" else data.n_raw
        common: dict[str, Any] = {
            "method": baseline.key,
            "method_kind": "baseline",
            "inputs": baseline.inputs,
        }
        if baseline.name in ("mlp", "mlp_matched"):
            hidden = int(self._options("mlp").get("hidden_units", MLP_HIDDEN))
            if baseline.name == "mlp_matched":
                place = ("baselines", self.config.baselines.index(baseline))
                hidden = self._matched_units(baseline.to, self.suite, n_features, place)
            trained = self._mlp(baseline.key, self.suite, n_features, hidden)
            return replace(trained, inputs=baseline.inputs)
        info = find(CLASSICAL, self.registry)
        return Work(
            task="fit",
            backend=info,
            version=info.default_version,
            variant=info.name,
            estimator={"name": baseline.name, "options": dict(self._options(baseline.name))},
            pins_digest=pins(info).digest,
            data=self.suite.request,
            data_digest=data.digest,
            metrics=self.suite.metrics,
            **common,
        )

    def _options(self, baseline: str) -> Mapping[str, Any]:
        """What a search gives a baseline."""
        return self.point.options.get(baseline, {})

    def _mlp(self, method: str, setting: Setting, n_features: int, hidden: int) -> Work:
        model = mlp(n_features, hidden, setting.n_outputs)
        common = {
            "method": method,
            "method_kind": "baseline",
            "model": model,
            "init": {"classical": {"name": "glorot_uniform"}},
            "teaching": self._teaching(setting, model),
        }
        return self._classical(common | setting.training | {"loss": setting.loss_of_logits})

    def _matched_units(self, to: str, setting: Setting, n_features: int, place: KeyPath) -> int:
        target = self.models[to]
        budget = target.count("quantum") + target.count("classical")
        hidden = matched_hidden_units(n_features, setting.n_outputs, budget)
        if hidden == 0:
            raise self._error(
                place,
                f"mlp_matched: '{to}' has {budget} parameters, "
                f"fewer than the smallest MLP on {n_features} inputs",
            )
        return hidden

    @cached_property
    def variants(self) -> list[Variant]:
        """The backends that the suite names, with their options resolved."""
        try:
            return resolve_variants(self.config, self.registry)
        except UnknownNameError as error:
            raise self._error(("backends",), str(error)) from error

    @cached_property
    def written(self) -> dict[str, WrittenModel]:
        """Every model of the point as the suite writes it, expressions evaluated."""
        if not self.config.models:
            return {}
        circuits = {name: circuit.build() for name, circuit in self.config.circuits.items()}
        written = {}
        for name, model in self.config.models.items():
            if model.ensemble:
                continue
            names = {"n_classes": self.settings[name].n_outputs}
            layers = written_layers(own_layers(model), names)
            init, freeze = model.init.model_dump(), tuple(model.freeze)
            written[name] = WrittenModel(layers, circuits, init, freeze)
        return written

    @cached_property
    def models(self) -> dict[str, ResolvedModel]:
        """Every model of the point, resolved on this data."""
        resolved = {}
        for name, written in self.written.items():
            resolved[name] = self._resolved(name, written)
            self.settings[name].check_outputs(resolved[name])
        return resolved

    def _resolved(self, name: str, written: WrittenModel) -> ResolvedModel:
        data = self.settings[name].data
        misfit = state_misfit(written, self.settings[name].request)
        if misfit is not None:
            raise self._error(("models", name, "layers"), misfit)
        try:
            return resolve_model(
                written.layers,
                written.circuits,
                n_features=data.n_features,
                image_shape=data.image_shape,
            )
        except ProblemError as error:
            found = [Problem(("models", name, *p.path), p.message) for p in error.problems]
            raise self.point.error(*found) from None

    def _error(self, path: KeyPath, message: str) -> SpecError:
        return self.point.error(Problem(path, message))


def _cost(measure: Mapping[str, Any]) -> str:
    """The observable as the suite writes it."""
    value = measure.get("expval", "probs")
    return value if isinstance(value, str) else ", ".join(value)
