"""The torch host: autograd around NumPy programs, and models of resolved layers."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import torch

from qbench.backend import Array, Execution, NumpyProgram, Program
from qbench.circuit import Circuit
from qbench.exceptions import EnvironmentUnavailableError
from qbench.worker.hosts.base import Host, HostModel, Layer
from qbench.worker.hosts.shapes import checked_outputs
from qbench.worker.hosts.torch_autograd import Tensor, differentiable, numpy_of

DTYPES = {"double": torch.float64, "single": torch.float32}

_NO_MEMORY = ("can't allocate memory", "not enough memory")
"""What torch's CPU allocator says in a plain RuntimeError."""


def create() -> Host:
    """The host of this module."""
    return TorchHost()


class TorchHost(Host):
    """torch on a CPU or a CUDA device, in double or single precision."""

    def configure(self, threads: int) -> None:
        """Pin torch's thread pools and forbid reduced-precision matrix products.

        The first optimizer makes torch import its compiler, which takes a second: it
        is made here, so that this counts as import and not as training.
        """
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.set_num_threads(threads)
        torch.set_num_interop_threads(threads)
        torch.utils.deterministic.fill_uninitialized_memory = False
        torch.backends.cuda.matmul.allow_tf32 = False
        torch.backends.cudnn.allow_tf32 = False
        torch.optim.SGD([torch.zeros(1)], lr=1.0)

    def prepare(self, execution: Execution, seed: int = 0) -> None:
        """Set the default dtype and torch's generator.

        PennyLane's lightning returns float32 for float64 inputs unless the default
        dtype is float64. A single CPU thread is deterministic as it is, and torch
        spends a second on imports when the switch is first touched.
        """
        torch.set_default_dtype(DTYPES[execution.precision])
        torch.manual_seed(seed % 2**63)
        parallel = execution.threads > 1 or execution.accelerator != "cpu"
        if parallel != torch.are_deterministic_algorithms_enabled():
            torch.use_deterministic_algorithms(parallel, warn_only=True)

    def versions(self) -> Mapping[str, str]:
        """torch's version."""
        return {"torch": torch.__version__}

    def without_history(self, tensor: Tensor) -> Tensor:
        """torch's detach."""
        return tensor.detach()

    def is_out_of_memory(self, error: BaseException) -> bool:
        """torch's own class, or a RuntimeError of its CPU allocator."""
        if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
            return True
        return isinstance(error, RuntimeError) and any(t in str(error) for t in _NO_MEMORY)

    def build(
        self,
        layers: Sequence[Layer],
        loss: str,
        execution: Execution,
        programs: Mapping[str, Program | NumpyProgram],
    ) -> HostModel:
        """A :class:`~qbench.worker.hosts.torch_model.TorchModel`."""
        from qbench.worker.hosts.torch_model import TorchModel

        return TorchModel(
            layers, loss, DTYPES[execution.precision], device_of(execution), dict(programs)
        )

    def evaluate(
        self,
        program: Program | NumpyProgram,
        execution: Execution,
        circuit: Circuit,
        inputs: Array,
        weights: Array,
        cotangent: Array | None,
    ) -> tuple[Array, Array | None, Array | None]:
        """Outputs and, given a cotangent, both gradients; NumPy programs are called directly."""
        to = {"dtype": DTYPES[execution.precision], "device": device_of(execution)}
        if isinstance(program, NumpyProgram):
            if cotangent is None:
                return (
                    checked_outputs(program.forward(inputs, weights), circuit, inputs),
                    None,
                    None,
                )
            outputs, d_inputs, d_weights = program.vjp(inputs, weights, cotangent)
            return checked_outputs(outputs, circuit, inputs), d_inputs, d_weights
        x, w = torch.tensor(inputs, **to), torch.tensor(weights, **to)
        if cotangent is None:
            with torch.no_grad():
                return checked_outputs(numpy_of(program(x, w)), circuit, inputs), None, None
        x.requires_grad_()
        w.requires_grad_()
        outputs = differentiable(program)(x, w)
        d_x, d_w = _gradients(outputs, (x, w), torch.tensor(cotangent, **to))
        return checked_outputs(numpy_of(outputs), circuit, inputs), numpy_of(d_x), numpy_of(d_w)


def device_of(execution: Execution) -> str:
    """torch's name of the accelerator.

    Raises
    ------
    EnvironmentUnavailableError
        There is no such device here, or torch was built for the CPU alone.
    """
    if execution.accelerator == "cuda" and torch.version.cuda is None:
        raise EnvironmentUnavailableError(
            f"accelerator cuda: torch {torch.__version__} of this environment is built for the "
            "CPU: `qbench env remove` it, then make it again with UV_TORCH_BACKEND=auto"
        )
    if execution.accelerator == "cuda" and not torch.cuda.is_available():
        raise EnvironmentUnavailableError("accelerator cuda: torch finds no CUDA device here")
    return execution.accelerator


def _gradients(outputs: Tensor, of: Sequence[Tensor], cotangent: Tensor) -> list[Tensor]:
    """Vector-Jacobian products; zeros where the outputs do not depend on a tensor."""
    found: Sequence[Any] = [None] * len(of)
    if outputs.requires_grad:
        found = torch.autograd.grad(outputs, of, cotangent.to(outputs.dtype), allow_unused=True)
    return [torch.zeros_like(t) if g is None else g for t, g in zip(of, found, strict=True)]
