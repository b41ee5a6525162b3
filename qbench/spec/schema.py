"""The suite language as a JSON Schema, for editors: completion, and mistakes while typing.

Written from the models that validate a suite, so it knows what they know. It is
more lenient than :func:`qbench.spec.load_suite`, which stays the judge: a key that
an axis or experiment gives may be missing, and names are not held against each other.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Collection, Mapping
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from qbench.circuit.ansatze import ANSATZE
from qbench.circuit.encodings import ENCODINGS
from qbench.spec.backends import ALL, ANY, TEXT, BackendChoice, BackendOptions, ExecutionConfig
from qbench.spec.base import SpecModel
from qbench.spec.catalogue_models import CATALOGUE
from qbench.spec.circuits import CircuitConfig
from qbench.spec.config import BASELINES, LANGUAGE_VERSION, Budget, SuiteConfig
from qbench.spec.dataset import TRANSFORMS, DataConfig, Split
from qbench.spec.experiments import FIXED
from qbench.spec.gradient import FitConfig, GradientConfig
from qbench.spec.layers import (
    LAYERS,
    REDUCERS,
    Concat,
    Conv2d,
    Dense,
    Reduce,
    Scale,
    Select,
)
from qbench.spec.models import (
    CLASSICAL_INITS,
    QUANTUM_INITS,
    Init,
    ModelConfig,
    SmallAngle,
)
from qbench.spec.published import Published
from qbench.spec.schema_forms import (
    OPEN,
    PLAIN,
    SCALAR,
    Schema,
    amount_form,
    array,
    component_form,
    count_form,
    either,
    first_line,
    measure_form,
    metric_form,
    metrics_form,
    named_mapping,
    none_form,
    part_form,
    seeds_form,
    templates,
    units_form,
)
from qbench.spec.search import SearchConfig
from qbench.spec.speed import SpeedConfig
from qbench.spec.training import (
    OPTIMIZERS,
    SCHEDULERS,
    RecordConfig,
    TrainerConfig,
)

Registry = Mapping[str, tuple[type[SpecModel], str | None]]

_BOUNDS = {
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
    "min_length": "minItems",
}


def suite_schema(
    backends: Collection[str] = (), datasets: Mapping[str, Collection[str]] | None = None
) -> Schema:
    """The JSON Schema (draft 7) of a suite file.

    Parameters
    ----------
    backends : names that editors offer; others are allowed
    datasets : names that ``data`` may have, each with its options; None: any
    """
    return _Writer(backends, datasets).suite()


class _Writer:
    """Writes each model once, under ``definitions``."""

    def __init__(
        self, backends: Collection[str], datasets: Mapping[str, Collection[str]] | None
    ) -> None:
        self.backends, self.datasets = backends, datasets
        self.definitions: dict[str, Schema] = {
            "open": {
                "description": "an expression (`=n + 1`), or nothing",
                "anyOf": [{"type": "string", "pattern": "^="}, {"type": "null"}],
            }
        }
        self.special: dict[tuple[type[SpecModel], str], Callable[[], Schema]] = {
            (SuiteConfig, "qbench"): lambda: {"const": LANGUAGE_VERSION},
            (SuiteConfig, "name"): lambda: {"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]*$"},
            (SuiteConfig, "seeds"): seeds_form,
            (SuiteConfig, "baseline"): lambda: either(
                {"type": "string"},
                {"type": "object", "minProperties": 1, "additionalProperties": SCALAR},
            ),
            (SuiteConfig, "data"): lambda: either(self.data_name(), self.mapping(DataConfig)),
            (SuiteConfig, "baselines"): lambda: array(self.items(BASELINES, "name")),
            (SuiteConfig, "backends"): lambda: array(self.backend()),
            (SuiteConfig, "published"): lambda: array(self.mapping(Published, required=True)),
            (SearchConfig, "space"): lambda: {
                "type": "object",
                "minProperties": 1,
                "additionalProperties": {"type": ["array", "object"], "minItems": 1},
            },
            (Published, "where"): lambda: {
                "type": "object",
                "minProperties": 1,
                "additionalProperties": SCALAR,
            },
            (Published, "metric"): metric_form,
            (Published, "source"): lambda: {"type": "string"},
            (Budget, "trial"): lambda: amount_form("s|min|h|d"),
            (Budget, "total"): lambda: amount_form("s|min|h|d"),
            (Budget, "memory"): lambda: amount_form("KB|MB|GB|KiB|MiB|GiB"),
            (DataConfig, "name"): self.data_name,
            (DataConfig, "options"): self.data_options,
            (DataConfig, "classes"): lambda: either(
                {"enum": ["all"]},
                {**array({"type": ["integer", "string"]}), "minItems": 2, "uniqueItems": True},
            ),
            (DataConfig, "transform"): lambda: array(self.items(TRANSFORMS, "name")),
            **{(Split, part): part_form for part in Split.model_fields},
            (CircuitConfig, "encoding"): lambda: templates(ENCODINGS),
            (CircuitConfig, "ansatz"): lambda: templates(ANSATZE),
            (CircuitConfig, "gates"): lambda: array({"type": ["array", "object"]}),
            (CircuitConfig, "measure"): measure_form,
            (ModelConfig, "layers"): lambda: either({"enum": [*CATALOGUE]}, array(self.layer())),
            (Concat, "branches"): lambda: {**array(array(self.layer())), "minItems": 2},
            (ModelConfig, "data"): lambda: either(self.data_name(), self.mapping(DataConfig)),
            (ModelConfig, "trainer"): lambda: self.mapping(TrainerConfig),
            (ModelConfig, "replace"): lambda: {
                "type": "object",
                "propertyNames": {"enum": list(LAYERS)},
                "additionalProperties": either(self.layer(), OPEN),
            },
            (Init, "quantum"): lambda: self.items(QUANTUM_INITS, "name"),
            (SmallAngle, "std"): lambda: either(
                {"type": "number", "exclusiveMinimum": 0}, {"const": "auto"}
            ),
            (GradientConfig, "init"): lambda: self.items(QUANTUM_INITS, "name"),
            (GradientConfig, "component"): component_form,
            (SpeedConfig, "min_time"): lambda: amount_form("ms|s"),
            (FitConfig, "start"): lambda: either({"type": "number"}, {"const": "none"}),
            (Init, "classical"): lambda: self.items(CLASSICAL_INITS, "name"),
            **dict.fromkeys(
                [(Dense, "units"), (Conv2d, "filters"), (Reduce, "features")], units_form
            ),
            (Reduce, "name"): lambda: {"enum": list(REDUCERS)},
            (Select, "span"): lambda: {
                **array(either({"type": "integer", "minimum": 0}, {"const": "n_classes"}, OPEN)),
                "minItems": 2,
                "maxItems": 2,
            },
            (Scale, "factor"): lambda: either({"type": "number"}, {"const": "n_classes"}),
            (BackendChoice, "options"): lambda: self.mapping(BackendOptions),
            **dict.fromkeys([(ExecutionConfig, "shots"), (BackendOptions, "shots")], count_form),
            **dict.fromkeys([(ExecutionConfig, "noise"), (BackendOptions, "noise")], none_form),
            (TrainerConfig, "optimizer"): lambda: self.slot(OPTIMIZERS, default="adam"),
            (TrainerConfig, "scheduler"): lambda: self.slot(SCHEDULERS, none=True),
            (RecordConfig, "metrics"): metrics_form,
        }

    def suite(self) -> Schema:
        properties = {name: self.field(SuiteConfig, name) for name in SuiteConfig.model_fields}
        rows = {"type": ["array", "null"], "items": {"type": "object", "minProperties": 1}}
        properties["experiments"] = {
            "description": "Several entries in one suite: NAME and the dotted keys that differ.",
            "anyOf": [named_mapping(either(self.overrides(FIXED), {"type": "null"})), OPEN],
        }
        properties["profiles"] = {
            "description": "NAME and dotted keys; --quick applies `quick`, --profile any other.",
            "anyOf": [named_mapping(self.overrides(frozenset({"profiles"}))), OPEN],
        }
        properties["matrix"] = {
            "description": "Axes: a dotted key, or a name that expressions read, and its values.",
            "type": ["object", "null"],
            "properties": {"include": rows, "exclude": rows},
            "patternProperties": {",": array({"type": "array", "minItems": 2})},
            "additionalProperties": {"type": ["array", "object", "null"], "minItems": 1},
        }
        return {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "title": f"qbench suite, language version {LANGUAGE_VERSION}",
            "type": "object",
            "properties": properties,
            "required": ["qbench", "name"],
            "anyOf": [{"required": [k]} for k in ("data", "task", "matrix", "experiments")],
            "additionalProperties": False,
            "definitions": self.definitions,
        }

    def overrides(self, forbidden: frozenset[str]) -> Schema:
        """Dotted keys and values of a profile or an experiment."""
        top = [*SuiteConfig.model_fields, "matrix", "experiments"]
        allowed = [key for key in top if key not in forbidden]
        known = {key: {"$ref": f"#/properties/{key}"} for key in allowed}
        for key in ("data", "budget", "execution", "trainer", "record", "gradient", "speed", "fit"):
            model = DataConfig if key == "data" else SuiteConfig.model_fields[key].annotation
            if key in allowed and isinstance(model, type) and issubclass(model, SpecModel):
                reference = self.mapping(model)["$ref"]
                for name in model.model_fields:
                    known[f"{key}.{name}"] = {"$ref": f"{reference}/properties/{name}"}
        return {
            "type": "object",
            "properties": known,
            "propertyNames": {"pattern": f"^({'|'.join(allowed)})(\\.[^.]+)*$"},
        }

    def mapping(self, model: type[SpecModel], without: str = "", required: bool = False) -> Schema:
        """A reference to the model's definition.

        Parameters
        ----------
        without : a field that is written elsewhere: the word of a list item
        required : whether keys without a default must be there; no dotted key
            reaches into a list, so its items are whole
        """
        name = f"{model.__name__}Item" if required else model.__name__
        if name not in self.definitions:
            self.definitions[name] = {}  # a model may hold itself
            fields = {k: f for k, f in model.model_fields.items() if k != without}
            definition: Schema = {
                "description": first_line(model),
                "type": "object",
                "properties": {key: self.field(model, key) for key in fields},
                "additionalProperties": False,
            }
            needed = [key for key, field in fields.items() if field.is_required()]
            if required and needed:
                definition["required"] = needed
            self.definitions[name] = definition
        return {"$ref": f"#/definitions/{name}"}

    def field(self, model: type[SpecModel], name: str) -> Schema:
        """One key of a model: its own form, or an expression, or nothing."""
        info = model.model_fields[name]
        make = self.special.get((model, name))
        schema = make() if make else self.annotation(info.annotation, info.metadata)
        described = _docstrings(model).get(name)
        texts = (SuiteConfig, "qbench"), (SuiteConfig, "name"), (SuiteConfig, "description")
        if (model, name) not in texts:
            schema = either(schema, OPEN)
        return {"description": described, **schema} if described else schema

    def annotation(self, annotation: Any, metadata: Collection[Any] = ()) -> Schema:
        """The schema of a type, with the bounds that its metadata sets."""
        origin, args = get_origin(annotation), get_args(annotation)
        if origin is Annotated:
            return self.annotation(args[0], [*metadata, *args[1:]])
        if annotation in PLAIN:
            return PLAIN[annotation] | _bounds(metadata)
        if origin is Literal:
            return {"enum": list(args)}
        if origin in (Union, UnionType):
            kinds = [kind for kind in args if kind is not type(None)]
            parts = [self.annotation(kind, metadata) for kind in kinds]
            words = [{"enum": ["none", "off"]}] if _switchable(kinds, args) else []
            return either(*parts, *words)
        if origin is list:
            return array(either(self.annotation(args[0]), OPEN)) | _bounds(metadata)
        if origin is dict:
            return named_mapping(self.annotation(args[1]))
        if isinstance(annotation, type) and issubclass(annotation, SpecModel):
            return self.mapping(annotation)
        return {}

    def slot(
        self, registry: Mapping[str, type[SpecModel]], *, default: str = "", none: bool = False
    ) -> Schema:
        """``name`` or ``{name: ..., options}``."""
        words = [*registry, "none"] if none else list(registry)
        nameless: Schema = {"type": "object", "not": {"required": ["name"]}}
        if default:
            nameless = {"allOf": [self.mapping(registry[default]), nameless]}
        named = [
            {"allOf": [self.mapping(model), {"required": ["name"]}]} for model in registry.values()
        ]
        return either({"enum": words}, *named, nameless)

    def items(self, registry: Registry, tag: str) -> Schema:
        """A list item: ``type``, ``type: main_value`` or ``{type: {options}}``."""
        bare, forms = [], {}
        for word, (model, main) in registry.items():
            options = self.mapping(model, without=tag, required=True)
            needed = [k for k, f in model.model_fields.items() if k != tag and f.is_required()]
            value = [self.field(model, main)] if main else []
            forms[word] = either(options, *value, *([] if needed else [{"type": "null"}]))
            bare += [] if needed else [word]
        written: Schema = {
            "type": "object",
            "properties": forms,
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": False,
        }
        by_name = []
        if tag == "name":
            by_name = [
                {"allOf": [self.mapping(model), {"required": ["name"]}]}
                for model in dict.fromkeys(model for model, _ in registry.values())
            ]
        return either({"enum": bare}, written, *by_name, OPEN)

    def layer(self) -> Schema:
        if "layer" not in self.definitions:
            self.definitions["layer"] = {}  # branches hold layers
            self.definitions["layer"] = self.items(LAYERS, "type")
        return {"$ref": "#/definitions/layer"}

    def backend(self) -> Schema:
        names = [ANY, ALL, *self.backends]
        mapping = {"allOf": [self.mapping(BackendChoice), {"required": ["name"]}]}
        text = {"type": "string", "pattern": f"^\\s*{TEXT.pattern}\\s*$"}
        return either({"enum": names}, text, mapping)

    def data_name(self) -> Schema:
        return {"type": "string"} if self.datasets is None else {"enum": list(self.datasets)}

    def data_options(self) -> Schema:
        known = sorted({option for options in (self.datasets or {}).values() for option in options})
        more: Any = SCALAR if self.datasets is None else False
        return {
            "type": "object",
            "properties": dict.fromkeys(known, either(SCALAR, OPEN)),
            "additionalProperties": more,
        }


def _bounds(metadata: Collection[Any]) -> Schema:
    flat = [
        m for each in metadata for m in (each.metadata if isinstance(each, FieldInfo) else [each])
    ]
    return {
        word: getattr(each, key)
        for each in flat
        for key, word in _BOUNDS.items()
        if hasattr(each, key)
    }


def _switchable(kinds: Collection[Any], args: Collection[Any]) -> bool:
    """Whether this is a section that ``none`` or ``off`` switches off."""
    models = all(isinstance(kind, type) and issubclass(kind, SpecModel) for kind in kinds)
    return models and type(None) in args


@cache
def _docstrings(model: type[SpecModel]) -> dict[str, str]:
    """What stands below each field of a model, its bases' fields too."""
    found: dict[str, str] = {}
    for cls in reversed(model.__mro__):
        if not issubclass(cls, SpecModel) or cls is SpecModel:
            continue
        body = ast.parse(textwrap.dedent(inspect.getsource(cls))).body[0]
        assert isinstance(body, ast.ClassDef)
        for field, text in zip(body.body, body.body[1:], strict=False):
            match field, text:
                case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(
                    value=ast.Constant(value=str() as doc)
                ):
                    found[name] = " ".join(doc.split()).replace("``", "`")
    return found
