"""``speed``: what ``task: speed`` times, and how long it looks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, PlainValidator, model_validator

from qbench.exceptions import CircuitError
from qbench.spec.base import SpecModel, refusal, refusals
from qbench.spec.problems import Path, Problem, describe

Measure = Literal["forward", "gradient_weights", "gradient", "step"]

_MEASURES: list[Measure] = ["forward", "gradient", "step"]

LABELS = ("measure", "batch_size")
"""What a timing is called by besides the suite's axes."""

MOST_ROUNDS = 1000
MOST_PROCESSES = 32

_SECONDS = {"ms": 1e-3, "s": 1.0}


def _min_time(value: Any) -> float:
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*(ms|s)", str(value))
    seconds = float(match[1]) * _SECONDS[match[2]] if match else 0.0
    if not 1e-3 <= seconds <= 60:
        raise refusal(f"must be a time from 1ms to 60s, such as 100ms, not {describe(value)}")
    return seconds


def _distinct(value: Any) -> Any:
    if isinstance(value, list) and len({str(each) for each in value}) < len(value):
        raise refusal("names a value twice")
    return value


class SpeedConfig(SpecModel):
    """What ``task: speed`` times of each circuit on each backend."""

    measure: Annotated[list[Measure], Field(min_length=1), BeforeValidator(_distinct)] = Field(
        default_factory=_MEASURES.copy
    )
    """forward, gradient_weights, gradient (by weights and inputs), step (of a training)."""
    batch_size: Annotated[
        list[Annotated[int, Field(ge=1, le=1_000_000)]],
        Field(min_length=1),
        BeforeValidator(_distinct),
    ] = Field(default_factory=lambda: [1, 32])
    """Rows of one call."""
    processes: Annotated[int, Field(ge=1, le=MOST_PROCESSES)] = 4
    """Processes of each variant, which share its rounds; intervals are over them. With one alone
    they are over its rounds, six or more."""
    rounds: Annotated[int, Field(ge=1, le=MOST_ROUNDS)] = 12
    """Samples of each variant; all variants take turns."""
    min_time: Annotated[float, PlainValidator(_min_time)] = 0.1
    """A sample repeats the call until it takes this long, such as 100ms."""
    control: bool = True
    """Whether the first variant is timed a second time, in processes of its own."""

    @model_validator(mode="after")
    def _a_round_each(self) -> Self:
        if self.rounds < self.processes:
            message = f"{self.rounds}: a round for each of the {self.processes} processes at least"
            raise refusals(Problem(("rounds",), message))
        return self


def check_speed(config: Any) -> Iterator[Problem]:
    """What ``task: speed`` cannot time.

    Parameters
    ----------
    config : SuiteConfig
    """
    if config.models:
        message = (
            "task speed times circuits alone; the steps of a model's training are timed by "
            "task train (table of frameworks)"
        )
        yield Problem(("models",), message)
    if config.baselines:
        yield Problem(("baselines",), "task speed trains nothing; leave them out")
    need = [each for each in config.speed.measure if each in ("gradient_weights", "step")]
    for name, circuit in config.circuits.items():
        try:
            built = circuit.build()
        except CircuitError:  # told elsewhere
            continue
        place: Path = ("circuits", name)
        if built.axis_inputs:
            message = "draws a new circuit for each sample; task speed needs `redraw: false`"
            yield Problem((*place, "ansatz"), message)
        if need and not built.circuit.n_weights:
            message = f"has no weights, so there is no {need[0]} to time; give it an ansatz"
            yield Problem(place, message)
