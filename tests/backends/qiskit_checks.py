"""What the tests of the Qiskit adapter measure, inside Qiskit's environment.

Run as ``python -I -c`` by test_qiskit_adapter.py; prints one JSON object.
"""

import json
from dataclasses import replace
from unittest.mock import patch

import numpy as np
import torch
from qbench_qiskit import QiskitBackend, program_shift
from qbench_qiskit.program_shift import shift_rule
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparsePauliOp
from qiskit_aer import AerSimulator
from qiskit_aer.primitives import EstimatorV2
from qiskit_machine_learning.connectors import TorchConnector
from qiskit_machine_learning.neural_networks import EstimatorQNN

from qbench.backend import Execution
from qbench.circuit import (
    STATE_PREPARATION,
    Angle,
    Circuit,
    Operation,
    Probabilities,
    ReferenceProgram,
    expval,
)

SHIFT = Execution("aer_statevector", "parameter-shift")
ADJOINT = Execution("aer_statevector", "adjoint", tier="expert")
ESTIMATOR_V2 = Execution("aer_estimator", "parameter-shift")
CONNECTOR = Execution("torch_connector", "parameter-shift", "tutorial", "single")
MODES = {
    "shift": SHIFT,
    "adjoint": ADJOINT,
    "estimator_v2": ESTIMATOR_V2,
    "estimator": Execution("estimator_qnn", "parameter-shift", tier="tutorial"),
    "reverse": Execution("estimator_qnn", "adjoint"),
}
CONTROLLED = {"cp": "CPhase", "crx": "CRX", "cry": "CRY", "crz": "CRZ"}
ANGLE = 1.3


def program(circuit, execution):
    return QiskitBackend().compile(circuit, execution)


def layered(prepared=False):
    """Three wires, every kind of angle, features and weights read twice."""
    x, w = Angle.input, Angle.weight
    first = [Operation.of("RY", q, x(q) * 0.8) for q in range(3)]
    if prepared:
        first = [Operation.of(STATE_PREPARATION, (0, 1), x(0), x(1), x(2), 0.4)]
    gates = [
        *first,
        Operation.of("CRX", (2, 0), w(0)),
        Operation.of("CPhase", (0, 1), x(0) * x(1)),
        Operation.of("U3", 1, w(1), 0.2, w(2)),
        Operation.of("RZZ", (0, 2), w(0) * x(2)),
        Operation.of("RY", 2, w(2)),
        Operation.of("CNOT", (0, 2)),
    ]
    return Circuit(3, tuple(gates), (expval("Z", 0), expval("XY", 1, 2), expval("Z", 2)), 3, 3)


def arrays(circuit, batch=3):
    rng = np.random.default_rng(7)
    return (
        rng.normal(size=(batch, circuit.n_inputs)),
        rng.normal(size=circuit.n_weights),
        rng.normal(size=(batch, circuit.n_outputs)),
    )


def distance(results, expected):
    return max(float(np.max(np.abs(a - b))) for a, b in zip(results, expected, strict=True))


