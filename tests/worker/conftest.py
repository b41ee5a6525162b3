"""Real workers as subprocesses, and small problems to give them."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qbench.circuit import Angle, Circuit, Operation, expval
from qbench.worker.protocol import Channel, load_arrays, save_arrays

ROOT = Path(__file__).parents[2]
ASSETS = Path(__file__).parent / "assets"
EXECUTION = {"device": "numpy", "diff_method": "adjoint"}


def python_of(name: str) -> str:
    """The interpreter of a backend's environment; QBENCH_TEST_ENVS names a folder of ready ones."""
    ready = os.environ.get("QBENCH_TEST_ENVS")
    if ready:
        return f"{ready}/{name}/bin/python"
    from qbench.runner import environments

    return str(environments.python_of(name))


class RequestError(Exception):
    """The worker answered with an error."""

    def __init__(self, message: dict[str, Any]) -> None:
        super().__init__(message["message"])
        self.kind, self.traceback = message["kind"], message["traceback"]


class Worker:
    """A started worker process; :meth:`ask` it."""

    Error = RequestError
    EXECUTION = EXECUTION

    def __init__(
        self,
        folder: Path,
        host: str = "torch",
        adapter: tuple[Path, str] | None = None,
        environ: dict[str, str] | None = None,
        python: str | None = None,
    ) -> None:
        self.folder, self.events = folder, list[dict[str, Any]]()
        self.log = folder / "worker.log"
        bootstrap = ROOT / "qbench" / "worker" / "bootstrap.py"
        command = [python or python_of("baselines"), "-I", str(bootstrap), "--qbench", str(ROOT)]
        command += ["--host", host, "--threads", "1"]
        if adapter is not None:
            command += ["--adapter-dir", str(adapter[0]), "--adapter", adapter[1]]
        threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log.open("wb"),
            env={**os.environ, **threads, **(environ or {})},
        )
        assert self.process.stdout is not None
        assert self.process.stdin is not None
        self.channel = Channel(self.process.stdout, self.process.stdin)
        self.ready = self.channel.receive()
        self._id = 0

    def send(self, op: str, arrays: dict[str, Any] | None = None, **fields: Any) -> None:
        self._id += 1
        names = save_arrays(self.folder, arrays or {})
        self.channel.send(
            {"id": self._id, "op": op, "folder": str(self.folder), "arrays": names, **fields}
        )

    def ask(
        self, op: str, arrays: dict[str, Any] | None = None, **fields: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """The result's fields and arrays; its events are in ``events``."""
        self.events = []
        self.send(op, arrays, **fields)
        while True:
            message = self.channel.receive()
            assert message is not None, self.log.read_text()
            assert message["id"] == self._id
            if message["event"] == "error":
                raise RequestError(message)
            if message["event"] == "result":
                return message, load_arrays(self.folder, message.get("arrays", []))
            self.events.append(message)

    def train(self, problem: Problem, **changes: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        return self.ask("train", problem.arrays, **problem.request(**changes))

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None and not stream.closed:
                stream.close()


class Problem:
    """Six features, three classes; dense, scale, two copies of a 2-qubit circuit, dense.

    The circuit is RY(x_i) RY(w_i) on each wire, measured in Z: cos(x_i + w_i).
    """

    trainable = ("0.dense.weight", "0.dense.bias", "2.quantum.weights", "3.dense.weight")

    def __init__(self, epochs: int = 4, rows: int = 20) -> None:
        draw = np.random.default_rng(7)
        self.circuit = self.cosines(2)
        self.layers: list[dict[str, Any]] = [
            self.dense("0.dense", 6, 4, activation="tanh"),
            {"type": "scale", "factor": 1.5},
            self.quantum("2.quantum", self.circuit, copies=2),
            self.dense("3.dense", 4, 3),
        ]
        self.parameters = {
            "0.dense.weight": draw.normal(size=(4, 6)),
            "0.dense.bias": draw.normal(size=4),
            "2.quantum.weights": draw.normal(size=(2, 2)),
            "3.dense.weight": draw.normal(size=(3, 4)),
            "3.dense.bias": draw.normal(size=3),
        }
        self.data: dict[str, Any] = {}
        for part, n in (("train", rows), ("validation", 9), ("test", 7)):
            self.data[f"x_{part}"] = draw.normal(size=(n, 6))
            self.data[f"y_{part}"] = draw.integers(0, 3, size=n)
        self.data["order"] = np.stack([draw.permutation(rows) for _ in range(epochs)])

    @property
    def arrays(self) -> dict[str, Any]:
        return {**self.data, **{f"param.{n}": a for n, a in self.parameters.items()}}

    def request(self, **changes: Any) -> dict[str, Any]:
        trainer = {
            "epochs": len(self.data["order"]),
            "max_steps": None,
            "batch_size": 8,
            "optimizer": {"name": "adam", "learning_rate": 0.05},
            "scheduler": None,
            "select": "last",
            "early_stopping": None,
        }
        request = {
            "model": {"layers": self.layers},
            "loss": "cross_entropy",
            "trainable": list(self.parameters),
            "execution": EXECUTION,
            "seed": 3,
        }
        request |= {k: v for k, v in changes.items() if k not in trainer}
        trainer |= {k: v for k, v in changes.items() if k in trainer}
        return {**request, "trainer": trainer}

    @staticmethod
    def cosines(n: int) -> Circuit:
        operations = [Operation.of("RY", i, Angle.input(i)) for i in range(n)]
        operations += [Operation.of("RY", i, Angle.weight(i)) for i in range(n)]
        return Circuit(n, tuple(operations), tuple(expval("Z", i) for i in range(n)), n, n)

    @staticmethod
    def dense(name: str, inputs: int, units: int, activation: str = "linear") -> dict[str, Any]:
        shape = {"inputs": inputs, "units": units}
        return {"type": "dense", "name": name, **shape, "activation": activation, "bias": True}

    @staticmethod
    def quantum(name: str, circuit: Circuit, copies: int = 1) -> dict[str, Any]:
        return {"type": "quantum", "name": name, "circuit": circuit.to_json(), "copies": copies}


REFERENCE = (ROOT / "backends" / "reference", "qbench_reference:ReferenceBackend")
KERAS = (ROOT / "backends" / "pennylane_keras", "qbench_pennylane_keras:PennyLaneKerasBackend")
TROUBLED = (ASSETS, "qbench_troubled:TroubledBackend")


@pytest.fixture(scope="session")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Worker]]:
    """Start a worker; all are ended with the session."""
    started: list[Worker] = []

    def start(*arguments: Any, **options: Any) -> Worker:
        started.append(Worker(tmp_path_factory.mktemp("worker"), *arguments, **options))
        return started[-1]

    yield start
    for worker in started:
        worker.close()


