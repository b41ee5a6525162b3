"""``qbench schema``: the suite language, for editors."""

from __future__ import annotations

import typer


def schema() -> None:
    """Print the JSON Schema of suite files, by which editors complete and check them.

    Editors with a YAML language server (VS Code's YAML extension has it) find it by a
    suite's first line: # yaml-language-server: $schema=suite.schema.json

    Example: qbench schema > suite.schema.json
    """
    import json
    import sys

    from qbench.cli.console import note
    from qbench.data import DATASETS
    from qbench.registry import load_registry
    from qbench.spec.schema import suite_schema

    written = suite_schema(
        [name for name, info in load_registry().items() if info.adapter],
        {name: list(info.options) for name, info in DATASETS.items()},
    )
    typer.echo(json.dumps(written, indent=1, ensure_ascii=False))
    if not sys.stdout.isatty():
        note(
            "A suite names it in its first line: # yaml-language-server: $schema=suite.schema.json"
        )
