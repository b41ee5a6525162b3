"""One point of a suite: its configuration, and where in the file it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qbench.exceptions import SpecError
from qbench.spec.config import SuiteConfig
from qbench.spec.merging import Locator
from qbench.spec.problems import Problem, spec_error
from qbench.spec.search import Space


@dataclass(frozen=True)
class Point:
    """One combination of an experiment's matrix: its labels, and the suite there.

    Attributes
    ----------
    space : what is searched there, or None
    options : options of baselines that a search gives them, by their names
    """

    labels: dict[str, str]
    config: SuiteConfig
    locator: Locator = field(repr=False, compare=False)
    space: Space | None = field(default=None, repr=False, compare=False)
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """That of the suite's file."""
        return self.locator.document.path.absolute().parent

    def error(self, *problems: Problem) -> SpecError:
        """Mistakes that show only once the data is known, told with their places in the file."""
        return spec_error([self.locator.line(problem) for problem in problems])
