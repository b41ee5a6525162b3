"""What differences are taken against: another method, or the same at another point."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from qbench.exceptions import UnknownNameError
from qbench.report.frames import LABEL, at, axes_of, from_one_backend
from qbench.spec import parse_only
from qbench.spec.problems import unknown


@dataclass(frozen=True)
class Baseline:
    """A method, values of axes, or both.

    Attributes
    ----------
    method : str or None
        None compares each method with itself.
    axes : mapping
        Value by ``labels.AXIS``; other axes are as in the row that is compared.
    """

    method: str | None = None
    axes: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_suite(cls, value: str | Mapping[str, str] | None) -> Baseline | None:
        """As a suite writes it: a name, or ``{axis: value}``."""
        if not value:
            return None
        if isinstance(value, str):
            return cls(value)
        axes = {LABEL + axis: label for axis, label in value.items() if axis != "model"}
        return cls(value.get("model"), axes)

    @classmethod
    def parse(cls, text: str, frame: pd.DataFrame) -> Baseline:
        """As the command line has it: a name, or ``axis=value``.

        Raises
        ------
        UnknownNameError
            The run has no such method, axis or value; suggests the nearest.
        """
        methods = list(dict.fromkeys(frame["method"]))
        if "=" not in text:
            if text not in methods:
                raise UnknownNameError(f"--baseline: {unknown('model', text, methods)}")
            return cls(text)
        asked = parse_only(text, option="--baseline")
        known = {axis: list(dict.fromkeys(frame[LABEL + axis].dropna())) for axis in axes_of(frame)}
        known["model"] = methods
        for axis, value in asked.items():
            if axis not in known:
                raise UnknownNameError(f"--baseline {text}: {unknown('axis', axis, known)}")
            if value not in known[axis]:
                raise UnknownNameError(f"--baseline {text}: {unknown('value', value, known[axis])}")
        return cls.of_suite(asked) or cls()

    def rows(
        self, frame: pd.DataFrame, method: str, labels: Mapping[str, Any]
    ) -> pd.DataFrame | None:
        """The rows to compare ``method`` at ``labels`` with; None where it is itself or absent."""
        wanted = self.method or method
        moved = {axis: value for axis, value in self.axes.items() if labels.get(axis) != value}
        if (wanted == method and not moved) or set(moved) - set(frame.columns):
            return None
        found = at(frame, {"method": wanted, **labels, **moved})
        return from_one_backend(found) if len(found) else None

    def __str__(self) -> str:
        axes = [f"{axis.removeprefix(LABEL)}={value}" for axis, value in self.axes.items()]
        same = [] if self.method else ["the same model"]
        return ", ".join([*([self.method] if self.method else same), *axes])
