"""Training steps of the torch host in mixed precision: what each layer sees, and the losses.

Run in an environment that has torch; prints JSON.
"""

from __future__ import annotations

import json

import numpy as np
import torch

from qbench.backend import Execution, Program
from qbench.circuit import Angle, Circuit, Operation, expval
from qbench.worker.hosts import torch_layers
from qbench.worker.hosts.torch_host import create

SEEN: dict[str, list[str]] = {"dense": [], "circuit": [], "weights": [], "autocast": []}


class Cosines(Program):
    """cos(x + w), and a note of what it was given."""

    def __call__(self, inputs, weights):
        SEEN["circuit"].append(str(inputs.dtype))
        SEEN["weights"].append(str(weights.dtype))
        SEEN["autocast"].append(str(torch.is_autocast_enabled("cpu")))
        return torch.cos(inputs + weights)


def noted(x):
    SEEN["dense"].append(str(x.dtype))
    return torch.tanh(x)


CIRCUIT = Circuit(
    2,
    tuple(Operation.of("RY", i, Angle.input(i) + Angle.weight(i)) for i in range(2)),
    (expval("Z", 0), expval("Z", 1)),
    2,
    2,
)
LAYERS = [
    {"type": "dense", "name": "0.dense", "index": 0, "units": 2, "inputs": 3,
     "activation": "tanh", "bias": True},
    {"type": "quantum", "name": "1.quantum", "index": 1, "copies": 1, "circuit": CIRCUIT.to_json()},
    {"type": "dense", "name": "2.dense", "index": 2, "units": 2, "inputs": 2,
     "activation": "linear", "bias": True},
]  # fmt: skip


HOST = create()
HOST.configure(1)


def losses(mixed):
    execution = Execution("numpy", "backprop", precision="single")
    HOST.prepare(execution)
    model = HOST.build(LAYERS, "cross_entropy", execution, {"1.quantum": Cosines()})
    draw = np.random.default_rng(0)
    shapes = {
        "0.dense.weight": (2, 3), "0.dense.bias": (2,), "1.quantum.weights": (1, 2),
        "2.dense.weight": (2, 2), "2.dense.bias": (2,),
    }  # fmt: skip
    model.load({name: draw.normal(size=shape) for name, shape in shapes.items()})
    model.mixed_precision(mixed)
    model.reset_optimizer({"name": "adam", "learning_rate": 0.05}, list(shapes))
    x = draw.normal(size=(24, 3)).astype(np.float32)
    y = (x[:, 0] > 0).astype(np.int64)
    found = [model.step(x, y, 0.05, (0, step)) for step in range(40)]
    kept = {str(tensor.dtype) for tensor in model._parameters.values()}
    return found, sorted(kept)


torch_layers.ACTIVATIONS["tanh"] = noted
result = {}
for name, mixed in (("mixed", True), ("single", False)):
    for notes in SEEN.values():
        notes.clear()
    curve, kept = losses(mixed)
    seen = {key: sorted(set(notes)) for key, notes in SEEN.items()}
    result[name] = {"losses": curve, "parameters": kept, **seen}
print(json.dumps(result))
