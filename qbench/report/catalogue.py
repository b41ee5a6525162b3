"""What a suite can name, with a line about each, from the registries themselves."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from qbench.exceptions import UnknownNameError

if TYPE_CHECKING:
    from qbench.data import DatasetInfo

Entry = dict[str, Any]
"""Plain values; ``name`` and ``about`` stand in each."""


def entries(kind: str) -> list[Entry]:
    """Everything of one kind in KINDS.

    Raises
    ------
    UnknownNameError
        There is no such kind; suggests the nearest.
    """
    if kind not in KINDS:
        near = get_close_matches(kind, KINDS, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise UnknownNameError(f"nothing of the kind {kind!r}; {hint}There are: {', '.join(KINDS)}")
    return list(KINDS[kind]())


def _backends() -> Sequence[Entry]:
    from qbench.registry import load_registry

    return [
        {
            "name": info.name,
            "versions": ", ".join(info.versions),
            "about": info.description,
            "modes": [
                f"{m.device}, {m.diff_method}, {m.tier}{', shots' * m.shots}"
                f"{', cuda' * ('cuda' in info.capabilities.accelerators_of(m))}"
                for m in info.capabilities.modes
            ],
        }
        for info in load_registry().values()
        if info.adapter
    ]


def _suites() -> Sequence[Entry]:
    from qbench.registry import suites_dir
    from qbench.spec.document import read_document

    found = []
    for path in sorted(suites_dir().glob("*.yaml")):
        data = read_document(path).data
        profiles = data.get("profiles") or {}
        about = str(data.get("description", "")).strip()
        found.append({"name": path.stem, "profiles": ", ".join(profiles), "about": about})
    return found


def _datasets() -> Sequence[Entry]:
    from qbench.data import DATASETS

    return [_dataset(info) for info in DATASETS.values()]


def _dataset(info: DatasetInfo) -> Entry:
    """Sizes are None where they are those of the user's own file."""
    known = info.n_samples > 0
    return {
        "name": info.name,
        "task": info.task,
        "samples": info.n_samples if known else None,
        "features": info.n_features if known else None,
        "classes": info.n_classes if known else None,
        "options": ", ".join(
            f"{key}={value}" if value != "" else key for key, value in info.options.items()
        ),
        "about": info.title,
        "source": info.source,
        "licence": info.licence,
    }


def _baselines() -> Sequence[Entry]:
    from qbench.plan.layers import mlp
    from qbench.plan.methods import MLP_HIDDEN
    from qbench.spec.config import BASELINES
    from qbench.worker.estimators.fitting import KINDS as ESTIMATORS

    found = []
    for name, (model, _) in BASELINES.items():
        if name in ESTIMATORS:
            classes = [f"{made.__name__} for {task}" for task, made in ESTIMATORS[name].items()]
            about = f"scikit-learn's {', '.join(classes)}"
        else:
            own = _first_line(mlp).partition(",")[0]
            about = f"{own} of {MLP_HIDDEN} units" if name == "mlp" else _first_line(model)
        options = [option for option in model.model_fields if option != "name"]
        found.append({"name": name, "options": ", ".join(options), "about": about})
    return found


def _encodings() -> Sequence[Entry]:
    from qbench.circuit.encodings import ENCODINGS

    return _functions(ENCODINGS)


def _ansatze() -> Sequence[Entry]:
    from qbench.circuit.ansatze import ANSATZE

    return _functions(ANSATZE)


def _entanglements() -> Sequence[Entry]:
    from qbench.circuit.entanglement import ENTANGLEMENTS

    return _functions(ENTANGLEMENTS)


def _functions(registry: Mapping[str, Callable[..., Any]]) -> list[Entry]:
    """Names with their options and defaults, and the first line of each docstring."""
    found = []
    for name, function in registry.items():
        parameters = inspect.signature(function).parameters.values()
        options = [f"{p.name}={p.default}" for p in parameters if p.kind is p.KEYWORD_ONLY]
        found.append({"name": name, "options": ", ".join(options), "about": _first_line(function)})
    return found


def _first_line(documented: object) -> str:
    """The first paragraph of a docstring in one line."""
    paragraph = (inspect.getdoc(documented) or "").split("\n\n")[0]
    return " ".join(paragraph.split())


def _metrics() -> Sequence[Entry]:
    from qbench.stats import metric_names
    from qbench.stats.metrics import HIGHER_IS_BETTER

    found = []
    for task in ("classification", "regression"):
        for name in metric_names(task):
            better = "higher" if HIGHER_IS_BETTER[name] else "lower"
            found.append({"name": name, "task": task, "about": f"{better} is better"})
    return found


def _gates() -> Sequence[Entry]:
    from qbench.circuit.gates import GATES

    found = []
    for gate in GATES.values():
        kind = "fixed" if not gate.n_angles else f"shift rule of {_terms(gate.frequencies)} terms"
        about = f"{kind}, diagonal" if gate.diagonal else kind
        row = {"name": gate.name, "wires": gate.n_wires, "angles": gate.n_angles, "about": about}
        found.append(row)
    return found


def _terms(frequencies: Sequence[Sequence[float]]) -> str:
    return ", ".join(str(2 * len(each)) for each in dict.fromkeys(frequencies))


KINDS: Mapping[str, Callable[[], Sequence[Entry]]] = {
    "backends": _backends,
    "suites": _suites,
    "datasets": _datasets,
    "baselines": _baselines,
    "encodings": _encodings,
    "ansatze": _ansatze,
    "metrics": _metrics,
    "entanglements": _entanglements,
    "gates": _gates,
}
"""Every kind that can be listed."""
