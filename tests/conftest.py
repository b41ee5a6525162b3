from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings

from qbench.data import DATASETS
from qbench.data.states import state_of
from qbench.registry import find, refused_platform
from qbench.runner.environments import Environment
from qbench.spec import load_suite
from qbench.store import Store, open_store

PYPROJECT = """
[project]
name = "qbench-tiny"
version = "1"
requires-python = ">=3.11"
description = "A backend of next to nothing"

[tool.qbench.backend]
name = "tiny"
title = "Tiny"
host = "torch"
adapter = "qbench_tiny:TinyBackend"
revision = 3
default_version = "1.17.0"
version_of = "six"
platforms = ["linux", "darwin", "win32"]

[tool.qbench.backend.capabilities]
gates = ["RX", "CNOT"]
readouts = ["expval"]
max_qubits = 4

[[tool.qbench.backend.modes]]
device = "tiny.qubit"
diff_method = "backprop"
precisions = ["double", "single"]
"""

MakeBackend = Callable[..., Path]


@pytest.fixture
def make_backend(tmp_path: Path) -> MakeBackend:
    """Writes a backend's folder: its pyproject with some text replaced, and its pins."""

    def make(*replaced: tuple[str, str], pins: str = "six==1.17.0\n", folder: str = "tiny") -> Path:
        text = PYPROJECT
        for old, new in replaced:
            assert old in text
            text = text.replace(old, new)
        place = tmp_path / "backends" / folder
        (place / "pins").mkdir(parents=True)
        (place / "pyproject.toml").write_text(text)
        (place / "pins" / "1.17.0.txt").write_text(pins)
        return place

    return make


settings.register_profile("qbench", deadline=None)  # hypothesis times examples; others run beside
settings.load_profile("qbench")

TESTS = Path(__file__).parent
LONG = ("worker", "docs", "end_to_end", "cli")
"""Folders whose files take longest; side by side they begin first, so that none is waited for."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what runs alone, and what must stay together where tests run side by side.

    A file stays together, whose fixtures are its own; so does tests/worker, whose workers are
    the session's. Everything under tests/benchmarks is timed.
    """
    places = {item: item.path.relative_to(TESTS).parts for item in items}
    for item, (folder, *_) in places.items():
        group = folder if folder == "worker" else str(item.path)
        item.add_marker(pytest.mark.xdist_group(group))
        if folder == "benchmarks":
            item.add_marker("timed")
    rank = {folder: number for number, folder in enumerate(LONG)}
    items.sort(key=lambda item: rank.get(places[item][0], len(LONG)))


QBENCH = Path(sys.executable).with_name("qbench")
"""The console script, as ``pip install -e .`` makes it."""


class CommandLine:
    """Runs ``qbench`` as a process of its own, in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(
        self, *arguments: object, timeout: float = 600, **environ: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [QBENCH, *map(str, arguments)],
            cwd=self.folder,
            env=self.environ(**environ),
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    def start(self, *arguments: object) -> subprocess.Popen[str]:
        """The same in the background, at the head of a process group as under a shell."""
        return subprocess.Popen(
            [QBENCH, *map(str, arguments)],
            cwd=self.folder,
            env=self.environ(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=_hears_interrupts,
        )

    @staticmethod
    def environ(**changes: str) -> dict[str, str]:
        """The environment without what would change where results go or how they look."""
        out = ("QBENCH_STORE", "FORCE_COLOR", "COLUMNS", "PY_COLORS", "CLICOLOR_FORCE")
        kept = {key: value for key, value in os.environ.items() if key not in out}
        return kept | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"} | changes


def _hears_interrupts() -> None:
    """What is started in the background of a script ignores Ctrl-C, and so do its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture
def qbench(tmp_path: Path) -> CommandLine:
    """The real command line; ``qbench("run", suite)`` waits for it."""
    return CommandLine(tmp_path)


@pytest.fixture(scope="session")
def command_line() -> type[CommandLine]:
    """The real command line in any folder, for what a module or a session runs once."""
    return CommandLine


@dataclass(frozen=True)
class FinishedRun:
    """A run of the command line that several tests read; none may write its store."""

    store: Path
    stdout: str
    stderr: str
    returncode: int

    def open(self) -> Store:
        return open_store(self.store, writable=False)

    def copy_to(self, folder: Path) -> Path:
        """A copy of the store, to be written."""
        return Path(shutil.copy(self.store, folder / "results.db"))


@pytest.fixture(scope="session")
def quick_run(tmp_path_factory: pytest.TempPathFactory) -> FinishedRun:
    """``qbench run quickstart --quick``, once: every backend and every baseline, two seeds.

    Processes that test side by side share it.
    """
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    folder /= "quickstart"
    store, said = folder / "results.db", folder / "said.json"
    with FileLock(f"{folder}.lock"):
        if not said.exists():
            folder.mkdir()
            command = ("run", "quickstart", "--quick", "--store", store)
            done = CommandLine(folder)(*command, timeout=7200)  # may have to make environments
            said.write_text(json.dumps([done.stdout, done.stderr, done.returncode]))
    return FinishedRun(store, *json.loads(said.read_text()))


@pytest.fixture(scope="session")
def data_at_hand() -> Callable[[Path], bool]:
    """Whether planning a suite needs no download: its data sets are here, or it has none."""

    def at_hand(suite: Path) -> bool:
        data = [point.config.data for point in load_suite(suite).points]
        names = {each.name for each in data if each is not None}
        return not any(state_of(DATASETS[name]).startswith("to fetch") for name in names)

    return at_hand


@pytest.fixture(scope="session")
def environment_of() -> Callable[[str], Environment]:
    """A backend's environment, made if it is missing: one that can't be made fails the test.

    Skips only where the backend declares that it isn't for this platform.
    """

    def made(name: str) -> Environment:
        info = find(name)
        refused = refused_platform(info)
        if refused is not None:
            pytest.skip(refused)
        environment = Environment(info)
        environment.create()
        return environment

    return made
