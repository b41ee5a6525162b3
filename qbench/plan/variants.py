"""Which backends a suite names, and how each of them will run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qbench.backend import Execution
from qbench.exceptions import Unsupported
from qbench.registry import PREFERENCE, BackendInfo, find, refused_platform
from qbench.spec import BackendChoice, SuiteConfig


@dataclass(frozen=True)
class Variant:
    """A backend at a version with its options; compared like a backend of its own."""

    backend: BackendInfo
    version: str
    text: str
    execution: Execution | None
    refusal: str | None = None


def resolve_variants(config: SuiteConfig, registry: Mapping[str, BackendInfo]) -> list[Variant]:
    """The variants in the order of the file; ``any`` and ``all`` written out.

    Options that no mode of the backend fits give a variant with a refusal, which
    ends as a row with the reason.

    Raises
    ------
    UnknownNameError
        No such backend or version.
    """
    variants: dict[str, Variant] = {}
    for choice in config.backends:
        for name in _names(choice, registry):
            named = choice.model_copy(update={"name": name})
            variant = _resolve(named, config.execution_of(named), find(name, registry))
            variants.setdefault(variant.text, variant)
    return list(variants.values())


def _names(choice: BackendChoice, registry: Mapping[str, BackendInfo]) -> list[str]:
    quantum = [n for n in PREFERENCE if n in registry]
    quantum += [n for n in registry if n not in quantum and registry[n].adapter]
    if choice.name == "all":
        return quantum
    if choice.name == "any":
        return [n for n in quantum if refused_platform(registry[n]) is None][:1]
    return [choice.name]


def _resolve(choice: BackendChoice, options: Mapping[str, Any], info: BackendInfo) -> Variant:
    text, version = choice.label or choice.key, info.version(choice.version)
    try:
        return Variant(info, version, text, info.capabilities.resolve(**options))
    except Unsupported as reason:
        return Variant(info, version, text, None, str(reason))
