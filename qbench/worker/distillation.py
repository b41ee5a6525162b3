"""A student learns from a teacher's outputs as well as from labels, in NumPy; hosts follow it.

Hinton, Vinyals and Dean 2015 ("Distilling the knowledge in a neural network",
arXiv:1503.02531): of each row the loss is

    ce_weight * CE(label, s) + kl_weight * T^2 * sum_k p_k (log p_k - log q_k),
    p = softmax(t / T),  q = softmax(s / T),

with the outputs t of the teacher and s of the student; without ``scale_t2`` there is no T^2.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from qbench.backend import Array
from qbench.exceptions import QbenchError


class Distillation(NamedTuple):
    """Temperature and weights; ``kl_weight`` has T^2 in it where that was asked for."""

    temperature: float
    ce_weight: float
    kl_weight: float

    @staticmethod
    def of(request: Mapping[str, Any]) -> Distillation:
        """From a trial's ``distillation``."""
        temperature, weight = float(request["temperature"]), float(request["kl_weight"])
        scale = temperature**2 if request["scale_t2"] else 1.0
        return Distillation(temperature, float(request["ce_weight"]), weight * scale)


def soft_targets(logits: Array, temperature: float, n_outputs: int) -> Array:
    """The teacher's probabilities p at the temperature, shape (rows, n_outputs).

    Outputs that the teacher doesn't have stand for no class: it gives them no probability.

    Raises
    ------
    QbenchError
        The teacher has more outputs than the student.
    """
    if logits.shape[1] > n_outputs:
        raise QbenchError(f"a teacher of {logits.shape[1]} outputs, a student of {n_outputs}")
    softened = logits / temperature
    shares = np.exp(softened - softened.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    soft = np.zeros((len(shares), n_outputs))
    soft[:, : shares.shape[1]] = shares
    return soft


def smoothed_logits(labels: Array, n_classes: int, smoothing: float) -> Array:
    """What a teacher that knows nothing but the labels puts out: log q, shape (rows, n_classes).

    q_k = (1 - smoothing) [k is the label] + smoothing / n_classes: label smoothing (Szegedy et
    al. 2016, "Rethinking the Inception architecture", section 7). As a virtual teacher it is
    softened by the temperature like any other (Yuan et al. 2020, "Revisiting knowledge
    distillation via label smoothing regularization", arXiv:1909.11723, section 4).
    """
    share = (1.0 - smoothing) * np.eye(n_classes)[labels] + smoothing / n_classes
    logits: Array = np.log(share)
    return logits


def per_sample(rule: Distillation, hard: Array, outputs: Array, soft: Array) -> Array:
    """The loss of each row, shape (batch,).

    Parameters
    ----------
    hard : array, shape (batch,)
        The cross entropy of each row.
    outputs : array, shape (batch, outputs)
    soft : array, shape (batch, outputs)
        :func:`soft_targets`.
    """
    softened = outputs / rule.temperature
    top = softened.max(axis=1, keepdims=True)
    log_q = softened - top - np.log(np.exp(softened - top).sum(axis=1, keepdims=True))
    log_p = np.log(np.where(soft > 0, soft, 1.0))
    loss: Array = rule.ce_weight * hard + rule.kl_weight * (soft * (log_p - log_q)).sum(axis=1)
    return loss
