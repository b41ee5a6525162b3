"""Processor seconds of a backend's modes, in one process of its environment.

``python -I modes.py ROOT ADAPTER_DIR ADAPTER HOST WAYS``, where WAYS is JSON: by name an execution,
the rows of a batch and the calls to time. Prints the seconds of each call, outputs and gradients
to weights and inputs, of calls taken in turn; each way is called once before.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence

N_QUBITS = 8
LAYERS = {"name": "hardware_efficient", "rotations": ["RY", "RZ"], "n_layers": 3}


def main(arguments: Sequence[str]) -> None:
    """Time every way."""
    root, adapter_dir, adapter, host, text = arguments
    sys.path[:0] = [root, adapter_dir]
    import numpy as np

    from qbench.circuit import build_circuit
    from qbench.worker.engine import Engine

    engine, ways = Engine(host, adapter, 1), json.loads(text)
    circuit = build_circuit(N_QUBITS, "angle", LAYERS).circuit
    draw = np.random.default_rng(0)
    inputs = draw.uniform(-np.pi, np.pi, (32, circuit.n_inputs))
    weights = draw.uniform(-np.pi, np.pi, circuit.n_weights)
    cotangent = draw.normal(size=(32, circuit.n_outputs))

    def call(way) -> float:
        execution = engine.execution(way["execution"])
        program, _ = engine.compile(circuit, execution)
        rows = way["rows"]
        begun = time.process_time()
        engine.host.evaluate(program, execution, circuit, inputs[:rows], weights, cotangent[:rows])
        return time.process_time() - begun

    for way in ways.values():
        if way["calls"] > 1:  # a slow one has no trace and no cache to warm
            call(way)
    seconds = {name: [] for name in ways}
    for k in range(max(way["calls"] for way in ways.values())):
        for name, way in ways.items():
            if k < way["calls"]:
                seconds[name].append(call(way))
    print(json.dumps(seconds))


if __name__ == "__main__":
    main(sys.argv[1:])
