"""Is each backend well? Its platform, its environment, its worker, and its arithmetic."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from qbench.circuit import ReferenceProgram
from qbench.circuit.build import build_circuit
from qbench.exceptions import EnvironmentUnavailableError, QbenchError
from qbench.plan.machine import machine
from qbench.registry import BackendInfo, KnownBug, cache_dir, pins, refused_platform
from qbench.runner.environments import Environment
from qbench.runner.machine import load_average
from qbench.runner.pool import WorkerPool
from qbench.runner.worker import Worker

OK, MISSING, FAILED, SKIPPED = "ok", "missing", "failed", "skipped"
"""MISSING is no fault: an environment is made on first use."""

REQUEST_TIMEOUT_S = 120.0
"""After so long without an answer a worker is taken to hang."""

_LOW_DISK_BYTES = 5_000_000_000


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Attributes
    ----------
    name : "platform", "python", "environment", "worker" or "agreement"
    advice : what to do; empty where nothing is to be done
    """

    name: str
    state: str
    detail: str = ""
    advice: str = ""


@dataclass(frozen=True)
class Diagnosis:
    """What was found about one version of a backend."""

    backend: str
    title: str
    version: str
    checks: tuple[Check, ...]
    known_bugs: tuple[KnownBug, ...]

    @property
    def healthy(self) -> bool:
        """Whether nothing failed; an environment that is only missing is no failure."""
        return all(check.state != FAILED for check in self.checks)

    def check(self, name: str) -> Check:
        """The check of this name, SKIPPED if it was never come to."""
        return next((c for c in self.checks if c.name == name), Check(name, SKIPPED))

    def to_json(self) -> dict[str, Any]:
        """Plain values for ``--json``."""
        return {**asdict(self), "healthy": self.healthy}


def diagnose(
    info: BackendInfo, version: str | None = None, progress: Callable[[str], None] | None = None
) -> Diagnosis:
    """Look at one backend, from its platform to a circuit held against the reference.

    Nothing is installed: where the environment is missing, no worker is started.

    Raises
    ------
    UnknownNameError
        There are no pins for the version.
    """
    environment = Environment(info, version)
    text = pins(info, version).text
    bugs = tuple(bug for bug in info.known_bugs if bug.occurs_in(text, info.version_of))
    checks: list[Check] = []
    for check in _checks(info, environment):
        checks.append(check)
        if progress is not None:
            progress(f"{check.name}: {check.state}")
    return Diagnosis(info.name, info.title, environment.version, tuple(checks), bugs)


def _checks(info: BackendInfo, environment: Environment) -> Iterator[Check]:
    refused = refused_platform(info)
    if refused is not None:
        yield Check("platform", SKIPPED, refused)
        return
    yield Check("platform", OK)
    try:
        yield Check("python", OK, environment.interpreter.minor)
    except EnvironmentUnavailableError as error:
        advice = f"install a Python {info.python} that uv finds (uv python list shows them)"
        yield Check("python", FAILED, str(error), advice)
        return
    record = environment.record()
    command = f"qbench env create {info.environment}@{environment.version}"
    if record is None:
        advice = f"a run makes it when it needs it; make it now with: {command}"
        yield Check("environment", MISSING, "not installed", advice)
        return
    yield Check("environment", OK, f"{record.size_bytes / 1e9:.2f} GB")
    logs = cache_dir() / "logs" / "doctor"
    again = f"see the log in {logs}; make the environment anew with: {command} --force"
    with WorkerPool(logs) as pool:
        try:
            worker = pool.worker(info, environment.version)
            loaded = worker.load(timeout=REQUEST_TIMEOUT_S)
        except QbenchError as error:
            yield Check("worker", FAILED, str(error), again)
            return
        yield Check("worker", OK, f"imports in {loaded['seconds']:.1f} s")
        try:
            yield _agreement(info, worker)
        except QbenchError as error:
            yield Check("agreement", FAILED, str(error), again)


def _agreement(info: BackendInfo, worker: Worker) -> Check:
    if info.adapter is None:
        return _fits(worker)
    circuit = build_circuit(2, encoding="angle", ansatz="hardware_efficient").circuit
    refusal = info.capabilities.refusal(circuit)
    if refusal is not None:
        return Check("agreement", SKIPPED, refusal)
    execution = info.capabilities.resolve()
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(3, circuit.n_inputs)), rng.normal(size=circuit.n_weights)
    cotangent = rng.normal(size=(3, circuit.n_outputs))
    found = worker.evaluate(circuit, execution, x, w, cotangent, timeout=REQUEST_TIMEOUT_S)
    expected = ReferenceProgram(circuit).vjp(x, w, cotangent)
    actual = (found.outputs, found.d_inputs, found.d_weights)
    differences = [
        float(np.max(np.abs(a - e))) if a is not None and a.shape == e.shape else math.inf
        for a, e in zip(actual, expected, strict=True)
    ]
    worst = max(differences)
    if not worst <= execution.tolerance:  # also a NaN is a failure
        advice = f"don't use its results; all cases are tried by: qbench conformance {info.name}"
        said = f"{worst:.1e} from the reference, beyond {execution.tolerance:.0e}"
        return Check("agreement", FAILED, said, advice)
    return Check("agreement", OK, f"{worst:.0e}")


def _fits(worker: Worker) -> Check:
    """A backend without circuits: an estimator separates four points."""
    x, y = np.array([[-2.0], [-1.0], [1.0], [2.0]]), np.array([0, 0, 1, 1])
    reply = worker.fit(
        estimator={"name": "logistic_regression", "options": {}},
        task="classification",
        n_classes=2,
        seed=0,
        arrays={"x_train": x, "y_train": y, "x_test": x, "y_test": y},
        timeout=REQUEST_TIMEOUT_S,
    )
    if not np.array_equal(reply.arrays["predictions_test"].ravel(), y):
        return Check("agreement", FAILED, "logistic regression does not separate four points")
    return Check("agreement", OK, "fits")


@dataclass(frozen=True)
class MachineNote:
    """Something about this machine that a measurement should know."""

    about: str
    detail: str
    warning: str = ""


def machine_notes() -> list[MachineNote]:
    """Load, cores, memory and the disk under the cache folder, with a warning where it matters."""
    here, load = machine(), load_average()
    cores = int(here["cores"])
    busy = "" if load <= cores else "other programs disturb what is timed now; wait, or end them"
    free = psutil.virtual_memory().available
    folder = _existing(cache_dir())
    disk = shutil.disk_usage(folder).free
    full = "" if disk >= _LOW_DISK_BYTES else "the environments of all backends take about 5 GB"
    return [
        MachineNote("machine", f"{here['cpu']}, {here['os']}, Python {here['python']}"),
        MachineNote("load", f"{load:.1f} on {cores} cores", busy),
        MachineNote("threads", f"1 a worker unless execution.threads says more; {cores} cores"),
        MachineNote("memory", f"{free / 1e9:.1f} GB of {here['memory_bytes'] / 1e9:.1f} GB free"),
        MachineNote("disk", f"{disk / 1e9:.1f} GB free in {cache_dir()}", full),
    ]


def _existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.is_dir())
