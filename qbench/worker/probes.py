"""Probes: each quantum layer's outputs and gradients on one batch, for the agreement check."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qbench.backend import Array, Execution
from qbench.circuit import Circuit
from qbench.worker.engine import Engine
from qbench.worker.hosts.base import HostModel, Layer, Parameters
from qbench.worker.layers import with_circuits

MAX_QUBITS = 14
"""Larger circuits are not probed: the reference would take too long."""

MAX_AMPLITUDES = 2**14
"""Patches of images are probed up to so many amplitudes, or as many as there are rows."""


def probe(
    engine: Engine,
    model: HostModel,
    layers: Sequence[Layer],
    execution: Execution,
    x: Array,
    parameters: Parameters,
    moment: str,
) -> dict[str, NDArray[Any]]:
    """Evaluate every quantum layer as the model meets it, with a fixed random cotangent.

    Of several copies the first is probed, of the patches of images the first ones. Loads
    ``parameters`` into the model.

    Returns
    -------
    arrays ``probe.MOMENT.LAYER.`` + inputs, weights, cotangent, outputs, d_inputs, d_weights
    """
    quantum = with_circuits(layers)
    if not any(layer["circuit"]["n_qubits"] <= MAX_QUBITS for layer in quantum):
        return {}
    model.load(parameters)
    received, held = model.quantum_inputs(x), model.parameters()
    arrays: dict[str, NDArray[Any]] = {}
    for layer in quantum:
        circuit = Circuit.from_json(layer["circuit"])
        if circuit.n_qubits > MAX_QUBITS:
            continue
        program, _ = engine.compile(circuit, execution)
        rows = max(len(x), MAX_AMPLITUDES >> circuit.n_qubits)
        inputs = np.ascontiguousarray(received[layer["name"]][:rows, : circuit.n_inputs])
        weights = held[f"{layer['name']}.weights"][0]
        cotangent = np.random.default_rng(0).normal(size=(len(inputs), circuit.n_outputs))
        outputs, d_inputs, d_weights = engine.host.evaluate(
            program, execution, circuit, inputs, weights, cotangent
        )
        if d_inputs is None or d_weights is None:
            raise RuntimeError("the host gave no gradients for a cotangent")
        values = {
            "inputs": inputs,
            "weights": weights,
            "cotangent": cotangent,
            "outputs": outputs,
            "d_inputs": d_inputs,
            "d_weights": d_weights,
        }
        arrays |= {f"probe.{moment}.{layer['name']}.{key}": v for key, v in values.items()}
    return arrays