def controlled_rotations():
    """<X Z> after each gate: bound before the run, bound by Aer in three ways, by the adapter."""
    result = {}
    for method, gate in CONTROLLED.items():
        theta = Parameter("theta")
        circuit = QuantumCircuit(2)
        circuit.h([0, 1])
        circuit.ry(0.4, 1)
        circuit.rz(0.3, 1)
        getattr(circuit, method)(theta, 0, 1)
        operator = SparsePauliOp.from_sparse_list([("X", [0], 1.0), ("Y", [1], 0.5)], 2)
        raw = circuit.copy()
        raw.save_expectation_value(operator, [0, 1], label="value")

        def run(circuit, runtime=False, **binds):
            simulator = AerSimulator(method="statevector", runtime_parameter_bind_enable=runtime)
            return float(simulator.run(circuit, **binds).result().data(0)["value"])

        operations = (
            Operation.of("H", 0),
            Operation.of("H", 1),
            Operation.of("RY", 1, 0.4),
            Operation.of("RZ", 1, 0.3),
            Operation.of(gate, (0, 1), Angle.weight(0)),
        )
        neutral = Circuit(2, operations, (expval("X", 0), expval("Y", 1)), 0, 1)
        adapter = {
            name: float(
                program(neutral, execution).forward(np.zeros((1, 0)), np.array([ANGLE]))[0]
                @ np.array([1.0, 0.5])
            )
            for name, execution in MODES.items()
        }
        pub = (circuit, operator, [ANGLE])
        result[method] = {
            "right": run(raw.assign_parameters({theta: ANGLE})),
            "at_angle_zero": run(raw.assign_parameters({theta: 0.0})),
            "binds": run(raw, parameter_binds=[{theta: [ANGLE]}]),
            "runtime_binds": run(raw, runtime=True, parameter_binds=[{theta: [ANGLE]}]),
            "estimator_v2": float(EstimatorV2().run([pub]).result()[0].data.evs),
            "adapter": adapter,
        }
    return result


def ways():
    """Largest difference of outputs and gradients from the reference, by mode."""
    result = {}
    for name, execution in MODES.items():
        circuit = layered()
        results = program(circuit, execution).vjp(*arrays(circuit))
        result[name] = distance(results, ReferenceProgram(circuit).vjp(*arrays(circuit)))
    return result


def amplitudes():
    """The same for amplitude encoding, in the modes that offer it."""
    circuit = layered(prepared=True)
    expected = ReferenceProgram(circuit).vjp(*arrays(circuit))
    basis = np.zeros((2, 4))
    basis[0, 3], basis[1, 0] = 2.0, -1.0
    weights = np.array([0.4, 0.2, 0.9])
    first = Operation.of(STATE_PREPARATION, (0, 1), *(Angle.input(i) for i in range(4)))
    rest = [Operation.of("RY", 0, Angle.weight(0)), Operation.of("CNOT", (0, 1))]
    single = Circuit(2, (first, *rest), (expval("Z", 1), expval("X", 0)), 4, 3)
    case = (basis, weights, np.ones((2, 2)))
    at_basis = ReferenceProgram(single).vjp(*case)
    return {
        name: {
            "general": distance(program(circuit, MODES[name]).vjp(*arrays(circuit)), expected),
            "basis_states": distance(program(single, MODES[name]).vjp(*case), at_basis),
        }
        for name in ("shift", "adjoint", "estimator_v2")
    }


def states():
    """Largest difference of states, with their global phases."""
    result = {}
    for name in ("shift", "adjoint"):
        for prepared in (False, True):
            circuit = layered(prepared)
            x, w, _ = arrays(circuit)
            found = program(circuit, MODES[name]).states(x, w)
            result[f"{name} {prepared}"] = distance(
                [found], [ReferenceProgram(circuit).states(x, w)]
            )
    return result


def refusals():
    """What the estimators answer to what they cannot do."""
    probabilities = Circuit(2, (Operation.of("H", 0),), (Probabilities((0,)),))
    cases = {
        "probabilities": lambda: program(probabilities, MODES["estimator"]),
        "amplitudes": lambda: program(layered(True), MODES["estimator"]),
        "v2 on cuda": lambda: program(layered(), replace(ESTIMATOR_V2, accelerator="cuda")),
        "v2 probabilities": lambda: program(probabilities, ESTIMATOR_V2),
        "v2 states": lambda: program(layered(), ESTIMATOR_V2).states(*arrays(layered())[:2]),
    }
    result = {}
    for key, case in cases.items():
        try:
            case()
        except Exception as error:  # noqa: BLE001 - its type is what is tested
            result[key] = [type(error).__name__, str(error)]
    return result


def pubs():
    """Rows of each PUB that EstimatorV2 is given for a gradient: outputs, then all shifts."""
    circuit, rows, run = layered(), [], EstimatorV2.run
    compiled = program(circuit, ESTIMATOR_V2)

    def noted(self, given):
        rows.extend([len(next(iter(binds.values()))) for _, _, binds in given])
        return run(self, given)

    with patch.object(EstimatorV2, "run", noted):
        compiled.vjp(*arrays(circuit))
    return rows


