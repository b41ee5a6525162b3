"""Losses of outputs in NumPy float64: what validation and test are judged by, in every host.

The hosts have the same formulas in their own tensors for training.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qbench.backend import Array
from qbench.exceptions import QbenchError

LOSSES = ("cross_entropy", "binary_cross_entropy", "nll_probs", "mse", "hinge")


def is_classification(y: NDArray[Any]) -> bool:
    """Whether targets are class labels: integers are, floats are regression targets."""
    return bool(np.issubdtype(y.dtype, np.integer))


def check_loss(loss: str, y: NDArray[Any], n_outputs: int) -> None:
    """Refuse a loss that these targets or outputs have no meaning for.

    Raises
    ------
    QbenchError
    """
    if loss not in LOSSES:
        raise QbenchError(f"no such loss: {loss!r}; known are {', '.join(LOSSES)}")
    if loss != "mse" and not is_classification(y):
        raise QbenchError(f"loss {loss} needs class labels; for real targets take mse")
    if loss == "binary_cross_entropy" and n_outputs != 1:
        raise QbenchError(f"binary_cross_entropy takes one output, the model has {n_outputs}")
    if loss in ("cross_entropy", "nll_probs") and n_outputs < 2:
        raise QbenchError(f"{loss} takes one output a class; the model has only one output")
    if is_classification(y) and y.size and (y.min() < 0 or y.max() >= max(2, n_outputs)):
        raise QbenchError(
            f"labels {y.min()}..{y.max()} do not fit a model with {n_outputs} output(s)"
        )
    if not is_classification(y) and y.size != len(y) * n_outputs:
        raise QbenchError(f"targets have shape {y.shape}, the model has {n_outputs} output(s)")


def targets(y: NDArray[Any], n_outputs: int) -> Array:
    """What ``mse`` compares with, shape (batch, outputs).

    Labels become one-hot rows (or 0 and 1 for one output), real targets stay.
    """
    if is_classification(y) and n_outputs > 1:
        hot: Array = np.eye(n_outputs)[y.reshape(-1)]
        return hot
    column: Array = y.reshape(len(y), -1).astype(float)
    return column


def value(loss: str, outputs: Array, y: NDArray[Any]) -> float:
    """Mean loss over the batch.

    Parameters
    ----------
    outputs : float array, shape (batch, outputs)
    y : integer labels, shape (batch,), or real targets, shape (batch,) or (batch, outputs)
    """
    return float(np.mean(per_sample(loss, outputs, y)))


def per_sample(loss: str, outputs: Array, y: NDArray[Any]) -> Array:
    """The loss of each row, shape (batch,).

    cross_entropy: minus log-softmax of the label's logit. binary_cross_entropy: of
    one logit, in the stable form max(f, 0) - f t + log(1 + exp(-|f|)). nll_probs: minus
    the label's output, without a logarithm (torch's nll_loss on probabilities, as in the
    Qiskit textbook's hybrid network; it goes from 0 to -1). mse: mean
    over the outputs. hinge: max(0, 1 - t f) with t in {-1, 1} for one output, else
    sum over the wrong classes of max(0, 1 - f_y + f_j), divided by the number of
    classes (torch's multi_margin_loss).
    """
    check_loss(loss, y, outputs.shape[1])
    f = np.asarray(outputs, dtype=float)
    rows = np.arange(len(f))
    result: Array
    if loss == "cross_entropy":
        top = f.max(axis=1)
        result = np.log(np.exp(f - top[:, None]).sum(axis=1)) + top - f[rows, y.reshape(-1)]
    elif loss == "binary_cross_entropy":
        z, t = f[:, 0], y.reshape(-1)
        result = np.maximum(z, 0.0) - z * t + np.log1p(np.exp(-np.abs(z)))
    elif loss == "nll_probs":
        result = -f[rows, y.reshape(-1)]
    elif loss == "mse":
        result = ((f - targets(y, f.shape[1])) ** 2).mean(axis=1)
    elif f.shape[1] == 1:
        result = np.maximum(0.0, 1.0 - (2 * y.reshape(-1) - 1) * f[:, 0])
    else:
        label = y.reshape(-1)
        margins = np.maximum(0.0, 1.0 - f[rows, label][:, None] + f)
        margins[rows, label] = 0.0
        result = margins.sum(axis=1) / f.shape[1]
    return result


def decide(loss: str, outputs: Array) -> NDArray[np.int64]:
    """The class of each row: the largest output, or for one output its side of the middle.

    The middle is 0 for logits and margins, 1/2 where ``mse`` is fitted to 0 and 1.
    """
    if outputs.shape[1] > 1:
        return np.asarray(outputs.argmax(axis=1), dtype=np.int64)
    return (outputs[:, 0] > (0.5 if loss == "mse" else 0.0)).astype(np.int64)


def accuracy(loss: str, outputs: Array, y: NDArray[Any]) -> float | None:
    """Share of rows decided rightly; None for real targets."""
    if not is_classification(y):
        return None
    return float(np.mean(decide(loss, outputs) == y.reshape(-1)))
