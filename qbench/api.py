"""What a script calls: ``qbench.evaluate``, ``run``, ``load`` and ``predict``."""

from __future__ import annotations

import atexit
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qbench.circuit import Circuit, ReferenceProgram
from qbench.exceptions import CircuitError, Unsupported

if TYPE_CHECKING:
    import pandas as pd

    from qbench.runner.pool import WorkerPool

Array = NDArray[np.float64]
Vectors = tuple[Array, Array | None]
Vjp = Callable[[Circuit, Array, Array, Array | None], Vectors]


@dataclass(frozen=True)
class Evaluation:
    """What a circuit gave.

    Attributes
    ----------
    outputs : array, shape (batch, outputs)
    input_jacobian : array, shape (batch, outputs, features), or None
    weight_jacobian : array, shape (batch, outputs, weights), or None
    """

    outputs: NDArray[np.float64]
    input_jacobian: NDArray[np.float64] | None = None
    weight_jacobian: NDArray[np.float64] | None = None


def evaluate(
    circuit: Circuit | str | dict[str, Any],
    inputs: ArrayLike,
    weights: ArrayLike,
    *,
    backend: str = "reference",
    gradients: bool = False,
) -> Evaluation:
    """Run a circuit on a backend, with its Jacobians if asked.

    Parameters
    ----------
    circuit : Circuit, or its JSON form as mapping or text
    inputs : array, shape (batch, features), radians
    weights : array, shape (weights,), radians
    backend : str
        As in a suite: ``"pennylane[device=lightning.qubit,diff_method=adjoint]"``.
        ``reference`` runs in this process; any other in a worker that stays warm.
    gradients : bool
        Also the Jacobians, by the backend's own gradient rule.

    Raises
    ------
    CircuitError, UnknownNameError, Unsupported, EnvironmentUnavailableError, WorkerError

    Examples
    --------
    >>> import qbench
    >>> from qbench.circuit import Angle, Operation, expval
    >>> ry = qbench.Circuit(1, (Operation.of("RY", 0, Angle.weight(0)),), (expval("Z", 0),), 0, 1)
    >>> qbench.evaluate(ry, [[]], [0.0]).outputs
    array([[1.]])
    """
    circuit = circuit if isinstance(circuit, Circuit) else Circuit.from_json(circuit)
    x, w = np.asarray(inputs, dtype=float), np.asarray(weights, dtype=float)
    if x.ndim != 2 or x.shape[1] != circuit.n_inputs or w.shape != (circuit.n_weights,):
        raise CircuitError(
            f"inputs need shape (batch, {circuit.n_inputs}) and weights ({circuit.n_weights},), "
            f"not {x.shape} and {w.shape}"
        )
    vjp = _reference if backend == "reference" else _worker_vjp(backend, circuit)
    outputs = vjp(circuit, x, w, None)[0]
    if not gradients:
        return Evaluation(outputs)
    # with the weights as features of each row, one call an output gives whole Jacobians
    rows = np.hstack([x, np.tile(w, (len(x), 1))])
    free, columns = circuit.weights_as_inputs(), []
    for output in np.eye(circuit.n_outputs):
        cotangent = np.tile(output, (len(x), 1))
        columns.append(vjp(free, rows, np.zeros(0), cotangent)[1])
    jacobian = np.stack([column for column in columns if column is not None], axis=1)
    return Evaluation(outputs, jacobian[..., : x.shape[1]], jacobian[..., x.shape[1] :])


def _reference(circuit: Circuit, x: Array, w: Array, cotangent: Array | None) -> Vectors:
    program = ReferenceProgram(circuit)
    if cotangent is None:
        return program.forward(x, w), None
    outputs, d_inputs, _ = program.vjp(x, w, cotangent)
    return outputs, d_inputs


def _worker_vjp(backend: str, circuit: Circuit) -> Vjp:
    from qbench.registry import find
    from qbench.spec import parse_backend

    choice = parse_backend(backend)
    info = find(choice.name)
    execution = info.capabilities.resolve(**choice.options)
    refusal = info.capabilities.refusal(circuit)
    if refusal is not None:
        raise Unsupported(f"{choice.key}: {refusal}")

    def vjp(circuit: Circuit, x: Array, w: Array, cotangent: Array | None) -> Vectors:
        worker = _pool().worker(
            info,
            choice.version,
            threads=execution.threads,
            accelerator=execution.accelerator,
        )
        found = worker.evaluate(circuit, execution, x, w, cotangent)
        return found.outputs, found.d_inputs

    return vjp


@cache
def _pool() -> WorkerPool:
    from qbench.registry.locations import cache_dir
    from qbench.runner.pool import WorkerPool

    pool = WorkerPool(cache_dir() / "logs")
    atexit.register(pool.close)
    return pool


def run(
    suite: str | PathLike[str],
    *,
    profile: str | None = None,
    overrides: Sequence[str] = (),
    store: str | PathLike[str] | None = None,
    jobs: int = 1,
) -> str:
    """Run a suite, like ``qbench run``; the run's id, for :func:`load`.

    Raises
    ------
    SpecError, DataError, StoreError, UnknownNameError
        As on the command line. Failed trials raise nothing: they are rows.
    """
    from qbench.plan import load_plan
    from qbench.runner.executor import Executor
    from qbench.runner.observer import Observer
    from qbench.runner.options import RunOptions, log_folder
    from qbench.store import open_store

    plan = load_plan(Path(suite), profile, overrides)
    options = RunOptions.of(plan.suite.config.budget, jobs=jobs)
    with open_store(store) as opened:
        executor = Executor(plan, opened, options, Observer(), log_folder(opened.where))
        return executor.run(command_line="qbench.run").run_id


def load(run: str | None = None, *, store: str | PathLike[str] | None = None) -> pd.DataFrame:
    """A run's trials as a frame, one row a trial with its latest attempt.

    Parameters
    ----------
    run : str, optional
        A run's id or a suite's name (its latest run); the latest run by default.

    Raises
    ------
    UnknownNameError, StoreError
    """
    from qbench.store import open_store

    with open_store(store, writable=False) as opened:
        return opened.frame(opened.resolve_run(run))


def predict(
    trial: str,
    data: str | PathLike[str],
    *,
    store: str | PathLike[str] | None = None,
    backend: str | None = None,
) -> pd.DataFrame:
    """What a trained model says of other samples, like ``qbench predict``.

    Parameters
    ----------
    trial : str
        A trial's id or its beginning, or a model's name for the latest of its trials.
    data : str or path
        A ``.csv``, ``.tsv``, ``.parquet`` or ``.npy`` file, or a data set's name.
    backend : str, optional
        Where it runs; by default where it was trained.

    Returns
    -------
    frame, one row a sample: ``label`` and a probability or score a class, or ``value``

    Raises
    ------
    UnknownNameError, DataError, StoreError, Unsupported, WorkerError
    """
    from qbench.runner import prediction
    from qbench.store import open_store

    with open_store(store, writable=False) as opened:
        return prediction.predict(opened, trial, str(data), _pool(), backend).frame
