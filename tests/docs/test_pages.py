"""What the pages show works as printed.

Every block of a page is run in order, in one folder a page, with the shipped
suites and the results of one quick run in it: ``bash`` blocks and indented
commands (lines of ``qbench`` in this process, which saves its start each time),
``python`` by Python, suites and parts of suites by ``qbench validate``. A block
after ``<!-- not run: reason -->`` is left out.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from qbench.cli.app import app
from qbench.spec.config import SuiteConfig

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md")))
SUITE_KEYS = {"experiments", "matrix", "profiles", "seeds", *SuiteConfig.model_fields}

NOT_RUN = re.compile(r"<!-- not run: \S.*-->")
COMMAND = re.compile(r"(qbench|bash|pip|python\S*|\.venv/bin/\S+) ")


@dataclass(frozen=True)
class Block:
    """A block of code and where it stands."""

    language: str
    text: str
    line: int
    not_run: bool


def blocks(page: Path) -> Iterator[Block]:
    """Fenced blocks, and indented ones that begin with a command."""
    lines = [*page.read_text().splitlines(), ""]
    start, not_run = 0, False
    while start < len(lines):
        line = lines[start]
        end = start + 1
        if fence := re.match(r"( *)```([\w-]*)", line):
            end = next(k for k in range(end, len(lines)) if lines[k].strip() == "```") + 1
            inside = [each.removeprefix(fence[1]) for each in lines[start + 1 : end - 1]]
            yield Block(fence[2], "\n".join(inside) + "\n", start + 1, not_run)
            not_run = False
        elif line.startswith("    ") and not (start and lines[start - 1].strip()):
            end = next(k for k in range(end, len(lines)) if not lines[k].startswith("    "))
            inside = [each.removeprefix("    ") for each in lines[start:end]]
            if COMMAND.match(inside[0]):
                yield Block("bash", "\n".join(inside) + "\n", start + 1, not_run)
            not_run = False
        elif line.strip():
            not_run = bool(NOT_RUN.match(line))
        start = end


def environ() -> dict[str, str]:
    """A user's environment, with this checkout's ``qbench`` and ``python`` first."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    kept = {k: v for k, v in os.environ.items() if k not in {"QBENCH_STORE", "FORCE_COLOR"}}
    return kept | {"PATH": path, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def desk(folder: Path, store: Path) -> Path:
    """A folder with the shipped suites and the results of the quick run, as after a tutorial."""
    shutil.copytree(ROOT / "suites", folder / "suites")
    (folder / "results").mkdir()
    shutil.copy(store, folder / "results" / "qbench.db")
    return folder


def check(block: Block, folder: Path) -> None:
    """Run a block, or validate it."""
    if block.language == "yaml":
        check_yaml(block.text, folder)
        return
    lines = [shlex.split(line, comments=True) for line in block.text.splitlines()]
    lines = [line for line in lines if line]
    if block.language == "bash" and all(line[0] == "qbench" for line in lines):
        for line in lines:
            qbench(*line[1:])
        return
    commands = {
        "bash": ["bash", "-euo", "pipefail", "-c", block.text],
        "python": [sys.executable, "-c", block.text],
    }
    done = subprocess.run(
        commands[block.language],
        cwd=folder,
        env=environ(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def qbench(*arguments: str) -> None:
    """A line of the command line, in this process and its folder."""
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, (arguments, done.output, repr(done.exception))


def check_yaml(text: str, folder: Path) -> None:
    """A suite is saved under its name; a part of one is laid over the quickstart."""
    yaml = YAML(typ="safe", pure=True)
    value = yaml.load(text)
    if not isinstance(value, dict) or not ("qbench" in value or set(value) <= SUITE_KEYS):
        return  # another program's file
    path = folder / f"{value.get('name', 'part')}.yaml"
    if "qbench" in value:
        path.write_text(text)
    else:
        whole = yaml.load((ROOT / "suites" / "quickstart.yaml").read_text())
        whole.pop("profiles")
        with path.open("w") as file:
            yaml.dump(whole | value, file)
    qbench("validate", str(path))


@pytest.mark.environments
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_block_works_as_printed(page, quick_run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("QBENCH_STORE", raising=False)
    runnable = [b for b in blocks(page) if b.language in {"bash", "python", "yaml"}]
    if not any(block.language != "yaml" and not block.not_run for block in runnable):
        folder = tmp_path
    else:
        assert quick_run.returncode == 0, quick_run.stderr
        folder = desk(tmp_path, quick_run.store)
    for block in runnable:
        if block.not_run:
            continue
        try:
            check(block, folder)
        except AssertionError as error:
            error.add_note(f"{page.relative_to(ROOT)}:{block.line}\n{block.text}")
            raise


def test_tests_that_the_pages_name_exist():
    written = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    for page in PAGES:
        for name in re.findall(r"`(test_\w+)`", page.read_text()):
            assert f"def {name}(" in written, f"{page.name} names {name}"
