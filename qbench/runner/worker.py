"""A backend's worker: what can be asked of it, in arrays."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Unpack

import numpy as np
from numpy.typing import NDArray

from qbench.backend import Array, Execution
from qbench.circuit import Circuit
from qbench.registry import BackendInfo
from qbench.registry.locations import package_root
from qbench.runner.limits import Limits
from qbench.runner.supervisor import START_TIMEOUT, WorkerProcess, worker_environ
from qbench.worker.checkpoints import State
from qbench.worker.protocol import Message, load_arrays, save_arrays

Arrays = Mapping[str, NDArray[Any]]


class Reply(NamedTuple):
    """A result: what the message says, and the arrays that came with it."""

    message: Message
    arrays: dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Evaluation:
    """Outputs and, where a cotangent was given, gradients of ``sum(cotangent * outputs)``."""

    outputs: Array
    """Shape (batch, outputs)."""
    d_inputs: Array | None
    """Shape (batch, features)."""
    d_weights: Array | None
    """Shape (weights,)."""
    seconds: float
    compile_seconds: float
    """0 when the worker had the program already."""


class Worker(WorkerProcess):
    """A process in a backend's environment that imports one framework and runs circuits on it.

    Parameters
    ----------
    python : path
        Interpreter of the backend's environment.
    threads : int
        CPU threads it is pinned to.
    log_path : path
        Where its chatter goes.
    accelerator : "cpu" or "cuda"
        With "cpu" the process sees no GPU.
    scratch : path, optional
        Folder for the arrays of requests; the system's temporary one by default.
    """

    def __init__(
        self,
        info: BackendInfo,
        python: Path,
        *,
        log_path: Path,
        threads: int = 1,
        accelerator: str = "cpu",
        version: str | None = None,
        scratch: Path | None = None,
        bootstrap: Path | None = None,
        start_timeout: float = START_TIMEOUT,
    ) -> None:
        self.info = info
        self._scratch = scratch
        self._loaded: Message | None = None
        root = package_root()
        command = [str(python), "-I", str(bootstrap or root / "qbench/worker/bootstrap.py")]
        command += ["--qbench", str(root), "--host", info.host, "--threads", str(threads)]
        if info.adapter is not None:
            command += ["--adapter-dir", str(info.folder), "--adapter", info.adapter]
        super().__init__(
            command,
            title=f"{info.name}@{info.version(version)}",
            log_path=log_path,
            environ=worker_environ(threads, accelerator),
            start_timeout=start_timeout,
        )

    def call(
        self,
        op: str,
        payload: Mapping[str, Any] | None = None,
        arrays: Arrays | None = None,
        **limits: Unpack[Limits],
    ) -> Reply:
        """Send a request with arrays and read the arrays of its result."""
        if self._scratch is not None:
            self._scratch.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix="qbench-", dir=self._scratch))
        try:
            names = save_arrays(folder, arrays or {})
            message = self.request(
                op, {**(payload or {}), "arrays": names}, folder=folder, **limits
            )
            return Reply(message, load_arrays(folder, message.get("arrays", ())))
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def load(self, **limits: Unpack[Limits]) -> Message:
        """Import the framework, once: seconds, versions, notes and installed packages."""
        if self._loaded is None:
            self._loaded = self.request("load", **limits)
        return self._loaded

    def evaluate(
        self,
        circuit: Circuit,
        execution: Execution,
        inputs: Array,
        weights: Array,
        cotangent: Array | None = None,
        **limits: Unpack[Limits],
    ) -> Evaluation:
        """Run a circuit on a batch; the one primitive under conformance and agreement checks.

        Parameters
        ----------
        inputs : array, shape (batch, features)
        weights : array, shape (weights,)
        cotangent : array, shape (batch, outputs), optional
            Given, the result has gradients.
        """
        arrays = {"inputs": _floats(inputs), "weights": _floats(weights)}
        if cotangent is not None:
            arrays["cotangent"] = _floats(cotangent)
        reply = self.call("evaluate", _circuit(circuit, execution), arrays, **limits)
        return Evaluation(
            outputs=reply.arrays["outputs"],
            d_inputs=reply.arrays.get("d_inputs"),
            d_weights=reply.arrays.get("d_weights"),
            seconds=float(reply.message["seconds"]),
            compile_seconds=float(reply.message["compile_seconds"]),
        )

    def gradients(
        self,
        circuit: Circuit,
        execution: Execution,
        components: Sequence[int],
        arrays: Arrays,
        outputs: bool = False,
        **limits: Unpack[Limits],
    ) -> Reply:
        """Gradients of one output with respect to a circuit's inputs, one a draw.

        One component is taken by the two-term shift rule where that is exact: two forward
        runs instead of a gradient with respect to every input.

        Parameters
        ----------
        circuit : Circuit
            Without weights (``weights_as_inputs()``) and with one output.
        components : list of int
            Inputs whose derivatives come back, in this order.
        arrays : mapping
            ``inputs``, shape (draws, features).
        outputs : bool
            Whether the outputs are needed too, so that nothing is shifted.

        Returns
        -------
        Reply
            Arrays ``outputs`` (draws,) and ``gradients`` (draws, components); fields
            ``seconds``, ``cpu_seconds``, ``compile_seconds``, ``rows_per_batch`` and ``memory``.
        """
        payload = {
            **_circuit(circuit, execution),
            "components": [int(c) for c in components],
            "outputs": outputs,
        }
        given = {"inputs": _floats(arrays["inputs"])}
        return self.call("gradients", payload, given, **limits)

    def states(
        self,
        circuit: Circuit,
        execution: Execution,
        inputs: Array,
        weights: Array,
        **limits: Unpack[Limits],
    ) -> NDArray[np.complex128]:
        """Final states, shape (batch, 2**n_qubits), wire 0 most significant."""
        arrays = {"inputs": _floats(inputs), "weights": _floats(weights)}
        reply = self.call("states", _circuit(circuit, execution), arrays, **limits)
        return reply.arrays["states"]

    def train(
        self,
        *,
        model: Mapping[str, Any],
        loss: str,
        trainable: Sequence[str],
        execution: Execution,
        trainer: Mapping[str, Any],
        seed: int,
        arrays: Arrays,
        gradient_course: bool = False,
        distillation: Mapping[str, Any] | None = None,
        checkpoint_every: float | None = None,
        resume: State | None = None,
        **limits: Unpack[Limits],
    ) -> Reply:
        """Train a resolved model; ``on_event`` receives an event per epoch.

        Parameters
        ----------
        model : mapping
            ``{"layers": [...]}``, with every shape resolved.
        trainable : list of str
            Names of the parameters that the optimizer moves.
        arrays : mapping
            ``x_train``, ``y_train``, ``x_validation``, ``y_validation`` (or neither),
            ``x_test``, ``y_test``, ``order`` (int64, epochs by samples) and one
            ``param.NAME`` a parameter.
        gradient_course : bool
            With ``course_x`` and ``course_y`` among the arrays: the reply has
            ``course.NAME``, shape (epochs + 1, copies, weights), the gradient of that
            batch's loss before training and after each epoch, one a quantum parameter.
        distillation : mapping, optional
            ``temperature``, ``ce_weight``, ``kl_weight`` and ``scale_t2``; with
            ``teacher_logits`` among the arrays, shape (training rows, outputs).
        checkpoint_every : float, optional
            Seconds after which the next epoch is followed by an event ``checkpoint``, whose
            ``folder`` holds the ``arrays`` of the training's state; whoever reads it removes it.
        resume : State, optional
            Such a state, to go on from.
        """
        payload = {
            "model": model,
            "loss": loss,
            "trainable": list(trainable),
            "execution": execution.to_json(),
            "trainer": trainer,
            "seed": seed,
            "gradient_course": gradient_course,
            "distillation": distillation,
            "checkpoint": None if checkpoint_every is None else {"every_s": checkpoint_every},
            "resume": None if resume is None else resume.values,
        }
        held = {} if resume is None else {f"resume.{n}": a for n, a in resume.arrays.items()}
        return self.call("train", payload, {**arrays, **held}, **limits)

    def fit(
        self,
        *,
        estimator: Mapping[str, Any],
        task: str,
        n_classes: int | None,
        seed: int,
        arrays: Arrays,
        **limits: Unpack[Limits],
    ) -> Reply:
        """Fit a scikit-learn baseline, ``{"name": "svm_rbf", "options": {...}}``."""
        payload = {"estimator": estimator, "task": task, "n_classes": n_classes, "seed": seed}
        return self.call("fit", payload, arrays, **limits)

    def gradient_draws(
        self,
        *,
        model: Mapping[str, Any],
        loss: str,
        execution: Execution,
        arrays: Arrays,
        **limits: Unpack[Limits],
    ) -> Reply:
        """Gradients of a batch's loss, one for each draw of the quantum weights.

        ``arrays`` holds ``x``, ``y``, ``param.NAME`` and ``draws.NAME``, shape (samples,
        copies, weights); the reply has ``gradients.NAME`` of the same shapes.
        """
        payload = {"model": model, "loss": loss, "execution": execution.to_json()}
        return self.call("gradient_draws", payload, arrays, **limits)

    def predict(
        self,
        *,
        model: Mapping[str, Any],
        execution: Execution,
        arrays: Arrays,
        **limits: Unpack[Limits],
    ) -> Array:
        """Outputs of a model for ``x`` with the given ``param.NAME``, shape (batch, outputs)."""
        payload = {"model": model, "execution": execution.to_json()}
        return self.call("predict", payload, arrays, **limits).arrays["outputs"]


def _floats(array: Array) -> Array:
    return np.asarray(array, dtype=np.float64)


def _circuit(circuit: Circuit, execution: Execution) -> dict[str, Any]:
    return {"circuit": circuit.to_json(), "execution": execution.to_json()}
