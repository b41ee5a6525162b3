"""The virtual environment of each backend: made by uv on first use, under the user's cache.

An environment is named by a hash of its pins, so new pins make a new one. A marker
file is written last: a folder without it was left by a process that died, and is
made again.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from filelock import FileLock, Timeout

from qbench.exceptions import EnvironmentUnavailableError
from qbench.registry import BackendInfo, find, pins, refused_platform
from qbench.registry.locations import cache_dir
from qbench.runner.interpreters import Interpreter, interpreter_for
from qbench.runner.uv_program import UvError, run_uv

MARKER = "qbench-environment.json"
MARKER_FORMAT = 1

Progress = Callable[[str], None]


def _silent(line: str) -> None:
    """Drop a line of progress."""


@dataclass(frozen=True)
class EnvironmentRecord:
    """What was really installed; the provenance of every row measured in it."""

    backend: str
    version: str
    pins_sha256: str
    python: str
    platform: str
    freeze: tuple[str, ...]
    """``uv pip freeze``: also what no pin names."""
    size_bytes: int
    seconds: float
    """Wall time that making it took."""
    created: str
    uv: str
    path: str
    format: int = MARKER_FORMAT


@dataclass(frozen=True)
class EnvironmentStatus:
    """Whether an environment is there."""

    state: Literal["ready", "missing", "unavailable"]
    reason: str = ""


class Environment:
    """The environment of one version of a backend.

    Raises
    ------
    UnknownNameError
        There are no pins for the version.
    """

    def __init__(self, info: BackendInfo, version: str | None = None) -> None:
        self.info = info
        self.version = info.version(version)
        self.pins = pins(info, self.version)

    @cached_property
    def interpreter(self) -> Interpreter:
        """The Python it is made from; raises EnvironmentUnavailableError if there is none."""
        refused = refused_platform(self.info)
        if refused is not None:
            raise EnvironmentUnavailableError(refused)
        try:
            return interpreter_for(self.info.python)
        except EnvironmentUnavailableError as error:
            raise EnvironmentUnavailableError(f"{self._title} {error}") from error

    @cached_property
    def path(self) -> Path:
        """Its folder, whether it exists or not."""
        key = f"{self.pins.digest} {self.interpreter.minor}"
        short = hashlib.sha256(key.encode()).hexdigest()[:12]
        return environments_dir() / f"{self.info.environment}-{self.version}-{short}"

    @property
    def python(self) -> Path:
        """Its interpreter."""
        inside = "Scripts/python.exe" if os.name == "nt" else "bin/python"
        return self.path / inside

    @property
    def log_path(self) -> Path:
        """What uv printed when the environment was made."""
        return environments_dir() / f"{self.path.name}.log"

    @property
    def _title(self) -> str:
        return f"{self.info.title} ({self.info.name}@{self.version})"

    def record(self) -> EnvironmentRecord | None:
        """What is installed, or None if the environment isn't complete."""
        return _read_record(self.path) if self.python.exists() else None

    def status(self) -> EnvironmentStatus:
        """Whether it is ready, could be made, or cannot be made here."""
        try:
            ready = self.record() is not None
        except EnvironmentUnavailableError as error:
            return EnvironmentStatus("unavailable", str(error))
        return EnvironmentStatus("ready" if ready else "missing")

    def create(self, progress: Progress = _silent, *, force: bool = False) -> EnvironmentRecord:
        """Make the environment unless it is ready; one process at a time does so.

        Parameters
        ----------
        progress : callable
            Receives uv's output, line by line.
        force : bool
            Make it anew even if it is ready.

        Raises
        ------
        EnvironmentUnavailableError
            It cannot be made here; the message says why and what to do.
        """
        record = self.record()
        if record is not None and not force:
            return record
        with _locked(self.path, progress):
            record = self.record()
            if record is not None and not force:
                return record
            shutil.rmtree(self.path, ignore_errors=True)
            return self._build(progress)

    def remove(self) -> bool:
        """Delete it; False if there was nothing."""
        with _locked(self.path, _silent):
            if not self.path.exists():
                return False
            (self.path / MARKER).unlink(missing_ok=True)
            shutil.rmtree(self.path)
            return True

    def _build(self, progress: Progress) -> EnvironmentRecord:
        started = time.perf_counter()
        self.log_path.write_text("", encoding="utf-8")
        self._uv(
            progress, "venv", "--no-project", "--python", str(self.interpreter.path), str(self.path)
        )
        asked = ["pip", "install", "--python", str(self.python)]
        asked += ["-r", self._copy("pins.txt", self.pins.text)]
        if self.pins.excludes is not None:
            asked += ["--excludes", self._copy("excludes.txt", self.pins.excludes)]
        self._uv(progress, *asked)
        frozen = self._uv(_silent, "pip", "freeze", "--python", str(self.python))
        version = self._uv(_silent, "--version")
        record = EnvironmentRecord(
            backend=self.info.environment,
            version=self.version,
            pins_sha256=self.pins.digest,
            python=self._python_version(),
            platform=platform.platform(),
            freeze=tuple(line for line in frozen if "==" in line or " @ " in line),
            size_bytes=_size(self.path),
            seconds=round(time.perf_counter() - started, 3),
            created=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            uv=version[0],
            path=str(self.path),
        )
        _write_record(self.path, record)
        return record

    def _copy(self, name: str, text: str) -> str:
        copy = self.path / f"qbench-{name}"
        copy.write_text(text, encoding="utf-8")
        return str(copy)

    def _python_version(self) -> str:
        asked = [str(self.python), "-I", "-c", "import platform; print(platform.python_version())"]
        return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()

    def _uv(self, progress: Progress, *arguments: str) -> list[str]:
        try:
            return run_uv(arguments, folder=environments_dir(), log=self.log_path, report=progress)
        except UvError as error:
            raise EnvironmentUnavailableError(
                f"{self._title}: its environment could not be made. uv says: {error} "
                f"The whole output is in {self.log_path}. "
                f"Try again with: qbench env create {self.info.environment}@{self.version}"
            ) from error


