"""Learning-rate schedules in plain Python, equal to torch's, shared by every host."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from qbench.exceptions import QbenchError
from qbench.worker.checkpoints import Resumable

_PLATEAU_EPSILON = 1e-8
"""torch: a smaller change of the rate is not made."""


class Schedule(Resumable, ABC):
    """The learning rate of each epoch; ``rate`` is that of the epoch to come."""

    needs_validation = False
    changing: ClassVar[tuple[str, ...]] = ("rate",)

    def __init__(self, rate: float) -> None:
        self.rate = rate

    @abstractmethod
    def epoch_ended(self, epoch: int, validation_loss: float | None) -> None:
        """Set the next rate after epoch number ``epoch``, counted from 1."""


class Constant(Schedule):
    """One rate for the whole training."""

    def epoch_ended(self, epoch: int, validation_loss: float | None) -> None:
        """Nothing changes."""


class Step(Schedule):
    """Multiplied by ``gamma`` every ``step_size`` epochs (torch's StepLR)."""

    def __init__(self, rate: float, step_size: int, gamma: float = 0.1) -> None:
        super().__init__(rate)
        self._step_size, self._gamma = int(step_size), gamma

    def epoch_ended(self, epoch: int, validation_loss: float | None) -> None:
        """Multiply where the epoch is a multiple of the step size."""
        if epoch % self._step_size == 0:
            self.rate *= self._gamma


class Cosine(Schedule):
    """Half a cosine from the rate to ``eta_min`` in ``t_max`` epochs (torch's CosineAnnealingLR).

    Loshchilov and Hutter 2017, "SGDR", eq. 5, without restarts.
    """

    def __init__(self, rate: float, t_max: int, eta_min: float = 0.0) -> None:
        super().__init__(rate)
        self._base, self._t_max, self._eta_min = rate, t_max, eta_min

    def epoch_ended(self, epoch: int, validation_loss: float | None) -> None:
        """The closed form, which does not gather rounding errors."""
        half = (1.0 + math.cos(math.pi * epoch / self._t_max)) / 2.0
        self.rate = self._eta_min + (self._base - self._eta_min) * half


class Plateau(Schedule):
    """Multiplied by ``factor`` once the validation loss stays (torch's ReduceLROnPlateau).

    A loss counts as better when it is below ``best * (1 - threshold)``; after more
    than ``patience`` epochs without a better one the rate falls.
    """

    needs_validation = True
    changing = ("rate", "_best", "_bad", "_cooling")

    def __init__(
        self,
        rate: float,
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
    ) -> None:
        super().__init__(rate)
        self._factor, self._patience, self._threshold = factor, patience, threshold
        self._cooldown, self._min_lr = cooldown, min_lr
        self._best, self._bad, self._cooling = math.inf, 0, 0

    def epoch_ended(self, epoch: int, validation_loss: float | None) -> None:
        """Count epochs without improvement, and lower the rate after too many."""
        if validation_loss is None:
            raise QbenchError("scheduler plateau follows the validation loss: it needs one")
        if validation_loss < self._best * (1.0 - self._threshold):
            self._best, self._bad = validation_loss, 0
        else:
            self._bad += 1
        if self._cooling > 0:
            self._cooling, self._bad = self._cooling - 1, 0
        if self._bad > self._patience:
            lower = max(self.rate * self._factor, self._min_lr)
            if self.rate - lower > _PLATEAU_EPSILON:
                self.rate = lower
            self._cooling, self._bad = self._cooldown, 0


def make(scheduler: Mapping[str, Any] | None, rate: float, epochs: int) -> Schedule:
    """The schedule of a resolved ``{"name": ..., options}``; None is a constant rate.

    Raises
    ------
    QbenchError
        An unknown name or option.
    """
    options = dict(scheduler or {"name": "none"})
    name = options.pop("name", None)
    if name == "cosine" and options.get("t_max") is None:
        options["t_max"] = epochs
    kinds: dict[str, type[Schedule]] = {
        "none": Constant,
        "step": Step,
        "cosine": Cosine,
        "plateau": Plateau,
    }
    if name not in kinds:
        raise QbenchError(f"no such scheduler: {name!r}; known are {', '.join(kinds)}")
    try:
        return kinds[name](rate, **options)
    except TypeError as error:
        raise QbenchError(f"scheduler {name}: {error}") from error
