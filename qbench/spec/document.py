"""Read a suite file: YAML 1.2's core schema, with a position for every key, nothing executed.

The tree is built from ruamel.yaml's parse events, because only these still show
duplicate keys, tags and anchors; values are resolved by the core schema alone,
so ``1e-3`` is a number, ``no`` is text and ``12:30`` is text.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from qbench.exceptions import SpecError
from qbench.spec.problems import Path as KeyPath
from qbench.spec.problems import spec_error

LARGEST = 1_000_000
"""Bytes; a suite file is a few KB."""

DEEPEST = 30
LONGEST_NUMBER = 40

_CONSTANTS = {"": None, "~": None, "null": None, "true": True, "false": False}
_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_UNQUOTED_VARIANT = re.compile(r"[\[,]\s*([\w@.-]+\[\w+=[^\]]*\])")


@dataclass(frozen=True)
class Document:
    """A suite file as plain data, and where each key and list item stands (from 1)."""

    path: Path
    text: str
    data: dict[str, Any]
    positions: dict[KeyPath, tuple[int, int]] = field(repr=False)

    def where(self, path: KeyPath) -> str:
        """``FILE:LINE:COLUMN`` of the path, or of the nearest ancestor that is written."""
        while path not in self.positions and path:
            path = path[:-1]
        line, column = self.positions.get(path, (1, 1))
        return f"{self.path}:{line}:{column}"


def read_document(path: str | Path) -> Document:
    """Read and parse a suite file.

    Raises
    ------
    SpecError
        No such file (the nearest one is suggested), too large, not UTF-8, no
        YAML, empty, no mapping, duplicate keys, tags, anchors.
    """
    path = Path(path)
    text = _text(path)
    data, positions = parse(text, str(path))
    if data is None:
        raise SpecError(f"{path}:1:1: the file is empty; a suite starts with `qbench: 1`")
    if not isinstance(data, dict):
        raise SpecError(f"{path}:1:1: a suite is a mapping (`key: value` lines), not a list")
    return Document(path, text, data, positions)


def _text(path: Path) -> str:
    try:
        size = path.stat().st_size
        if size > LARGEST:
            large = f"{size / 1e6:.0f} MB" if size >= 1.5e6 else f"{size / 1e3:.0f} KB"
            raise SpecError(f"{path}: a suite file is a few KB; this one has {large}")
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise SpecError(f"{path}: no such file{_nearest_file(path)}") from None
    except OSError as error:
        raise SpecError(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError as error:
        reason = "not UTF-8 text" if isinstance(error, UnicodeDecodeError) else str(error)
        raise SpecError(f"{path}: cannot be read: {reason}") from None


def _nearest_file(path: Path) -> str:
    try:
        names = [p.name for p in path.parent.iterdir() if p.suffix in (".yaml", ".yml")]
    except OSError:
        return ""
    match = get_close_matches(path.name, names, n=1, cutoff=0.5)
    return f"; did you mean '{path.parent / match[0]}'?" if match else ""


def parse(text: str, name: str) -> tuple[Any, dict[KeyPath, tuple[int, int]]]:
    """Plain data and the position of each key; ``name`` starts every message."""
    builder = _Builder(name)
    try:
        data = builder.document(YAML(typ="safe", pure=True).parse(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line, mark.column) if mark else (0, 0)
        where = f"{name}:{line + 1}:{column + 1}"
        raise SpecError(f"{where}: {_explain(error, text, line)}") from None
    except YAMLError as error:
        raise SpecError(f"{name}:1:1: not YAML: {_one_line(error)}") from None
    if builder.lines:
        raise spec_error(builder.lines)
    return data, builder.positions


def _explain(error: MarkedYAMLError, text: str, line: int) -> str:
    lines = text.splitlines()
    source = lines[line] if line < len(lines) else ""
    if found := _UNQUOTED_VARIANT.search(source):
        variant = found.group(1)
        backend, options = variant.rstrip("]").split("[", 1)
        mapping = ", ".join(option.strip().replace("=", ": ", 1) for option in options.split(","))
        return (
            f"inside [...] a backend with options must be quoted: '{variant}'; "
            f"or write {{name: {backend}, options: {{{mapping}}}}}, or one `- ` line for each"
        )
    if "\t" in source[: len(source) - len(source.lstrip())]:
        return "YAML is indented by spaces, not by tabs"
    context = f" ({error.context})" if error.context else ""
    return f"not YAML: {error.problem}{context}"


def _one_line(error: YAMLError) -> str:
    return " ".join(str(error).split())


class _Builder:
    """Builds the tree from events; collects what a suite file must not contain."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.positions: dict[KeyPath, tuple[int, int]] = {}
        self.lines: list[str] = []

    def document(self, events: Iterator[Event]) -> Any:
        data: Any = None
        documents = 0
        for event in events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._refuse(event, "a suite file holds one document, not several (`---`)")
                    break
                data = self._node(next(events), events, ())
                next(events)
        return data

    def _refuse(self, event: Event, message: str) -> None:
        mark = event.start_mark
        self.lines.append(f"{self.name}:{mark.line + 1}:{mark.column + 1}: {message}")

    def _node(self, event: Any, events: Iterator[Event], path: KeyPath) -> Any:
        if isinstance(event, AliasEvent):
            self._refuse(event, f"aliases (*{event.anchor}) are refused: write the value out")
            return None
        if getattr(event, "anchor", None):
            self._refuse(event, f"anchors (&{event.anchor}) are refused: write the value out")
        if tag := getattr(event, "tag", None):
            self._refuse(event, f"tags ({tag}) are refused: a suite is plain data")
        if len(path) > DEEPEST:
            mark = event.start_mark
            raise SpecError(f"{self.name}:{mark.line + 1}:{mark.column + 1}: nested too deeply")
        if isinstance(event, MappingStartEvent):
            return self._mapping(events, path)
        if isinstance(event, SequenceStartEvent):
            return self._sequence(events, path)
        return self._scalar(event)

    def _mapping(self, events: Iterator[Event], path: KeyPath) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        while not isinstance(event := next(events), MappingEndEvent):
            key = self._key(event)
            if key is None:
                self._node(event, events, path)
            elif key in mapping:
                line, _ = self.positions[(*path, key)]
                self._refuse(event, f"'{key}' is given twice, first on line {line}")
            inner = (*path, key or "")
            if key not in mapping:
                self._remember(inner, event)
            value = self._node(next(events), events, inner)
            if key is not None:
                mapping.setdefault(key, value)
        return mapping

    def _key(self, event: Any) -> str | None:
        if not isinstance(event, ScalarEvent):
            self._refuse(event, "a key must be a word")
            return None
        key: str = event.value
        if key == "<<":
            self._refuse(event, "merge keys (<<) are refused: write the values out")
        if event.tag or event.anchor:
            self._refuse(event, "tags and anchors are refused: a suite is plain data")
        return key

    def _sequence(self, events: Iterator[Event], path: KeyPath) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(events), SequenceEndEvent):
            inner = (*path, len(items))
            self._remember(inner, event)
            items.append(self._node(event, events, inner))
        return items

    def _remember(self, path: KeyPath, event: Event) -> None:
        self.positions[path] = (event.start_mark.line + 1, event.start_mark.column + 1)

    def _scalar(self, event: Any) -> Any:
        if not event.implicit[0]:
            return event.value
        try:
            return plain_value(event.value)
        except ValueError as error:
            self._refuse(event, str(error))
            return None


def plain_value(text: str) -> Any:
    """What unquoted text means in YAML 1.2's core schema: null, a truth value, a number or text.

    Raises
    ------
    ValueError
        A number too large to be meant.
    """
    if text.lower() in _CONSTANTS and text in (text.lower(), text.upper(), text.capitalize()):
        return _CONSTANTS[text.lower()]
    if not _FLOAT.fullmatch(text):
        return text
    if len(text) > LONGEST_NUMBER or not math.isfinite(float(text)):
        raise ValueError(f"the number {text[:20]}... is too large")
    return int(text) if _INTEGER.fullmatch(text) else float(text)
