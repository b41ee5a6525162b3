"""What every model of the suite language shares: strictness, and errors in the user's words.

Models are strict (``ten`` is never a number, ``1`` never a truth value), frozen,
and refuse unknown keys with the nearest right one. A key whose value is null
counts as not written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, ClassVar, Self, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

from qbench.spec.problems import PLANNED, Path, Problem, describe, suggestion, unknown

Model = TypeVar("Model", bound="SpecModel")


class SpecModel(BaseModel):
    """Base of all models of the language."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    hints: ClassVar[Mapping[str, str]] = {}
    """What to say of a key that belongs elsewhere."""

    @model_validator(mode="wrap")
    @classmethod
    def _explain_keys(cls, value: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if isinstance(value, cls):
            return value
        if not isinstance(value, dict):
            raise refusal(f"must be a mapping (`key: value`), not {describe(value)}")
        fields = cls.model_fields
        known = {k: v for k, v in value.items() if k in fields and v is not None}
        wrong = [
            InitErrorDetails(type=refusal(cls._about(key)), loc=(key,), input=value[key])
            for key in value
            if key not in fields
        ]
        if not wrong:
            return handler(known)
        try:
            handler(known)
        except ValidationError as error:
            wrong += [_again(details) for details in error.errors(include_url=False)]
        raise ValidationError.from_exception_data(cls.__name__, wrong)

    @classmethod
    def _about(cls, key: str) -> str:
        if key in cls.hints:
            return f"unknown key; {cls.hints[key]}"
        return "unknown key" + suggestion(key, cls.model_fields)


def _again(details: ErrorDetails) -> InitErrorDetails:
    message = message_of(details)
    return InitErrorDetails(type=refusal(message), loc=details["loc"], input=details["input"])


def refusal(message: str) -> PydanticCustomError:
    """The validation error of the value at hand, to be raised."""
    return PydanticCustomError("spec", "{message}", {"message": message})


def refusals(*problems: Problem) -> ValidationError:
    """Several errors to be raised, each at its path below the value at hand."""
    return ValidationError.from_exception_data(
        "suite",
        [InitErrorDetails(type=refusal(p.message), loc=p.path, input=None) for p in problems],
    )


def below(key: str | int, make: Callable[[], Model]) -> Model:
    """Call ``make``; its validation errors are placed one level deeper, at ``key``."""
    try:
        return make()
    except ValidationError as error:
        details = error.errors(include_url=False)
        raise refusals(*(Problem((key, *d["loc"]), message_of(d)) for d in details)) from None


def problems_of(error: ValidationError) -> list[Problem]:
    """A validation error in the user's words."""
    return [Problem(_path(d), message_of(d)) for d in error.errors(include_url=False)]


def _path(details: ErrorDetails) -> Path:
    return details["loc"]


_MUST_BE = {
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "string_type": "must be text",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "dict_type": "must be a mapping (`key: value`)",
}
_COMPARED = {
    "greater_than": ("gt", "greater than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}


def message_of(details: ErrorDetails) -> str:
    """One validation error in the user's words, without its place."""
    kind, value = details["type"], details["input"]
    context = details.get("ctx", {})
    if kind == "missing":
        return "is required"
    if kind in _MUST_BE:
        return f"{_MUST_BE[kind]}, not {describe(value)}{_hint(kind, value)}"
    if kind in _COMPARED:
        key, words = _COMPARED[kind]
        return f"must be {words} {context[key]}, not {value}"
    if kind == "literal_error":
        known = re.findall(r"'([^']*)'", context["expected"])
        if isinstance(value, str):
            return unknown("value", value, known)
        return f"must be {context['expected']}, not {describe(value)}"
    if kind == "too_short":
        return f"must have at least {context['min_length']} items, not {context['actual_length']}"
    return details["msg"]


def _hint(kind: str, value: object) -> str:
    if kind == "string_type" and isinstance(value, int | float):
        return f'; quote it: "{value}"'
    if isinstance(value, str) and kind in ("int_type", "float_type") and "n_classes" in value:
        return "; n_classes is known here only if data.classes is a list"
    return ""


def not_yet(*words: str) -> BeforeValidator:
    """Refuses values of the language that this version does not support yet."""

    def check(value: Any) -> Any:
        if isinstance(value, str) and value in words:
            raise refusal(f"`{value}` {PLANNED}")
        return value

    return BeforeValidator(check)


def one_of(kind: str, word: object, known: Mapping[str, Any]) -> str:
    """``word`` if it is known, else the error with the nearest one."""
    if not isinstance(word, str):
        raise refusal(f"must be the name of {_a(kind)}, not {describe(word)}")
    if word not in known:
        raise refusal(unknown(kind, word, known))
    return word


def _a(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


def normalised_slot(value: Any, default: str | None = None) -> Any:
    """A slot's mapping: ``name`` becomes ``{name: ...}``, ``none`` becomes None."""
    if value == "none":
        return None
    if isinstance(value, str):
        return {"name": value}
    if not isinstance(value, dict):
        raise refusal(f"must be a name or {{name: ..., options}}, not {describe(value)}")
    if "name" not in value:
        if default is None:
            raise refusal("needs a name: {name: ..., options}")
        return {"name": default, **value}
    return value


def list_item(value: Any, kind: str) -> tuple[str, Any]:
    """Type and content of a list item: ``type``, ``type: main_value`` or ``{type: {...}}``."""
    if isinstance(value, str):
        return value, None
    if isinstance(value, dict) and len(value) == 1:
        [(word, content)] = value.items()
        return word, content
    if isinstance(value, dict) and value:
        raise refusal(
            f"{_a(kind)} has one name, and its options below it: "
            f"{{{next(iter(value))}: {{option: value}}}}"
        )
    raise refusal(f"must be {_a(kind)} (`name`, `name: value` or `{{name: {{options}}}}`)")


def named_model(
    value: Any,
    kind: str,
    registry: Mapping[str, type[Model]],
    *,
    default: str | None = None,
) -> Model | None:
    """The model that a slot names, made from the slot's options; None for ``none``."""
    if value is None or isinstance(value, SpecModel):
        return value  # type: ignore[return-value]
    slot = normalised_slot(value, default)
    if slot is None:
        return None
    return registry[one_of(kind, slot["name"], registry)].model_validate(slot)


def item_model(
    value: Any,
    kind: str,
    registry: Mapping[str, tuple[type[Model], str | None]],
    *,
    tag: str = "name",
) -> Model:
    """The model of a list item; the registry says which option its main value is.

    ``tag`` is the model's field that keeps the item's type.
    """
    if isinstance(value, SpecModel):
        return value  # type: ignore[return-value]
    if tag == "name" and isinstance(value, dict) and "name" in value:
        word, content = value["name"], {k: v for k, v in value.items() if k != "name"}
        model, _ = registry[one_of(kind, word, registry)]
        return model.model_validate({tag: word, **content})
    word, content = list_item(value, kind)
    model, main = registry[one_of(kind, word, registry)]
    if content is not None and not isinstance(content, dict):
        if main is None:
            raise refusal(f"{word} takes no value, but {describe(content)} is given")
        content = {main: content}
    options = content or {}
    if tag in options:
        raise refusals(Problem((word, tag), "unknown key" + suggestion(tag, ())))
    return below(word, lambda: model.model_validate({tag: word, **options}))


def _as_interval(value: Any) -> Any:
    if isinstance(value, tuple):
        return value
    numbers = isinstance(value, list) and all(
        isinstance(end, int | float) and not isinstance(end, bool) for end in value
    )
    if not numbers or len(value) != 2 or value[0] >= value[1]:
        raise refusal("must be [low, high], two numbers in this order")
    return float(value[0]), float(value[1])


Count = Annotated[int, Field(ge=1)]
"""A whole number from 1."""

Positive = Annotated[float, Field(gt=0)]

Interval = Annotated[tuple[float, float], BeforeValidator(_as_interval)]
"""``[low, high]``."""

Name = Annotated[str, BeforeValidator(lambda value: _as_name(value))]
"""A name that the user gives: no dots, since dotted keys reach through it."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


def _as_name(value: Any) -> Any:
    if isinstance(value, str) and not _NAME.fullmatch(value):
        raise refusal(f"'{value}' is no name: letters, digits, _ and -, with a letter first")
    return value
