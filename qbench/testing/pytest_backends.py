"""The conformance kit as pytest classes: a backend passes by subclassing one.

::

    class TestMyBackend(EnvironmentConformance):
        name = "mine"
        folders = (Path("path/to/backends/mine"),)

A subclass of :class:`BackendConformance` gives its own evaluator instead.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import pytest

from qbench.backend import Capabilities, Execution
from qbench.registry import BackendInfo, find, load_registry, refused_platform
from qbench.runner.environments import Environment
from qbench.runner.worker import Worker
from qbench.testing.cases import Case
from qbench.testing.conformance import (
    FAILED,
    SKIPPED,
    Evaluator,
    cases_for,
    executions,
    judge,
    mode_label,
)


class BackendConformance:
    """Every declared mode and precision against the reference, one test a case."""

    capabilities: ClassVar[Capabilities]
    """What the backend declares; set by the subclass."""

    thorough: ClassVar[bool] = True
    """False where compiling a circuit takes seconds: see ``cases_for``."""

    accelerator: ClassVar[str] = "cpu"
    """Whose modes are judged; with "cuda" those that run on a GPU."""

    @pytest.fixture
    def backend(self) -> Evaluator:
        """The evaluator that is judged; override it."""
        raise NotImplementedError("override the fixture `backend` of BackendConformance")

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """One test for each execution and case."""
        if {"execution", "case"} <= set(metafunc.fixturenames):
            trials = [
                pytest.param(
                    execution,
                    case,
                    id=f"{mode_label(execution)}-{execution.precision}-{case.name}",
                )
                for execution in executions(self.capabilities, self.accelerator)
                for case in cases_for(self.capabilities, execution, self.thorough)
            ]
            metafunc.parametrize(("execution", "case"), trials)

    def test_outputs_and_gradients_agree_with_the_reference(
        self, backend: Evaluator, execution: Execution, case: Case
    ) -> None:
        """Within the tolerance of the execution's precision and gradient rule."""
        result = judge(backend, self.capabilities, execution, case)
        if result.status == SKIPPED:
            pytest.skip(result.message)
        if result.status == FAILED:
            pytest.fail(result.message, pytrace=False)


class EnvironmentConformance(BackendConformance):
    """The same, of a backend's folder: in a worker of the environment that its pins make."""

    name: ClassVar[str]
    """The backend's name, as suites write it."""

    folders: ClassVar[tuple[Path, ...]] = ()
    """Folders of backends beside those that ship with qbench."""

    version: ClassVar[str | None] = None
    """One of the backend's versions; its default one if None."""

    info: ClassVar[BackendInfo]
    _worker: ClassVar[Worker]
    _folder: ClassVar[TemporaryDirectory[str]]

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.info = find(cls.name, load_registry(cls.folders))
        cls.capabilities = cls.info.capabilities

    @classmethod
    def setup_class(cls) -> None:
        """Start a worker; the environment is made on first use, and failing to make it fails.

        Skipped only where the backend declares that it isn't for this platform.
        """
        refused = refused_platform(cls.info)
        if refused is not None:
            pytest.skip(refused)
        environment = Environment(cls.info, cls.version)
        environment.create()
        cls._folder = TemporaryDirectory(prefix="qbench-conformance-")
        log = Path(cls._folder.name) / "worker.log"
        cls._worker = Worker(
            cls.info,
            environment.python,
            log_path=log,
            version=cls.version,
            accelerator=cls.accelerator,
        )

    @classmethod
    def teardown_class(cls) -> None:
        """End the worker."""
        cls._worker.shutdown()
        cls._folder.cleanup()

    @pytest.fixture
    def backend(self) -> Evaluator:
        """The same warm worker for every case."""
        return self._worker
