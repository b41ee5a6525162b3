"""What a framework's documented way gains over the loop of its tutorials, in one process.

RY encoding, three layers of RY, RZ and a ring of CNOTs on 8 wires, <Z> on each, batch 32,
one thread, gradients to weights and inputs.
"""

from __future__ import annotations

import numpy as np
import pytest

from qbench.circuit.build import build_circuit
from qbench.registry import find
from qbench.runner.environments import python_of
from qbench.runner.worker import Worker

LAYERS = {"name": "hardware_efficient", "rotations": ["RY", "RZ"], "n_layers": 3}


@pytest.mark.environments
@pytest.mark.parametrize(("name", "goal"), [("pennylane", 15), ("torchquantum", 30), ("qulacs", 5)])
def test_the_documented_gradient_beats_that_of_the_tutorial(name, goal, tmp_path):
    info = find(name)
    circuit = build_circuit(8, "angle", LAYERS).circuit
    rng = np.random.default_rng(0)
    inputs = rng.uniform(-np.pi, np.pi, (32, circuit.n_inputs))
    weights = rng.uniform(-np.pi, np.pi, circuit.n_weights)
    cotangent = rng.normal(size=(32, circuit.n_outputs))
    fastest = {}
    with Worker(info, python_of(name), log_path=tmp_path / "worker.log") as worker:
        for tier, rounds in (("tutorial", 3), ("documented", 25)):
            execution = info.capabilities.resolve(tier=tier)
            fastest[tier] = min(
                worker.evaluate(circuit, execution, inputs, weights, cotangent).seconds
                for _ in range(rounds)
            )
    ratio = fastest["tutorial"] / fastest["documented"]
    print(f"{name}: {1e3 * fastest['documented']:.1f} ms a batch, {ratio:.1f} times the loop")
    assert ratio >= goal
