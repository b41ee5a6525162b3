"""What the tests of the TorchQuantum adapter measure, inside its environment.

Run as ``python -I -c`` by test_torchquantum_adapter.py; prints one JSON object.
"""

import inspect
import json
import sys

import numpy as np
import torch
from qbench_torchquantum import TorchQuantumBackend
from qbench_torchquantum.copies import torchquantum_in

from qbench.backend import Execution
from qbench.circuit import Angle, Circuit, Operation, ReferenceProgram, expval

WAYS = {
    "static": Execution("default", "backprop", "documented", "single"),
    "dynamic": Execution("dynamic", "backprop", "documented", "single"),
    "double": Execution("default", "backprop", "expert", "double"),
    "loop": Execution("default", "backprop", "tutorial", "single"),
}
CIRCUIT = Circuit(
    3,
    (
        *(Operation.of("RY", wire, Angle.input(wire)) for wire in range(3)),
        *(Operation.of("H", wire) for wire in range(3)),
        *(Operation.of("CRX", (wire, (wire + 1) % 3), Angle.weight(wire)) for wire in range(3)),
        Operation.of("T", 0),
        *(Operation.of("RX", wire, Angle.weight(3 + wire)) for wire in range(3)),
    ),
    (expval("Z", 0), expval("XY", 1, 2)),
    3,
    6,
)


def applied(way):
    """[batch, number] of TorchQuantum's own matrix products for a batch, and the error."""
    tq = torchquantum_in(WAYS[way].precision)
    wrapper = tq.functional.ry.__globals__["gate_wrapper"].__globals__
    original, products = wrapper["apply_unitary_bmm"], []

    def counted(state, matrix, wires):
        products.append(len(state))
        return original(state, matrix, wires)

    inputs = np.random.default_rng(0).normal(size=(4, 3))
    weights = np.random.default_rng(1).normal(size=6)
    program = TorchQuantumBackend().compile(CIRCUIT, WAYS[way])
    wrapper["apply_unitary_bmm"] = counted
    try:
        outputs = program(torch.tensor(inputs), torch.tensor(weights))
    finally:
        wrapper["apply_unitary_bmm"] = original
    error = np.abs(outputs.numpy() - ReferenceProgram(CIRCUIT).forward(inputs, weights)).max()
    return {
        "batches": sorted(set(products)),
        "products": len(products),
        "error": float(error),
        "dtype": str(outputs.dtype),
    }


def dtypes_of(precision):
    """What the modules of an import take for C_DTYPE, and the dtypes of its fixed matrices."""
    tq = torchquantum_in(precision)
    functions = [f for f in vars(tq.functional).values() if inspect.isfunction(f)]
    scopes = [f.__globals__ for f in functions if f.__module__.startswith("torchquantum")]
    matrices = [m for m in tq.functional.mat_dict.values() if isinstance(m, torch.Tensor)]
    return sorted({str(s["C_DTYPE"]) for s in scopes if "C_DTYPE" in s}), sorted(
        {str(matrix.dtype) for matrix in matrices}
    )


single, double = torchquantum_in("single"), torchquantum_in("double")
print(
    json.dumps(
        {
            "applied": {way: applied(way) for way in WAYS},
            "dtypes": {precision: dtypes_of(precision) for precision in ("single", "double")},
            "files": [inspect.getsourcefile(tq.functional.rx) for tq in (single, double)],
            "imported": sys.modules["torchquantum"] is single,
        }
    )
)
