"""Names that must fit together across a suite: circuits, models, baselines, backends."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from qbench.exceptions import CircuitError
from qbench.spec.backbones import with_backbones
from qbench.spec.backends import ALL, ANY
from qbench.spec.config import BASELINES, MatchedMlp, SuiteConfig
from qbench.spec.controls import control_key
from qbench.spec.data_checks import check_data, check_search, check_validation
from qbench.spec.dependencies import dependency_problems, head_problems
from qbench.spec.layers import Quantum, Quanv2d, walk
from qbench.spec.models import ModelConfig, resolve_bases
from qbench.spec.own_settings import own_problems
from qbench.spec.problems import Path, Problem, unknown
from qbench.spec.published import unrecorded
from qbench.spec.trainability import check_task
from qbench.spec.training import LABEL_SMOOTHING


def completed(config: SuiteConfig) -> SuiteConfig:
    """The configuration with bases, ``train`` and ``mlp_matched.to`` resolved.

    Raises
    ------
    ProblemError
        A base that doesn't exist or runs in a circle.
    """
    models = with_backbones(resolve_bases(config.models))
    train = config.train or list(models)
    quantum = _quantum(train, models)
    single = [name for name in train if name not in models or not models[name].ensemble]
    size_of = next(iter(quantum + single), None)
    baselines = [
        baseline.matched_to(size_of) if isinstance(baseline, MatchedMlp) else baseline
        for baseline in config.baselines
    ]
    keys = [b.key for b in baselines if config.baseline in (b.key, b.name)]
    update: dict[str, Any] = {"models": models, "train": train, "baselines": baselines}
    if config.task != "train" and "seeds" not in config.model_fields_set:
        update["seeds"] = config.seeds[:1]
    if len(keys) == 1 and config.baseline not in train:
        update["baseline"] = keys[0]
    return config.model_copy(update=update)


def check(
    config: SuiteConfig,
    known_backends: Collection[str] | None = None,
    known_datasets: Collection[str] | None = None,
) -> list[Problem]:
    """Everything in a completed configuration that doesn't fit together.

    Parameters
    ----------
    known_datasets : names, or a mapping from each name to the names of its options
    """
    own = [*own_problems(config)]
    own += [] if own else dependency_problems(config)
    problems = [
        *_check_models(config),
        *own,
        *_check_baselines(config),
        *_check_controls(config),
        *([] if own else check_validation(config)),
        *([] if own else head_problems(config)),
        *_check_circuits(config),
        *unrecorded(config.published, config.record.metrics),
        *([] if own else check_search(config)),
        *check_task(config),
    ]
    return [
        *problems,
        *([] if own else check_data(config, known_datasets)),
        *_check_backends(config, known_backends),
    ]


def _circuits(layers: Iterable[object]) -> list[tuple[Path, str]]:
    """Names of circuits with the path of the key that holds each."""
    return [
        ((*place, layer.type, "circuit"), layer.circuit)
        for place, layer in walk(layers)
        if isinstance(layer, Quantum | Quanv2d)
    ]


def _quantum(train: Iterable[str], models: Mapping[str, ModelConfig]) -> list[str]:
    return [name for name in train if name in models and _circuits(models[name].layers)]


def methods(config: SuiteConfig) -> list[str]:
    """What tables have rows of: models, their controls, baselines."""
    quantum = _quantum(config.train, config.models)
    controls = [control_key(name, control) for name in quantum for control in config.controls]
    return [*config.train, *controls, *(b.key for b in config.baselines)]


def _check_models(config: SuiteConfig) -> Iterator[Problem]:
    for name, model in config.models.items():
        for below, circuit in _circuits(model.layers):
            if circuit not in config.circuits:
                place: Path = ("models", name, "layers", *below)
                if model.base is not None:
                    place = ("models", name, "replace")
                yield Problem(place, unknown("circuit", circuit, config.circuits))
        if name in BASELINES:
            yield Problem(("models", name), "this name is taken by a baseline; choose another")
        if name == LABEL_SMOOTHING:
            yield Problem(("models", name), "this name is taken by a teacher; choose another")
    for position, name in enumerate(config.train):
        if name not in config.models:
            yield Problem(("train", position), unknown("model", name, config.models))


def _check_baselines(config: SuiteConfig) -> Iterator[Problem]:
    values: set[tuple[str, str, str | None]] = set()
    for position, baseline in enumerate(config.baselines):
        place: Path = ("baselines", position)
        value = (baseline.name, baseline.inputs, baseline.to)
        if value in values:
            yield Problem(place, f"'{baseline.key}' is listed twice")
        values.add(value)
        if isinstance(baseline, MatchedMlp):
            if baseline.to is None:
                yield Problem(place, "mlp_matched takes its size from a model, and there is none")
            elif baseline.to not in config.models:
                message = unknown("model", baseline.to, config.models)
                yield Problem((*place, "mlp_matched", "to"), message)
            elif config.models[baseline.to].ensemble:
                message = f"'{baseline.to}' is an ensemble; name one of its members"
                yield Problem((*place, "mlp_matched", "to"), message)
    names = methods(config)
    if isinstance(config.baseline, str) and config.baseline not in names:
        message = unknown("model or baseline", config.baseline, names)
        yield Problem(("baseline",), message)


def _check_controls(config: SuiteConfig) -> Iterator[Problem]:
    for position, control in enumerate(config.controls):
        if control in config.controls[:position]:
            yield Problem(("controls", position), f"'{control}' is listed twice")
    if not config.controls:
        return
    if config.task != "train":
        message = f"task {config.task} trains nothing; leave them out"
        yield Problem(("controls",), message)
    elif not _quantum(config.train, config.models):
        yield Problem(("controls",), "are of quantum models, and `train` has none")


_CIRCUIT_KEYS = (
    "n_qubits",
    "encoding",
    "ansatz",
    "measure",
    "gates",
    "reupload",
    "trainable_scale",
)


def _check_circuits(config: SuiteConfig) -> Iterator[Problem]:
    for name, circuit in config.circuits.items():
        try:
            circuit.build()
        except CircuitError as error:
            message = str(error)
            first = message.replace(":", " ").split(maxsplit=1)[0]
            first = "measure" if first in ("observable", "expval", "probs") else first
            place: Path = ("circuits", name)
            yield Problem((*place, first) if first in _CIRCUIT_KEYS else place, message)


def _check_backends(config: SuiteConfig, known: Collection[str] | None) -> Iterator[Problem]:
    seen: set[str] = set()
    for position, choice in enumerate(config.backends):
        place = ("backends", position)
        if known is not None and choice.name not in (*known, ANY, ALL):
            yield Problem(place, unknown("backend", choice.name, (*known, ANY, ALL)))
        if choice.key in seen:
            yield Problem(place, f"'{choice.key}' is listed twice")
        seen.add(choice.key)


def check_reference(config: SuiteConfig, axes: dict[str, list[str]]) -> list[Problem]:
    """What is wrong with ``baseline: {axis: value}``."""
    if not isinstance(config.baseline, dict):
        return []
    known = {
        **axes,
        "model": methods(config),
        "backend": [b.label or b.key for b in config.backends],
    }
    problems = []
    for axis, label in config.baseline.items():
        place = ("baseline", axis)
        if axis not in known:
            problems.append(Problem(place, unknown("axis", axis, known)))
        elif label not in known[axis]:
            problems.append(Problem(place, unknown("value", label, known[axis])))
    return problems
