"""What mkdocs adds to the pages in ``docs/``.

``commands.md`` is written from the command line itself at every build, so it
can't lag behind; pages that ``mkdocs.yml`` doesn't name are added to the
navigation.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

import typer
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

COMMANDS = "commands.md"
HOME = {"how-to-add-a-backend.md": "How to", "suite-language.md": "Reference"}
"""Sections of pages that may be written later."""


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Add the pages that the navigation doesn't name."""
    folder = Path(config.docs_dir)
    named = set(_named(config.nav))
    sections = {key: entry[key] for entry in config.nav if isinstance(entry, dict) for key in entry}
    for path in sorted(folder.rglob("*.md")):
        page = path.relative_to(folder).as_posix()
        if page in named or any(part.startswith(".") for part in path.parts):
            continue
        section = sections.get(HOME.get(page, ""))
        if isinstance(section, list):
            section.insert(0, page)
        else:
            config.nav.append(page)
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the page of commands."""
    if files.get_file_from_path(COMMANDS) is None:
        files.append(File.generated(config, COMMANDS, content=commands_page()))
    return files


def commands_page() -> str:
    """Every verb: what its ``--help`` says, as Markdown."""
    lines = [
        "# Commands",
        "",
        "Written from the command line itself: each verb's `--help` says the same.",
        "",
    ]
    for name, command in verbs():
        lines += _verb(name, command)
    return "\n".join(lines) + "\n"


def verbs() -> Iterator[tuple[str, Any]]:
    """``("env list", command)`` of every verb, in the order of ``qbench --help``."""
    from qbench.cli.app import app

    yield from _walk("", typer.main.get_command(app))


def _walk(prefix: str, command: Any) -> Iterator[tuple[str, Any]]:
    children = getattr(command, "commands", None)
    if children is None:
        yield prefix, command
        return
    for name, child in children.items():
        if not child.hidden:
            yield from _walk(f"{prefix} {name}".strip(), child)


def _verb(name: str, command: Any) -> Iterator[str]:
    parameters = [p for p in command.params if not getattr(p, "hidden", False) and p.name != "help"]
    arguments = [p for p in parameters if p.param_type_name == "argument"]
    options = [p for p in parameters if p.param_type_name == "option"]
    text, _, example = inspect.cleandoc(command.help or "").rpartition("Example:")
    if not text:
        text, example = example, ""
    usage = " ".join(["qbench", name, *(["[OPTIONS]"] if options else []), *map(_label, arguments)])
    yield from (f"## {name}", "", "```text", usage, "```", "", text.strip(), "")
    if example:
        yield from ("```bash", example.strip(), "```", "")
    if parameters:
        yield from ("| | |", "| --- | --- |")
        for parameter in (*arguments, *options):
            yield f"| {_signature(parameter)} | {_help(parameter)} |"
        yield ""


def _label(argument: Any) -> str:
    label = (argument.metavar or argument.name.upper()).strip("[]").removesuffix("...")
    label += "..." if argument.nargs == -1 else ""
    return label if argument.required else f"[{label}]"


def _signature(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return f"`{_label(parameter)}`"
    names = ", ".join(sorted(parameter.opts, key=len))
    if parameter.is_flag:
        return f"`{names}`"
    value = parameter.metavar or "|".join(_choices(parameter)) or parameter.name.upper()
    return f"`{names} {value}`".replace("|", "\\|")


def _choices(parameter: Any) -> list[str]:
    """What an option accepts; typer and click keep it in different places."""
    descriptor = getattr(parameter, "type_descriptor", None)
    kind = getattr(descriptor, "annotation", None)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return [_text(value) for value in kind]
    return [_text(c) for c in getattr(getattr(parameter, "type", None), "choices", None) or ()]


def _help(parameter: Any) -> str:
    text = " ".join((parameter.help or "").split()).replace("|", "\\|")
    default = parameter.default
    shown = parameter.param_type_name == "option" and parameter.show_default
    if shown and not parameter.is_flag and default is not None and not callable(default):
        text += f" Default: `{_text(default)}`."
    return text.replace("*", "\\*")


def _text(value: Any) -> str:
    return str(getattr(value, "value", value))


def _named(nav: Any) -> Iterator[str]:
    if isinstance(nav, str):
        yield nav
    elif isinstance(nav, dict):
        for value in nav.values():
            yield from _named(value)
    else:
        for value in nav or ():
            yield from _named(value)