@pytest.fixture(scope="session")
def reference(start: Callable[..., Worker]) -> Worker:
    return start(adapter=REFERENCE)


@pytest.fixture(scope="session")
def environment_python() -> Callable[[str], str]:
    return python_of


@pytest.fixture(scope="session")
def tensorflow_reference(start: Callable[..., Worker]) -> Worker:
    """The reference in the tensorflow host: what differs from ``reference`` is the host alone."""
    return start(host="tensorflow", adapter=REFERENCE, python=python_of("pennylane_keras"))


@pytest.fixture(scope="session")
def keras(start: Callable[..., Worker]) -> Worker:
    worker = start(host="tensorflow", adapter=KERAS, python=python_of("pennylane_keras"))
    worker.EXECUTION = {"device": "default.qubit", "diff_method": "backprop"}
    return worker


@pytest.fixture(scope="session")
def troubled(start: Callable[..., Worker]) -> Worker:
    return start(adapter=TROUBLED)


@pytest.fixture(scope="session")
def estimators(start: Callable[..., Worker]) -> Worker:
    return start(host="estimators")


@pytest.fixture
def problem() -> Problem:
    return Problem()


@pytest.fixture
def make_problem() -> type[Problem]:
    return Problem


@pytest.fixture
def torch_loops(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Run trainings and schedules written by hand in plain torch."""

    def run(arrays: dict[str, Any], **jobs: Any) -> dict[str, Any]:
        names = save_arrays(tmp_path, arrays)
        request = {"folder": str(tmp_path), "arrays": names, "trainings": [], "schedules": []}
        answer = subprocess.run(
            [python_of("baselines"), str(ASSETS / "torch_loops.py")],
            input=json.dumps({**request, **jobs}),
            capture_output=True,
            text=True,
            check=True,
        )
        result: dict[str, Any] = json.loads(answer.stdout)
        return result

    return run
