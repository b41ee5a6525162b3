"""Gradients of a model's loss over draws of its quantum weights, batch by batch."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from qbench.backend import Array, NumpyProgram, Program
from qbench.exceptions import QbenchError
from qbench.worker.batches import batches, even
from qbench.worker.hosts.base import HostModel

Programs = Mapping[str, Program | NumpyProgram]
"""By quantum layer name, compiled for ``circuit.weights_as_inputs()``."""


def gradients(
    model: HostModel,
    x: Array,
    y: NDArray[np.generic],
    draws: Mapping[str, Array],
    programs: Programs,
    rows: int,
) -> dict[str, Array]:
    """:meth:`HostModel.gradient_draws` of any number of draws.

    Parameters
    ----------
    rows : int
        Rows of one batch at most (:func:`qbench.worker.batches.drawn_rows`); those of one
        draw stay together, however many they are.

    Raises
    ------
    QbenchError
        Draws that are not given for each quantum parameter, equally many.
    """
    expected = {f"{name}.weights" for name in programs}
    if set(draws) != expected:
        raise QbenchError(f"draws are given for {sorted(draws)}, needed for {sorted(expected)}")
    counts = {len(array) for array in draws.values()}
    if len(counts) != 1:
        raise QbenchError("draws of all quantum parameters must be equally many")
    size = even(counts.pop(), rows // len(x))
    parts = zip(*(batches(array, size) for array in draws.values()), strict=True)
    found: dict[str, list[Array]] = {name: [] for name in draws}
    for part in parts:
        some = {name: array for name, (array, _) in zip(draws, part, strict=True)}
        own = part[0][1]
        for name, gradient in model.gradient_draws(x, y, some, programs).items():
            found[name].append(gradient[:own])
    return {name: np.concatenate(pieces) for name, pieces in found.items()}


class Course:
    """The gradient of one fixed batch's loss as training goes on, a point at a time.

    The model is in evaluation mode (no dropout), so a point depends on nothing but
    the parameters; frozen weights have a course too.

    Attributes
    ----------
    seconds, cpu_seconds : float
        What the points took so far, to be left out of the training's own times.
    """

    def __init__(
        self, model: HostModel, x: Array, y: NDArray[np.generic], programs: Programs
    ) -> None:
        self._model, self._batch, self._programs = model, (x, y), programs
        self._points: dict[str, list[Array]] = {f"{name}.weights": [] for name in programs}
        self.seconds = self.cpu_seconds = 0.0

    @property
    def programs(self) -> Sequence[Program | NumpyProgram]:
        """What the points are computed by."""
        return list(self._programs.values())

    def record(self) -> None:
        """Add the gradient at the model's present parameters."""
        if not self._points:
            return
        wall, cpu = time.perf_counter(), time.process_time()
        parameters = self._model.parameters()
        present = {name: parameters[name][None] for name in self._points}
        for name, gradient in self._model.gradient_draws(
            *self._batch, present, self._programs
        ).items():
            self._points[name].append(gradient[0])
        self.seconds += time.perf_counter() - wall
        self.cpu_seconds += time.process_time() - cpu

    def restore(self, arrays: Mapping[str, Array]) -> None:
        """Take the points so far from what :meth:`arrays` gave."""
        self._points = {name: list(arrays[f"course.{name}"]) for name in self._points}

    def arrays(self) -> dict[str, Array]:
        """``course.NAME``, shape (points, copies, weights), one a quantum parameter."""
        return {f"course.{name}": np.stack(points) for name, points in self._points.items()}
