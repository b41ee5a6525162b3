"""Models of resolved layers in TensorFlow: one trace a model, whatever the batch and the seed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from qbench.backend import Array, NumpyProgram, Program
from qbench.exceptions import QbenchError
from qbench.worker import dropout, losses
from qbench.worker.batches import filled
from qbench.worker.distillation import Distillation
from qbench.worker.hosts.base import HostModel, Layer, Parameters
from qbench.worker.hosts.shapes import (
    check_no_state,
    check_parameters,
    check_trainable,
    parameter_shapes,
)
from qbench.worker.hosts.tensorflow_autograd import (
    Tensor,
    differentiable,
    numpy_of,
    runs_eagerly,
)
from qbench.worker.hosts.tensorflow_layers import (
    Pass,
    check,
    copies,
    distilled,
    drawn_copies,
    forward,
    per_sample,
)
from qbench.worker.hosts.tensorflow_optimizers import Optimizer, make
from qbench.worker.layers import Shape, circuits, mask_shape, output_shapes, received_shapes

EVALUATED_ROWS = 32
"""Rows of one traced evaluation, at least: shorter batches are filled up to them."""


class TensorflowModel(HostModel):
    """A Sequential model whose parameters are tf.Variables by name.

    A step is one ``tf.function``, traced for the length of the first batch. A shorter
    batch is filled up with copies of its last row, which the loss leaves out, since a
    trace of a circuit takes seconds. Programs that run eagerly make the step eager,
    and nothing is filled up.

    Parameters
    ----------
    layers : resolved layers (shapes known, quantum layers with their circuit's JSON)
    loss : one of :data:`qbench.worker.losses.LOSSES`
    programs : by quantum layer name
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        loss: str,
        dtype: Any,
        programs: Mapping[str, Program | NumpyProgram],
    ) -> None:
        check(layers)
        self._layers, self._loss, self._dtype = layers, loss, dtype
        self._circuits = circuits(layers)
        self._quantum = {
            name: copies(differentiable(programs[name], circuit.n_outputs), circuit)
            for name, circuit in self._circuits.items()
        }
        self._eager = any(runs_eagerly(program) for program in programs.values())
        self._variables = {
            name: tf.Variable(tf.zeros(shape, dtype), name=name.replace(".", "_"))
            for name, shape in parameter_shapes(layers).items()
        }
        self._outputs: dict[Shape, int] = {}
        self._masks: dict[Shape, list[tuple[Layer, Shape]]] = {}
        self._shares: dict[tuple[int, int], Tensor] = {}
        self._rows = 0
        self._optimizer: Optimizer | None = None
        self._steps: dict[str, tuple[Optimizer | None, Callable[..., Tensor]]] = {}
        self._step: Callable[..., Tensor] | None = None
        self._key = ""
        self._warm: set[tuple[str, int]] = set()
        self._evaluation = self._traced(self._evaluate)

    def load(self, parameters: Parameters) -> None:
        """Set every parameter; the names and shapes must be the layers' own."""
        expected = {name: tuple(v.shape) for name, v in self._variables.items()}
        check_parameters(parameters, expected)
        for name, array in parameters.items():
            self._variables[name].assign(self._tensor(array))

    def parameters(self) -> dict[str, Array]:
        """Copies of every parameter, float64."""
        return {name: numpy_of(variable) for name, variable in self._variables.items()}

    def reset_optimizer(
        self,
        optimizer: Mapping[str, Any],
        trainable: Sequence[str],
        distillation: Distillation | None = None,
    ) -> None:
        """A fresh optimizer; the step traced for an equal one before is taken up again.

        The next batch is taken for a full one: it is the longest that comes.
        """
        check_trainable(trainable, self._variables)
        settings = {**optimizer, "learning_rate": 0.0}
        self._key = json.dumps([settings, sorted(trainable), distillation], sort_keys=True)
        if self._key not in self._steps:
            trained = [v for name, v in self._variables.items() if name in trainable]
            made = make(optimizer, trained) if trained else None
            self._steps[self._key] = made, self._traced(self._step_of(made, trained, distillation))
        self._optimizer, self._step = self._steps[self._key]
        self._rows = 0
        if self._optimizer is not None:
            self._optimizer.reset()

    def optimizer_state(self) -> dict[str, Array]:
        """Steps and slots of the optimizer."""
        return {} if self._optimizer is None else self._optimizer.state()

    def load_optimizer_state(self, state: Mapping[str, Array]) -> None:
        """Set what :meth:`optimizer_state` gave."""
        if self._optimizer is None:
            check_no_state(state)
            return
        self._optimizer.restore(state)

    def warm_up(self, x: Array, y: NDArray[Any], soft: Array | None = None) -> None:
        """Trace the step and the evaluation by running each once; then undo the step."""
        if self._eager or (self._key, len(x)) in self._warm:
            return
        self._warm.add((self._key, len(x)))
        held = self.parameters()
        self.step(x, y, 0.0, (0, 0), soft)
        self.predict(x)
        self.load(held)
        if self._optimizer is not None:
            self._optimizer.reset()

    def step(
        self,
        x: Array,
        y: NDArray[Any],
        learning_rate: float,
        counter: tuple[int, int],
        soft: Array | None = None,
    ) -> float:
        """One update; the loss before it."""
        if self._step is None:
            raise QbenchError("a step needs an optimizer: reset_optimizer was not called")
        self._rows = max(self._rows, len(x))
        rows = len(x) if self._eager else self._rows
        numbers = self._optimizer.numbers(learning_rate) if self._optimizer else []
        masks = {
            index: self._tensor(filled(mask, rows))
            for index, mask in self._dropout_masks(x, counter).items()
        }
        loss = self._step(
            self._tensor(filled(x, rows)),
            self._target(x, filled(y, rows)),
            self._share(len(x), rows),
            self._tensor(np.array(numbers)),
            masks,
            self._tensor(filled(np.zeros((len(x), 0)) if soft is None else soft, rows)),
        )
        return float(loss)

    def _share(self, given: int, rows: int) -> Tensor:
        """Each row's part in the mean loss: nothing for those that fill a batch up."""
        key = given, rows
        if key not in self._shares:
            share = np.zeros(rows)
            share[:given] = 1.0 / given
            self._shares[key] = self._tensor(share)
        return self._shares[key]

    def predict(self, x: Array) -> Array:
        """Outputs in evaluation mode."""
        return np.concatenate([outputs for outputs, _ in self._evaluations(x)])

    def quantum_inputs(self, x: Array) -> dict[str, Array]:
        """What each quantum layer receives, shape (batch, copies * features)."""
        received = [inputs for _, inputs in self._evaluations(x)]
        return {name: np.concatenate([r[name] for r in received]) for name in self._circuits}

    def gradient_draws(
        self,
        x: Array,
        y: NDArray[Any],
        draws: Mapping[str, Array],
        programs: Mapping[str, Program | NumpyProgram],
    ) -> dict[str, Array]:
        """Each draw's gradient, from one batch over all of them."""
        leaves = {name: self._tensor(array) for name, array in draws.items()}
        count = len(next(iter(leaves.values())))
        quantum = {
            name: drawn_copies(differentiable(programs[name], circuit.n_outputs), circuit)
            for name, circuit in self._circuits.items()
        }
        target = self._target(x, np.concatenate([y] * count))
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(leaves)
            run = Pass({**self._variables, **leaves}, quantum)
            outputs = forward(self._layers, self._tensor(np.concatenate([x] * count)), run)
            # a row depends on its own draw only: the gradient of the sum holds each draw's
            scale = tf.constant(1.0 / len(x), self._dtype)
            total = tf.reduce_sum(per_sample(self._loss, outputs, target)) * scale
        found = tape.gradient(total, leaves, unconnected_gradients="zero")
        return {name: numpy_of(gradient) for name, gradient in found.items()}

    def _step_of(
        self,
        optimizer: Optimizer | None,
        trained: Sequence[Any],
        distillation: Distillation | None,
    ) -> Callable[..., Tensor]:
        def step(
            x: Tensor,
            target: Tensor,
            share: Tensor,
            numbers: Tensor,
            masks: Mapping[int, Tensor],
            soft: Tensor,
        ) -> Tensor:
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(trained)
                outputs = forward(self._layers, x, Pass(self._variables, self._quantum, masks))
                rows = per_sample(self._loss, outputs, target)
                if distillation is not None:
                    rows = distilled(distillation, rows, outputs, soft)
                loss = tf.reduce_sum(rows * share)
            if optimizer is not None:
                optimizer.apply(tape.gradient(loss, trained), numbers)
            return loss

        return step

    def _evaluate(self, x: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        run = Pass(self._variables, self._quantum)
        return forward(self._layers, x, run), run.quantum_inputs

    def _evaluations(self, x: Array) -> list[tuple[Array, dict[str, Array]]]:
        """Outputs and quantum inputs, in pieces of the length that is traced."""
        size = max(1, len(x)) if self._eager else max(self._rows, EVALUATED_ROWS)
        results = []
        for start in range(0, max(1, len(x)), size):
            piece = x[start : start + size]
            whole = self._tensor(filled(piece, len(piece) if self._eager else size))
            outputs, received = self._evaluation(whole)
            inputs = {
                name: numpy_of(r)[: len(piece) * (len(r) // max(1, len(whole)))]
                for name, r in received.items()
            }
            results.append((numpy_of(outputs)[: len(piece)], inputs))
        return results

    def _traced(self, function: Callable[..., Any]) -> Callable[..., Any]:
        if self._eager:
            return function
        traced: Callable[..., Any] = tf.function(function, autograph=False)
        return traced

    def _dropout_masks(self, x: Array, counter: tuple[int, int]) -> dict[int, Array]:
        seed, step = counter
        features = x.shape[1:]
        if features not in self._masks:
            self._masks[features] = [
                (layer, mask_shape(layer, shape))
                for layer, shape in received_shapes(self._layers, features)
                if layer["type"] == "dropout"
            ]
        return {
            int(layer["index"]): dropout.mask(
                seed, int(layer["index"]), step, (len(x), *shape), float(layer["p"])
            )
            for layer, shape in self._masks[features]
        }

    def _n_outputs(self, x: Array) -> int:
        features = x.shape[1:]
        if features not in self._outputs:
            self._outputs[features] = output_shapes(self._layers, features)[-1][0]
        return self._outputs[features]

    def _tensor(self, array: Array) -> Tensor:
        return tf.constant(np.asarray(array), dtype=self._dtype)

    def _target(self, x: Array, y: NDArray[Any]) -> Tensor:
        n_outputs = self._n_outputs(x)
        losses.check_loss(self._loss, y, n_outputs)
        if self._loss == "mse":
            return self._tensor(losses.targets(y, n_outputs))
        return tf.constant(y.reshape(-1), dtype=tf.int64)
