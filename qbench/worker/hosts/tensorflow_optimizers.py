"""Optimizers on tf.Variables that follow torch's formulas, operation by operation.

Keras' own differ: Adam's epsilon stands elsewhere in the formula, and constants that
pass through float32 move a loss curve in double precision by 4e-6. Here the numbers
of a step are computed in Python's doubles, as torch does, and every constant is made
in the variable's dtype.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from qbench.backend import Array
from qbench.worker import optimizers
from qbench.worker.hosts.tensorflow_autograd import Tensor, numpy_of


class Optimizer(ABC):
    """One optimizer over some variables; ``apply`` may be traced once and run every step.

    Parameters
    ----------
    options : complete, as :func:`qbench.worker.optimizers.resolve` gives them
    variables : tf.Variables, all of one dtype
    """

    def __init__(self, options: Mapping[str, float], variables: Sequence[Any]) -> None:
        self._options, self._variables = options, variables
        self._slots: list[list[Any]] = []
        self._steps = 0

    def reset(self) -> None:
        """Forget all steps, so that a model's trace serves the next training too."""
        self._steps = 0
        for slots in self._slots:
            for slot in slots:
                slot.assign(tf.zeros_like(slot))

    def state(self) -> dict[str, Array]:
        """Copies of all that is remembered: ``steps``, and ``slot.S.V`` of variable V."""
        slots = {
            f"slot.{s}.{v}": numpy_of(slot)
            for s, slots in enumerate(self._slots)
            for v, slot in enumerate(slots)
        }
        return {"steps": np.array(float(self._steps)), **slots}

    def restore(self, state: Mapping[str, Array]) -> None:
        """Take up what :meth:`state` gave."""
        self._steps = int(state["steps"])
        for s, slots in enumerate(self._slots):
            for v, slot in enumerate(slots):
                slot.assign(tf.constant(state[f"slot.{s}.{v}"], dtype=slot.dtype))

    def numbers(self, learning_rate: float) -> list[float]:
        """What ``apply`` needs to know of the next step; counts it."""
        self._steps += 1
        return self._numbers(learning_rate)

    def apply(self, gradients: Sequence[Tensor | None], numbers: Tensor) -> None:
        """Update the variables; one without a gradient stays as it is.

        Parameters
        ----------
        numbers : tensor of the variables' dtype, from :meth:`numbers`
        """
        for position, gradient in enumerate(gradients):
            if gradient is not None:
                slots = [slot[position] for slot in self._slots]
                self._update(self._variables[position], gradient, slots, tf.unstack(numbers))

    def _new_slot(self) -> None:
        zeros = [tf.Variable(tf.zeros_like(v), trainable=False) for v in self._variables]
        self._slots.append(zeros)

    @abstractmethod
    def _numbers(self, learning_rate: float) -> list[float]: ...

    @abstractmethod
    def _update(
        self, variable: Any, gradient: Tensor, slots: Sequence[Any], numbers: Sequence[Tensor]
    ) -> None: ...


class SGD(Optimizer):
    """``v = momentum * v + g``, ``w -= learning_rate * v``."""

    def __init__(self, options: Mapping[str, float], variables: Sequence[Any]) -> None:
        super().__init__(options, variables)
        if options["momentum"]:
            self._new_slot()

    def _numbers(self, learning_rate: float) -> list[float]:
        return [learning_rate]

    def _update(
        self, variable: Any, gradient: Tensor, slots: Sequence[Any], numbers: Sequence[Tensor]
    ) -> None:
        for velocity in slots:
            momentum = _constant(self._options["momentum"], variable)
            gradient = velocity.assign(momentum * velocity + gradient)
        variable.assign_sub(numbers[0] * gradient)


class Adam(Optimizer):
    """Kingma and Ba 2015, algorithm 1, with epsilon added to sqrt(v) / sqrt(1 - beta2^t)."""

    def __init__(self, options: Mapping[str, float], variables: Sequence[Any]) -> None:
        super().__init__(options, variables)
        self._new_slot()
        self._new_slot()

    def _numbers(self, learning_rate: float) -> list[float]:
        correction1 = 1.0 - self._options["beta1"] ** self._steps
        correction2 = 1.0 - self._options["beta2"] ** self._steps
        return [learning_rate / correction1, math.sqrt(correction2)]

    def _update(
        self, variable: Any, gradient: Tensor, slots: Sequence[Any], numbers: Sequence[Tensor]
    ) -> None:
        beta2, rest1, rest2, epsilon = (
            _constant(value, variable)
            for value in (
                self._options["beta2"],
                1.0 - self._options["beta1"],
                1.0 - self._options["beta2"],
                self._options["epsilon"],
            )
        )
        first, second = slots
        mean = first.assign(first + rest1 * (gradient - first))
        square = second.assign(beta2 * second + rest2 * gradient * gradient)
        variable.assign_sub(numbers[0] * mean / (tf.sqrt(square) / numbers[1] + epsilon))


class AdamW(Adam):
    """Loshchilov and Hutter 2019: weights shrink by learning_rate * weight_decay before Adam."""

    def _numbers(self, learning_rate: float) -> list[float]:
        decay = 1.0 - learning_rate * self._options["weight_decay"]
        return [*super()._numbers(learning_rate), decay]

    def _update(
        self, variable: Any, gradient: Tensor, slots: Sequence[Any], numbers: Sequence[Tensor]
    ) -> None:
        variable.assign(variable * numbers[2])
        super()._update(variable, gradient, slots, numbers)


_CLASSES: Mapping[str, type[Optimizer]] = {"sgd": SGD, "adam": Adam, "adamw": AdamW}


def make(optimizer: Mapping[str, Any], variables: Sequence[Any]) -> Optimizer:
    """The optimizer of a trainer's ``{"name": ..., "learning_rate": ..., ...}``.

    Raises
    ------
    QbenchError
        An unknown name or option.
    """
    name, options = optimizers.resolve(optimizer)
    return _CLASSES[name](options, variables)


def _constant(value: float, variable: Any) -> Tensor:
    return tf.constant(value, dtype=variable.dtype)
