"""Data whose rows are states of qubits: whether a circuit that reads them has their wires."""

from __future__ import annotations

from qbench.circuit import STATE_PREPARATION
from qbench.data import DataRequest, find_dataset
from qbench.plan.controls import WrittenModel


def state_misfit(model: WrittenModel, request: DataRequest) -> str | None:
    """Why a first layer can't take the data as states, or None.

    Amplitude encoding would fill up the amplitudes of a smaller chain without a word, and then
    the wires of the circuit are not those of the chain. What a transform made of the rows is no
    state any more.
    """
    if request.is_own or request.transform or not find_dataset(request.name).states:
        return None
    kind, options = model.layers[0]
    if kind != "quantum":
        return None
    circuit = model.circuits[options["circuit"]].circuit
    n_qubits = request.options["n_qubits"]
    prepares = [o for o in circuit.operations[:1] if o.gate == STATE_PREPARATION]
    if prepares and circuit.n_qubits == n_qubits:
        return None
    return (
        f"{request.name} holds states of {n_qubits} qubits (data.options.n_qubits): circuit "
        f"'{options['circuit']}' needs n_qubits: {n_qubits} and encoding: amplitude; it has "
        f"{circuit.n_qubits} qubits and {'' if prepares else 'no '}amplitude encoding"
    )
