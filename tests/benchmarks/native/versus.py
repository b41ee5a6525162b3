"""One backend's training step against the program of this folder, in one process of its own.

``python -I versus.py PROGRAM ROOT ADAPTER_DIR ADAPTER HOST EXECUTION QUBITS,... SECONDS``, by the
interpreter of the backend's environment: prints a JSON object with the losses of the first steps
of both, and the processor seconds of steps taken in turn.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

Step = Callable[[], float]

LEAST_ROUNDS, ROUNDS = 5, 40
BATCH = 32


def main(arguments: Sequence[str]) -> None:
    """Time both at each number of qubits, for about so many seconds each."""
    program, root, adapter_dir, adapter, host, execution, qubits, seconds = arguments
    sys.path[:0] = [root, adapter_dir, str(Path(__file__).parents[1])]
    from native.problem import problem

    from qbench.worker.engine import Engine

    native = import_module(f"native.{program}")
    engine = Engine(host, adapter, 1)
    prepared = engine.execution(json.loads(execution))
    results = {}
    for n in map(int, qubits.split(",")):
        given = problem(n, BATCH)
        steps = adapter_step(engine, prepared, given), native.training_step(given)
        results[n] = compared(*steps, float(seconds))
    print(json.dumps(results))


def adapter_step(engine, execution, given) -> Step:
    """The step of qbench's own training loop, its batch in and its loss out."""
    from native.problem import LEARNING_RATE

    layers, parameters = layers_of(given)
    model, _ = engine.model(layers, "cross_entropy", execution)
    model.load(parameters)
    model.reset_optimizer({"name": "adam", "learning_rate": LEARNING_RATE}, list(parameters))
    model.warm_up(given.x, given.y)
    return lambda: model.step(given.x, given.y, LEARNING_RATE, (0, 0))


def layers_of(given):
    """The model as a worker gets it, and its parameters by name."""
    from native.problem import CLASSES, LAYERS

    from qbench.circuit.build import build_circuit

    n = given.n_qubits
    ansatz = {"name": "hardware_efficient", "rotations": ["RY", "RZ"], "n_layers": LAYERS}
    circuit = build_circuit(n, "angle", {**ansatz, "entanglement": "ring"}).circuit
    dense = {"type": "dense", "inputs": n, "units": CLASSES, "activation": "linear", "bias": True}
    quantum = {"type": "quantum", "copies": 1, "circuit": circuit.to_json()}
    layers = [{**quantum, "name": "0.quantum"}, {**dense, "name": "1.dense"}]
    return layers, {
        "0.quantum.weights": given.weights.reshape(1, -1),
        "1.dense.weight": given.kernel,
        "1.dense.bias": given.bias,
    }


def compared(adapter: Step, native: Step, seconds: float) -> dict[str, list[float]]:
    """Losses of the first three steps, then processor seconds of steps taken in turn.

    What imports made leaves the garbage collector's sight: a look at all of it takes 180 ms with
    Qiskit, each fifth step or so, and would fall on one side's turns.
    """
    losses = {"adapter": [adapter() for _ in range(3)], "native": [native() for _ in range(3)]}
    gc.collect()
    gc.freeze()
    times: dict[str, list[float]] = {"adapter": [], "native": []}
    begun = time.perf_counter()
    for k in range(ROUNDS):
        order = (("adapter", adapter), ("native", native))
        for name, step in order[:: 1 if k % 2 else -1]:
            before = time.process_time()
            step()
            times[name].append(time.process_time() - before)
        if k + 1 >= LEAST_ROUNDS and time.perf_counter() - begun > seconds:
            break
    return {**times, "losses": [losses["adapter"], losses["native"]]}


if __name__ == "__main__":
    main(sys.argv[1:])