def connector():
    """A gradient to weights, and to inputs too: passes through TorchConnector, and its dtype.

    torch's default dtype is float64 here, as the host sets it for double precision.
    """
    torch.set_default_dtype(torch.float64)
    circuit = layered()
    x, w, cotangent = arrays(circuit)
    expected = ReferenceProgram(circuit).vjp(x, w, cotangent)
    compiled, passes, found = program(circuit, CONNECTOR), [], {}
    forward, backward = TorchConnector.forward, EstimatorQNN.backward

    def seen_forward(self, data):
        passes.append("forward")
        return forward(self, data)

    def seen_backward(self, *data):
        passes.append(f"backward, inputs {self.input_gradients}")
        return backward(self, *data)

    with (
        patch.object(TorchConnector, "forward", seen_forward),
        patch.object(EstimatorQNN, "backward", seen_backward),
    ):
        for both in (False, True):
            inputs = torch.tensor(x, requires_grad=both)
            weights = torch.tensor(w, requires_grad=True)
            outputs = compiled(inputs, weights)
            wanted = [weights, inputs] if both else [weights]
            upstream = torch.tensor(cotangent, dtype=outputs.dtype)
            gradients = torch.autograd.grad(outputs, wanted, upstream)
            against = [expected[0], expected[2], expected[1]]
            results = [t.detach().numpy() for t in (outputs, *gradients)]
            error = distance(results, against[: len(results)])
            found["both" if both else "weights"] = [str(outputs.dtype), error]
    return found | {"passes": passes}


def rows_run():
    """Rows that Aer ran for one gradient, by what was asked for."""
    circuit = layered()
    found = {}
    for key, wanted in {
        "both": (True, True),
        "inputs": (True, False),
        "weights": (False, True),
    }.items():
        compiled = program(circuit, SHIFT)
        rows, run = [], compiled.aer.run
        compiled.aer.run = lambda t, thetas, i, rows=rows, run=run: (
            rows.append(len(thetas)) or run(t, thetas, i)
        )
        compiled.vjp(*arrays(circuit, batch=1), *wanted)
        found[key] = sum(rows)
    return found


def small_runs():
    """Differences when a batch has to be cut into runs of three rows."""
    result = {}
    for name, prepared in (
        ("shift", False),
        ("shift", True),
        ("adjoint", False),
        ("adjoint", True),
    ):
        circuit = layered(prepared)
        compiled = program(circuit, MODES[name])
        for each in (compiled, *vars(compiled).values()):
            if hasattr(each, "rows_per_run"):
                each.rows_per_run = 3
        program_shift.ROWS_PER_RUN = 3
        case = arrays(circuit, batch=7)
        expected = ReferenceProgram(circuit).vjp(*case)
        result[f"{name} {prepared}"] = distance(compiled.vjp(*case), expected)
    program_shift.ROWS_PER_RUN = 4096
    return result


def circuits_of_a_batch():
    """Gates of each circuit that the adjoint has Aer run, by rows of the batch."""
    circuit, found = layered(), {}
    for rows in (2, 5, 8):
        compiled, gates = program(circuit, ADJOINT), []
        saved = compiled.aer.saved
        compiled.aer.saved = lambda c, r, gates=gates, saved=saved: (
            gates.append(len(c.data)) or saved(c, r)
        )
        compiled.vjp(*arrays(circuit, batch=rows))
        found[rows] = [*gates, compiled.executions]
    return found


def main():
    checks = (
        *(controlled_rotations, ways, amplitudes, states, refusals),
        *(rows_run, small_runs, circuits_of_a_batch, pubs, connector),
    )
    found = {check.__name__: check() for check in checks}
    found["rules"] = {"two": shift_rule((1.0,)), "four": shift_rule((0.5, 1.0))}
    print(json.dumps(found))


main()
