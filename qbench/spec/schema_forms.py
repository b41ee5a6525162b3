"""The forms of single values in the JSON Schema of the suite language."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from qbench.spec.circuits import slot_options
from qbench.spec.config import MOST_SEEDS
from qbench.spec.gradient import COMPONENTS
from qbench.spec.training import CLASSIFICATION_METRICS, REGRESSION_METRICS

Schema = dict[str, Any]

OPEN: Schema = {"$ref": "#/definitions/open"}
"""What may stand for every value: an expression, or nothing."""

PLAIN: dict[Any, Schema] = {
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    str: {"type": "string"},
    tuple[float, float]: {"type": "array", "minItems": 2, "maxItems": 2},
}
_NAME = "^[A-Za-z][A-Za-z0-9_-]*$"
_AMOUNT = "^[0-9]+(\\.[0-9]+)?\\s*({})$"
SCALAR: Schema = {"type": ["string", "number", "boolean"]}
_OPTIONS: dict[str, Schema] = {
    "rotation": {"enum": ["RX", "RY", "RZ"]},
    "rotations": {"type": "array", "items": {"type": "string"}},
    "number": {"type": "integer", "minimum": 1, "maximum": 19},
    "ranges": {"anyOf": [{"enum": ["auto"]}, {"type": ["integer", "array"]}]},
    "entanglement": {
        "anyOf": [
            {
                "enum": [
                    *("none", "linear", "reverse_linear", "ring"),
                    *("circular", "full", "pairwise"),
                ]
            },
            {"type": "array", "items": {"type": "array", "minItems": 2, "maxItems": 2}},
        ]
    },
}
"""Options of encodings and ansätze whose default does not say what they take."""


def either(*schemas: Schema) -> Schema:
    """Any of several forms, each once."""
    flat = [s for given in schemas for s in (given["anyOf"] if [*given] == ["anyOf"] else [given])]
    distinct = [schema for i, schema in enumerate(flat) if schema not in flat[:i]]
    return distinct[0] if len(distinct) == 1 else {"anyOf": distinct}


def array(items: Schema) -> Schema:
    """A list of such items."""
    return {"type": "array", "items": items}


def named_mapping(content: Schema) -> Schema:
    """A mapping whose keys the user names."""
    return {
        "type": "object",
        "propertyNames": {"pattern": _NAME},
        "additionalProperties": either(content, OPEN),
    }


def seeds_form() -> Schema:
    """A count, or a list of seeds."""
    count = {"type": "integer", "minimum": 1, "maximum": MOST_SEEDS}
    seed = {"type": "integer", "minimum": 0, "maximum": 2**32 - 1}
    return either(count, {**array(seed), "minItems": 1, "uniqueItems": True})


def count_form() -> Schema:
    """A whole number from 1."""
    return {"type": "integer", "minimum": 1}


def units_form() -> Schema:
    """A whole number from 1, or the number of classes."""
    return either(count_form(), {"const": "n_classes"})


def none_form() -> Schema:
    """The word none."""
    return {"enum": ["none"]}


def amount_form(units: str) -> Schema:
    """A number with one of the units (``s|min|h``), or none."""
    return either({"type": "string", "pattern": _AMOUNT.format(units)}, {"enum": ["none"]})


def part_form() -> Schema:
    """Rows of one part of a split."""
    per_class = {
        "type": "object",
        "properties": {"per_class": either({"type": "integer", "minimum": 1}, OPEN)},
        "required": ["per_class"],
        "additionalProperties": False,
    }
    return either({"type": "number", "minimum": 0}, {"enum": ["all", "official"]}, per_class)


def measure_form() -> Schema:
    """What a circuit returns."""
    texts = {"type": "array", "items": {"type": "string"}, "minItems": 1}
    wires = {"type": "array", "items": {"type": "integer", "minimum": 0}, "minItems": 1}
    return {
        "type": "object",
        "properties": {
            "expval": either({"type": "string"}, texts),
            "probs": either({"enum": ["all"]}, wires, OPEN),
        },
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": False,
    }


def metric_form() -> Schema:
    """The name of a metric."""
    return {"enum": [*CLASSIFICATION_METRICS, *REGRESSION_METRICS]}


def metrics_form() -> Schema:
    """auto, or a list of metrics."""
    return either({"enum": ["auto"]}, {**array(metric_form()), "minItems": 1})


def templates(registry: Mapping[str, Callable[..., Any]]) -> Schema:
    """The slot of an encoding or ansatz."""
    named = [
        {
            "description": first_line(maker),
            "type": "object",
            "properties": {
                "name": {"const": name},
                **{k: either(_option(k, v), OPEN) for k, v in slot_options(maker).items()},
            },
            "required": ["name"],
            "additionalProperties": False,
        }
        for name, maker in registry.items()
    ]
    nameless = {"type": "object", "not": {"required": ["name"]}}
    return either({"enum": [*registry, "none"]}, *named, nameless)


def _option(name: str, default: Any) -> Schema:
    return _OPTIONS.get(name) or PLAIN.get(type(default), {})


def first_line(thing: Any) -> str:
    """The first line of a docstring, as editors show it."""
    return (inspect.getdoc(thing) or "").partition("\n")[0].replace("``", "`")


def component_form() -> Schema:
    """``gradient.component``: a word, an index, or a list of indices."""
    index: Schema = {"type": "integer", "minimum": 0}
    return either({"enum": list(COMPONENTS)}, index, {**array(index), "uniqueItems": True})
