"""A point of the grid with what its names stand for: data, models, backends."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from qbench.circuit.build import BuiltCircuit
from qbench.exceptions import SpecError, UnknownNameError
from qbench.plan.controls import WrittenModel
from qbench.plan.layers import resolve_model
from qbench.plan.models import ResolvedModel
from qbench.plan.quantum_data import state_misfit
from qbench.plan.settings import Setting
from qbench.plan.variants import Variant, resolve_variants
from qbench.registry import BackendInfo
from qbench.spec import Point, written_layers
from qbench.spec.backbones import own_layers
from qbench.spec.problems import Path as KeyPath
from qbench.spec.problems import Problem, ProblemError


class ResolvedPoint:
    """What a point names, resolved when it is first asked for."""

    def __init__(self, point: Point, registry: Mapping[str, BackendInfo]) -> None:
        self.point, self.config, self.registry = point, point.config, registry
        self.suite = Setting(point)

    @cached_property
    def settings(self) -> dict[str, Setting]:
        """The data and trainer of each model."""
        return {name: Setting(self.point, name) for name in self.config.models}

    @cached_property
    def variants(self) -> list[Variant]:
        """The backends that the suite names, with their options resolved."""
        try:
            return resolve_variants(self.config, self.registry)
        except UnknownNameError as error:
            raise self.error(("backends",), str(error)) from error

    @cached_property
    def circuits(self) -> dict[str, BuiltCircuit]:
        """Every circuit of the point."""
        return {name: circuit.build() for name, circuit in self.config.circuits.items()}

    @cached_property
    def written(self) -> dict[str, WrittenModel]:
        """Every model of the point as the suite writes it, expressions evaluated."""
        written = {}
        for name, model in self.config.models.items():
            if model.ensemble:
                continue
            names = {"n_classes": self.settings[name].n_outputs}
            layers = written_layers(own_layers(model), names)
            init, freeze = model.init.model_dump(), tuple(model.freeze)
            written[name] = WrittenModel(layers, self.circuits, init, freeze)
        return written

    @cached_property
    def models(self) -> dict[str, ResolvedModel]:
        """Every model of the point, resolved on its data."""
        resolved = {}
        for name, written in self.written.items():
            resolved[name] = self.resolve(name, written)
            self.settings[name].check_outputs(resolved[name])
        return resolved

    def resolve(self, name: str, written: WrittenModel) -> ResolvedModel:
        """A model, or one derived from it, on the model's data.

        Raises
        ------
        SpecError
            A layer doesn't fit what it gets.
        """
        data = self.settings[name].data
        misfit = state_misfit(written, self.settings[name].request)
        if misfit is not None:
            raise self.error(("models", name, "layers"), misfit)
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

    def leaves(self, name: str) -> list[str]:
        """A model itself, or the members of an ensemble and of the ensembles among these."""
        members = self.config.models[name].ensemble
        return [leaf for member in members for leaf in self.leaves(member)] or [name]

    def error(self, path: KeyPath, message: str) -> SpecError:
        """A mistake, told with its place in the file."""
        return self.point.error(Problem(path, message))
