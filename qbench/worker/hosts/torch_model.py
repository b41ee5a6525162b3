"""Models of resolved layers in torch: written out as functions on named tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from qbench.backend import Array, NumpyProgram, Program
from qbench.shots import begin_streams
from qbench.worker import losses, optimizers
from qbench.worker.distillation import Distillation
from qbench.worker.hosts.base import HostModel, Layer, Parameters
from qbench.worker.hosts.shapes import (
    check_no_state,
    check_parameters,
    check_trainable,
    parameter_shapes,
)
from qbench.worker.hosts.torch_autograd import Tensor, differentiable, numpy_of
from qbench.worker.hosts.torch_layers import Pass, check, copies, drawn_copies, forward
from qbench.worker.layers import circuits


class TorchModel(HostModel):
    """A Sequential model whose parameters are plain tensors by name.

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
        device: str,
        programs: Mapping[str, Program | NumpyProgram],
    ) -> None:
        check(layers)
        self._layers, self._loss = layers, loss
        self._to = {"dtype": dtype, "device": device}
        self._circuits = circuits(layers)
        self._programs = programs
        self._quantum = {
            name: copies(differentiable(programs[name]), circuit)
            for name, circuit in self._circuits.items()
        }
        self._parameters: dict[str, Tensor] = {}
        self._optimizer: Any = None
        self._mixed = False
        self._distillation: Distillation | None = None

    def load(self, parameters: Parameters) -> None:
        """Set every parameter; the names and shapes must be the layers' own."""
        check_parameters(parameters, parameter_shapes(self._layers))
        self._parameters = {n: torch.tensor(a, **self._to) for n, a in parameters.items()}
        self._optimizer = None

    def parameters(self) -> dict[str, Array]:
        """Copies of every parameter, float64."""
        return {name: numpy_of(tensor) for name, tensor in self._parameters.items()}

    def mixed_precision(self, on: bool) -> None:
        """torch.autocast to bfloat16 in steps; parameters and circuits keep their precision.

        bfloat16 has the range of float32: gradients don't vanish as in float16, and no
        scaler is needed.
        """
        self._mixed = on

    def reset_optimizer(
        self,
        optimizer: Mapping[str, Any],
        trainable: Sequence[str],
        distillation: Distillation | None = None,
    ) -> None:
        """A fresh torch optimizer; the other parameters get no gradient."""
        self._distillation = distillation
        check_trainable(trainable, self._parameters)
        for name, tensor in self._parameters.items():
            tensor.requires_grad_(name in trainable)
        trained = [t for t in self._parameters.values() if t.requires_grad]
        self._optimizer = _optimizer(optimizer, trained) if trained else None

    def optimizer_state(self) -> dict[str, Array]:
        """Tensors of torch's optimizer as ``NAME.KEY``, with their own dtypes."""
        if self._optimizer is None:
            return {}
        return {
            f"{name}.{key}": value.detach().cpu().numpy().copy()
            for name, tensor in self._parameters.items()
            for key, value in self._optimizer.state.get(tensor, {}).items()
            if value is not None
        }

    def load_optimizer_state(self, state: Mapping[str, Array]) -> None:
        """Set what :meth:`optimizer_state` gave."""
        if self._optimizer is None:
            check_no_state(state)
            return
        held: dict[int, dict[str, Tensor]] = {}
        numbers = {id(t): n for n, t in enumerate(self._optimizer.param_groups[0]["params"])}
        for path, array in state.items():
            name, _, key = path.rpartition(".")
            number = numbers[id(self._parameters[name])]
            held.setdefault(number, {})[key] = torch.tensor(array)
        groups = self._optimizer.state_dict()["param_groups"]
        self._optimizer.load_state_dict({"state": held, "param_groups": groups})

    def step(
        self,
        x: Array,
        y: NDArray[Any],
        learning_rate: float,
        counter: tuple[int, int],
        soft: Array | None = None,
    ) -> float:
        """One update; the loss before it."""
        begin_streams(self._programs.values(), *counter)
        run = Pass(self._parameters, self._quantum, counter)
        with self._autocast():
            outputs = forward(self._layers, self._batch(x), run)
        outputs = outputs.to(self._to["dtype"])
        rows = self._per_sample(outputs, y)
        if self._distillation is not None and soft is not None:
            target = torch.as_tensor(soft, **self._to)
            rows = distilled(self._distillation, rows, outputs, target)
        loss = rows.mean()
        if self._optimizer is not None and loss.requires_grad:
            self._optimizer.zero_grad(set_to_none=True)
            loss.backward()
            for group in self._optimizer.param_groups:
                group["lr"] = learning_rate
            self._optimizer.step()
        return float(loss.detach())

    def _autocast(self) -> AbstractContextManager[Any]:
        if not self._mixed:
            return nullcontext()
        context: AbstractContextManager[Any] = torch.autocast(self._to["device"], torch.bfloat16)
        return context

    def predict(self, x: Array) -> Array:
        """Outputs in evaluation mode."""
        with torch.no_grad():
            return numpy_of(forward(self._layers, self._batch(x), self._evaluation()))

    def quantum_inputs(self, x: Array) -> dict[str, Array]:
        """What each quantum layer receives, shape (batch, copies * features)."""
        run = self._evaluation()
        with torch.no_grad():
            forward(self._layers, self._batch(x), run)
        return {name: numpy_of(received) for name, received in run.quantum_inputs.items()}

    def gradient_draws(
        self,
        x: Array,
        y: NDArray[Any],
        draws: Mapping[str, Array],
        programs: Mapping[str, Program | NumpyProgram],
    ) -> dict[str, Array]:
        """Each draw's gradient, from one batch over all of them."""
        leaves = {n: torch.tensor(a, **self._to).requires_grad_() for n, a in draws.items()}
        count = len(next(iter(leaves.values())))
        fixed = {name: tensor.detach() for name, tensor in self._parameters.items()}
        quantum = {
            name: drawn_copies(differentiable(programs[name]), circuit)
            for name, circuit in self._circuits.items()
        }
        rows = self._batch(x).repeat(count, *[1] * (x.ndim - 1))
        outputs = forward(self._layers, rows, Pass({**fixed, **leaves}, quantum))
        # a row depends on its own draw only: the gradient of the sum holds each draw's
        total = self._per_sample(outputs, np.concatenate([y] * count)).sum() / len(x)
        found = torch.autograd.grad(total, list(leaves.values()), allow_unused=True)
        return {
            name: np.zeros(leaf.shape) if gradient is None else numpy_of(gradient)
            for (name, leaf), gradient in zip(leaves.items(), found, strict=True)
        }

    def _evaluation(self) -> Pass:
        return Pass(self._parameters, self._quantum)

    def _batch(self, x: Array) -> Tensor:
        return torch.as_tensor(x, **self._to)

    def _per_sample(self, outputs: Tensor, y: NDArray[Any]) -> Tensor:
        """:func:`qbench.worker.losses.per_sample` in tensors."""
        n_outputs = outputs.shape[1]
        losses.check_loss(self._loss, y, n_outputs)
        if self._loss == "mse":
            target = torch.as_tensor(losses.targets(y, n_outputs), **self._to)
            return ((outputs - target) ** 2).mean(dim=1)
        label = torch.as_tensor(y.reshape(-1), dtype=torch.int64, device=outputs.device)
        if self._loss == "nll_probs":
            return -outputs.gather(1, label[:, None])[:, 0]
        if self._loss == "cross_entropy":
            return functional.cross_entropy(outputs, label, reduction="none")
        if self._loss == "binary_cross_entropy":
            target = label.to(outputs.dtype)
            return functional.binary_cross_entropy_with_logits(
                outputs[:, 0], target, reduction="none"
            )
        if n_outputs == 1:
            return torch.clamp(1.0 - (2 * label - 1) * outputs[:, 0], min=0.0)
        return functional.multi_margin_loss(outputs, label, reduction="none")


def distilled(rule: Distillation, hard: Tensor, outputs: Tensor, soft: Tensor) -> Tensor:
    """:func:`qbench.worker.distillation.per_sample` in tensors."""
    log_q = torch.log_softmax(outputs / rule.temperature, dim=1)
    divergence = (torch.xlogy(soft, soft) - soft * log_q).sum(dim=1)
    return rule.ce_weight * hard + rule.kl_weight * divergence


def _optimizer(optimizer: Mapping[str, Any], parameters: list[Tensor]) -> Any:
    name, options = optimizers.resolve(optimizer)
    common: dict[str, Any] = {"lr": options["learning_rate"], "foreach": False}
    if name == "sgd":
        return torch.optim.SGD(parameters, momentum=options["momentum"], **common)
    adam = {**common, "betas": (options["beta1"], options["beta2"]), "eps": options["epsilon"]}
    if name == "adam":
        return torch.optim.Adam(parameters, **adam)
    return torch.optim.AdamW(parameters, weight_decay=options["weight_decay"], **adam)