def environments_dir() -> Path:
    """The folder of all environments."""
    return cache_dir() / "environments"


def python_of(name: str, version: str | None = None, progress: Progress = _silent) -> Path:
    """The interpreter of a backend's environment, which is made if it isn't there."""
    environment = Environment(find(name), version)
    environment.create(progress)
    return environment.python


def installed() -> list[EnvironmentRecord]:
    """Every complete environment under the cache, also those of pins that have changed since."""
    records = [_read_record(marker.parent) for marker in environments_dir().glob(f"*/{MARKER}")]
    return sorted((r for r in records if r is not None), key=lambda r: r.path)


class _locked:  # noqa: N801 - reads as a verb
    """Hold the lock of an environment; says so once if another process holds it."""

    def __init__(self, path: Path, progress: Progress) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(path.parent / f"{path.name}.lock")
        self._name, self._progress = path.name, progress

    def __enter__(self) -> None:
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            self._progress(f"waiting for another process that makes {self._name}")
            self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def _read_record(path: Path) -> EnvironmentRecord | None:
    try:
        fields = json.loads((path / MARKER).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, json.JSONDecodeError):
        return None
    if fields.get("format") != MARKER_FORMAT:
        return None
    return EnvironmentRecord(**{**fields, "freeze": tuple(fields["freeze"])})


def _write_record(path: Path, record: EnvironmentRecord) -> None:
    temporary = path / f"{MARKER}.new"
    temporary.write_text(json.dumps(asdict(record), indent=1), encoding="utf-8")
    temporary.replace(path / MARKER)


def _files(path: Path) -> Iterator[os.stat_result]:
    for folder, _, names in os.walk(path):
        for name in names:
            yield (Path(folder) / name).lstat()


def _size(path: Path) -> int:
    """Bytes of all files, each inode once; uv hard-links them from its cache where it can."""
    return sum({stat.st_ino: stat.st_size for stat in _files(path)}.values())
