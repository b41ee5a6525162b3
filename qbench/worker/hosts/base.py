"""What a host must offer: models built from resolved layers in one deep-learning framework.

The training loop (:mod:`qbench.worker.loop`) is written once, against this
interface, so that every host trains with the same arithmetic.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from qbench.backend import Array, Execution, NumpyProgram, Program
from qbench.circuit import Circuit
from qbench.exceptions import Unsupported
from qbench.worker.distillation import Distillation

Parameters = Mapping[str, Array]
"""Arrays by name, such as ``2.quantum.weights``; dense weights are [out, in]."""

Layer = Mapping[str, Any]
"""A resolved layer: ``{"type": "dense", "name": "0.dense", "units": 4, ...}``."""


class HostModel(ABC):
    """A model of layers whose parameters can be set, trained and read."""

    @abstractmethod
    def load(self, parameters: Parameters) -> None:
        """Set every parameter."""

    @abstractmethod
    def parameters(self) -> dict[str, Array]:
        """Copies of every parameter, float64."""

    def mixed_precision(self, on: bool) -> None:
        """Whether steps run classical layers in bfloat16; called before each training.

        Raises
        ------
        Unsupported
            The host has no such steps.
        """
        if on:
            raise Unsupported("mixed precision: this host trains in one precision")

    @abstractmethod
    def reset_optimizer(
        self,
        optimizer: Mapping[str, Any],
        trainable: Sequence[str],
        distillation: Distillation | None = None,
    ) -> None:
        """Start a fresh optimizer (``{"name": "adam", ...}``) over the named parameters.

        With ``distillation`` its steps learn from a teacher too.
        """

    @abstractmethod
    def optimizer_state(self) -> dict[str, Array]:
        """Copies of all that the optimizer remembers between steps, by names of its own.

        With :meth:`parameters` this is everything that a step reads and changes.
        """

    @abstractmethod
    def load_optimizer_state(self, state: Mapping[str, Array]) -> None:
        """Go on where an optimizer of the same settings stopped; after :meth:`reset_optimizer`."""

    def warm_up(self, x: Array, y: NDArray[Any], soft: Array | None = None) -> None:  # noqa: B027 - optional
        """Trace or compile what steps on such batches need; leaves everything as it is.

        Called after :meth:`reset_optimizer` with the first batch, so that this time is
        counted as compiling and not as a step. Hosts that compile nothing inherit this.
        """

    @abstractmethod
    def step(
        self,
        x: Array,
        y: NDArray[Any],
        learning_rate: float,
        counter: tuple[int, int],
        soft: Array | None = None,
    ) -> float:
        """One optimisation step; the batch's loss before the update.

        ``counter`` is (seed, step), steps counted from 0 over the whole training:
        dropout masks come from it (:func:`qbench.worker.dropout.mask`). ``x`` has
        the dtype of the execution's precision. ``soft`` are the rows of
        :func:`qbench.worker.distillation.soft_targets`, where there is a teacher.
        """

    @abstractmethod
    def predict(self, x: Array) -> Array:
        """Outputs in evaluation mode, shape (batch, outputs), float64."""

    @abstractmethod
    def quantum_inputs(self, x: Array) -> dict[str, Array]:
        """What each quantum layer receives for this batch, by layer name, in evaluation mode.

        A circuit that slides over images has a row for each of its positions: all those of
        the first image, then those of the next.
        """

    @abstractmethod
    def gradient_draws(
        self,
        x: Array,
        y: NDArray[Any],
        draws: Mapping[str, Array],
        programs: Mapping[str, Program | NumpyProgram],
    ) -> dict[str, Array]:
        """Gradients of the batch's loss with respect to quantum weights, one a draw.

        The model is in evaluation mode (no dropout).

        Parameters
        ----------
        draws : arrays, shape (samples, copies, weights), by quantum parameter name
            As many as fit one batch (:func:`qbench.worker.draws.gradients` cuts them). All
            quantum layers are drawn together; all other parameters stay as loaded.
        programs : by quantum layer name
            Compiled for ``circuit.weights_as_inputs()``: their rows are
            (features, weights of the draw), so many draws run as one batch.

        Returns
        -------
        arrays of the same shapes
        """


class Host(ABC):
    """One deep-learning framework."""

    @abstractmethod
    def configure(self, threads: int) -> None:
        """Pin threads, make runs deterministic; called once, before anything is computed."""

    @abstractmethod
    def prepare(self, execution: Execution, seed: int = 0) -> None:
        """Set what the framework keeps globally (default dtype, its random generator).

        Called before each request, since a warm worker serves both precisions.
        """

    @abstractmethod
    def versions(self) -> Mapping[str, str]:
        """Versions of the host's framework."""

    @abstractmethod
    def without_history(self, tensor: Any) -> Any:
        """The same values, through which no gradient passes."""

    def is_out_of_memory(self, error: BaseException) -> bool:
        """Whether an exception of the framework means that memory ran out."""
        return isinstance(error, MemoryError)

    @abstractmethod
    def build(
        self,
        layers: Sequence[Layer],
        loss: str,
        execution: Execution,
        programs: Mapping[str, Program | NumpyProgram],
    ) -> HostModel:
        """A model; ``programs`` holds a compiled program for each quantum layer's name."""

    @abstractmethod
    def evaluate(
        self,
        program: Program | NumpyProgram,
        execution: Execution,
        circuit: Circuit,
        inputs: Array,
        weights: Array,
        cotangent: Array | None,
    ) -> tuple[Array, Array | None, Array | None]:
        """Outputs and, given a cotangent, gradients to inputs and weights, as float64 arrays."""
