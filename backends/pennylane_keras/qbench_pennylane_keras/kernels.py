"""Which of default.qubit's two ways a gate is applied by in a TensorFlow graph."""

from __future__ import annotations

from typing import Any

import pennylane as qml
from pennylane.devices.qubit.apply_operation import (
    apply_operation_einsum,
    apply_operation_tensordot,
)


def by_tensordot(gate: type) -> type:
    """The gate, a class of its own where that makes default.qubit apply it by its tensordot.

    Up to 12 axes PennyLane applies a gate by einsum, whose moves of axes lie hidden inside
    nodes of TensorFlow's graph: six a gate with its gradients. Its tensordot has four, in
    nodes of their own, and TensorFlow leaves out those that a neighbour on the same wire
    undoes. On two wires, whose neighbours are on others, nothing is gained.

    The way is chosen as the documentation of ``qml.devices.qubit.apply_operation`` says, by
    a kernel for a class of operations; gates for which PennyLane has one of its own keep it.
    """
    dispatch = qml.devices.qubit.apply_operation.dispatch
    if gate.num_wires != 1 or dispatch(gate) is not dispatch(object):
        return gate
    chosen = type(gate)(gate.__name__, (gate,), {})
    qml.devices.qubit.apply_operation.register(chosen, _kernel)
    return chosen


def _kernel(op: Any, state: Any, is_state_batched: bool = False, **_: Any) -> Any:
    """By tensordot, but for a batch of angles on a batch of states, which only einsum can."""
    both = op.batch_size and is_state_batched
    apply = apply_operation_einsum if both else apply_operation_tensordot
    return apply(op, state, is_state_batched)
