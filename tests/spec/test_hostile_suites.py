"""Whatever stands where in a suite, it is accepted or refused with a SpecError."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qbench.exceptions import SpecError
from qbench.spec import load_suite

RICH: dict[str, Any] = {
    "qbench": 1,
    "name": "rich",
    "description": "words",
    "seeds": [1, 2],
    "fix": ["split"],
    "baseline": {"model": "qnn"},
    "budget": {"trial": "15min", "memory": "4GB"},
    "data": {
        "name": "digits",
        "options": {"noise": 1},
        "classes": [1, 2],
        "split": {"train": {"per_class": 3}, "validation": 0.2, "test": "all"},
        "transform": ["standardize", {"pca": 2}, {"min_max": [0, "=pi"]}],
    },
    "circuits": {
        "c": {
            "n_qubits": "=n",
            "encoding": {"name": "angle", "rotation": "RX"},
            "ansatz": {"name": "hardware_efficient", "rotations": ["RY"], "n_layers": 1},
            "measure": {"expval": ["Z0", "X1"]},
        },
        "g": {"n_qubits": 1, "gates": [["RX", 0, "w"], {"repeat": 2, "gates": [["H", 0]]}]},
    },
    "models": {
        "qnn": {
            "layers": [{"dense": {"units": 2}}, {"quantum": {"circuit": "c", "copies": 1}}],
            "init": {"quantum": {"uniform": [0, 1]}},
            "freeze": ["quantum"],
        },
        "twin": {"base": "qnn", "replace": {"quantum": {"dense": 2}}},
    },
    "train": ["qnn"],
    "baselines": ["svm_rbf", {"name": "mlp", "inputs": "raw"}, {"mlp_matched": {"to": "qnn"}}],
    "backends": ["any", "pennylane[tier=expert]", {"name": "x", "options": {"shots": 3}}],
    "execution": {"threads": 2, "shots": None},
    "trainer": {
        "epochs": 3,
        "optimizer": {"name": "sgd", "momentum": 0.1},
        "scheduler": "cosine",
        "early_stopping": {"patience": 2},
    },
    "record": {"metrics": ["accuracy"], "target": {"metric": "train_loss", "value": 1}},
    "matrix": {"n": [2, 3], "trainer.batch_size": {"small": 1}},
    "profiles": {"quick": {"trainer.epochs": 1, "data.split": {"train": 3}}},
}


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    return [(*path, key) for key, _ in items] + [
        deeper for key, inner in items for deeper in paths(inner, (*path, key))
    ]


WORDS = st.sampled_from(
    ["none", "name", "type", "all", "=n", "=n_classes", "n_classes", "c", "qnn", "=[1]", "", "a.b",
     "base", "layers", "to", "inputs", "range", "=pi**9", "quantum", "matrix", "twin"]
)  # fmt: skip
LEAVES = st.none() | st.booleans() | st.integers(-3, 40) | st.floats(-2, 2) | WORDS
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=5,
)


def test_the_rich_suite_itself_is_valid(tmp_path: Path) -> None:
    path = tmp_path / "suite.yaml"
    path.write_text(json.dumps(RICH, indent=1))
    assert len(load_suite(path, profile="quick").points) == 2


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    place=st.sampled_from(paths(RICH)),
    value=VALUES,
    rename=st.none() | WORDS,
    profile=st.sampled_from([None, "quick"]),
)
def test_any_value_or_key_in_any_place_is_valid_or_refused(
    tmp_path: Path, place: tuple[Any, ...], value: Any, rename: str | None, profile: str | None
) -> None:
    suite = copy.deepcopy(RICH)
    node: Any = suite
    for key in place[:-1]:
        node = node[key]
    if rename is not None and isinstance(node, dict):
        node[rename] = node.pop(place[-1])
    else:
        node[place[-1]] = value
    path = tmp_path / "suite.yaml"
    path.write_text(json.dumps(suite, indent=1))
    told = ""
    try:
        json.dumps(load_suite(path, profile=profile).digest)
    except SpecError as error:
        told = str(error)
    assert all(line.startswith((f"{path}:", "... and")) for line in told.splitlines()), told
