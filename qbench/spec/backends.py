"""``backends`` and ``execution``: who runs the circuits, and how."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, PlainValidator, TypeAdapter, ValidationError

from qbench.exceptions import SpecError
from qbench.spec.base import Count, SpecModel, problems_of, refusal
from qbench.spec.document import plain_value
from qbench.spec.problems import PLANNED, describe, dotted

ANY, ALL = "any", "all"
"""Words that stand for a backend of qbench's choice, and for every backend."""

TEXT = re.compile(r"([^@\[\]\s,=]+)(?:@([^@\[\]\s,=]+))?(?:\[([^\[\]]*)\])?")
_WORD = re.compile(r"[^@\[\]\s,=]+")
_FORM = "NAME[@VERSION][option=value, ...]"


def _shots(value: Any) -> Any:
    if value is None or (type(value) is int and value >= 1):
        return value
    raise refusal(f"must be a whole number from 1, or null for exact values, not {describe(value)}")


def _noise(value: Any) -> Any:
    if value in (None, "none"):
        return None
    raise refusal(f"`noise` {PLANNED}")


class ExecutionConfig(SpecModel):
    """How circuits are executed, unless a backend's options say otherwise."""

    hints: ClassVar[Mapping[str, str]] = {
        key: f"it is an option of a backend: pennylane[{key}=...]"
        for key in ("device", "diff_method", "tier")
    }

    precision: Literal["default", "double", "single"] = "default"
    """default is each backend's best; its row says which."""
    shots: Annotated[int | None, PlainValidator(_shots)] = None
    """Measurements of a circuit; null for exact values."""
    noise: Annotated[None, PlainValidator(_noise)] = None
    threads: Count = 1
    """Threads of a worker."""
    accelerator: Literal["cpu", "cuda"] = "cpu"
    """Where circuits run."""
    optimise: Literal["none", "safe"] = "none"
    """safe: gates are merged before a backend sees them, the same ones for every backend."""


class BackendOptions(ExecutionConfig):
    """Options of a backend: its own, and every key of ``execution``."""

    hints: ClassVar[Mapping[str, str]] = {}

    device: str | None = None
    """The framework's own simulator."""
    diff_method: Literal[
        "default", "backprop", "adjoint", "parameter-shift", "finite-diff", "spsa", "textbook-2x"
    ] = "default"
    """The gradient rule, in PennyLane's words; textbook-2x is a published mistake, twice the
    parameter-shift rule, and never a default."""
    tier: Literal["tutorial", "documented", "expert"] = "documented"


def _options(value: Any) -> Any:
    checked = BackendOptions.model_validate(value).model_dump()
    given = {key: checked[key] for key in sorted(value)}
    return {k: v for k, v in given.items() if (k, v) != ("diff_method", "default")}


def _word(value: Any) -> Any:
    if isinstance(value, str) and not _WORD.fullmatch(value):
        raise refusal(f"'{value}' is no name or version: spaces and @ [ ] , = are not allowed")
    return value


class BackendChoice(SpecModel):
    """One entry of ``backends``: a name, or ``any`` or ``all``, with its options.

    Attributes
    ----------
    options : dict
        Only what was written, keys sorted: device, diff_method, tier, and keys
        of ``execution``, which they override.
    label : str, optional
        What tables call it; not part of the key.
    """

    name: Annotated[str, BeforeValidator(_word)]
    version: Annotated[str | None, BeforeValidator(_word)] = None
    options: Annotated[dict[str, Any], PlainValidator(_options)] = Field(default_factory=dict)
    label: str | None = None

    @property
    def key(self) -> str:
        """Canonical text: ``pennylane@0.45.1[device=lightning.qubit,diff_method=adjoint]``."""
        version = f"@{self.version}" if self.version else ""
        options = ",".join(f"{key}={_written(value)}" for key, value in self.options.items())
        return f"{self.name}{version}" + (f"[{options}]" if options else "")

    def __hash__(self) -> int:
        return hash((self.key, self.label))


def _written(value: object) -> str:
    return "null" if value is None else str(value)


def parse_backend(text: str) -> BackendChoice:
    """The choice that ``NAME[@VERSION][option=value, ...]`` stands for.

    Raises
    ------
    SpecError
        Not of this form, or an option or value that doesn't exist.
    """
    try:
        return _CHOICE.validate_python(text)
    except ValidationError as error:
        lines = [f"{dotted((text, *p.path))}: {p.message}" for p in problems_of(error)]
        raise SpecError("\n".join(lines)) from None


def _choice(value: Any) -> BackendChoice:
    if isinstance(value, BackendChoice):
        return value
    if not isinstance(value, str):
        return BackendChoice.model_validate(value)
    match = TEXT.fullmatch(value.strip())
    if match is None:
        raise refusal(f"'{value}' is no backend; it is written {_FORM}")
    name, version, text = match.groups()
    options: dict[str, Any] = {}
    for part in (text or "").split(",") if (text or "").strip() else []:
        option, equals, content = (piece.strip() for piece in part.partition("="))
        if not (option and equals and content):
            raise refusal(f"'{part.strip()}' is no option; it is written option=value")
        if option in options:
            raise refusal(f"option '{option}' is given twice")
        try:
            options[option] = plain_value(content)
        except ValueError as error:
            raise refusal(str(error)) from None
    given = {"name": name, "version": version, "options": options}
    return BackendChoice.model_validate(given)


Choice = Annotated[BackendChoice, BeforeValidator(_choice)]
"""A choice as text or as a mapping."""

_CHOICE: TypeAdapter[BackendChoice] = TypeAdapter(Choice)
