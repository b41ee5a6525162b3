"""The circuits that every backend is judged by, as data.

Each is small (2 to 4 qubits). ``thorough`` cases try one thing at a time, so that a
failure names its gate; ``packed`` cases cover the same gates in a few circuits, for
modes where each further circuit costs seconds.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import permutations

import numpy as np

from qbench.backend import Array
from qbench.circuit import (
    GATES,
    STATE_PREPARATION,
    Angle,
    Circuit,
    Expectation,
    ObservableTerm,
    Operation,
    Probabilities,
    Readout,
    expval,
)

_x, _w = Angle.input, Angle.weight


@dataclass(frozen=True)
class Case:
    """One circuit to be judged.

    Attributes
    ----------
    name : str
        What is tried, such as "gate CRX".
    batch : int
        Rows of inputs.
    required : bool
        A backend that answers "unsupported" fails.
    parts : tuple of str
        Names of the thorough cases that tell what in a packed one is wrong.
    features : "angles", "bits" or "unit"
        Between -pi and pi; 0 or 1 (basis encoding); or rows of norm 1 (amplitudes).
    """

    name: str
    circuit: Circuit
    batch: int = 3
    required: bool = False
    parts: tuple[str, ...] = ()
    features: str = "angles"

    def arrays(self) -> tuple[Array, Array, Array]:
        """Inputs (batch, features), weights, cotangent (batch, outputs); the same every time."""
        rng = np.random.default_rng(zlib.crc32(self.name.encode()))
        shape = (self.batch, self.circuit.n_inputs)
        inputs = rng.uniform(-np.pi, np.pi, shape)
        if self.features == "bits":
            inputs = (inputs > 0).astype(float)
        elif self.features == "unit":
            inputs /= np.linalg.norm(inputs, axis=1, keepdims=True)
        weights = rng.uniform(-np.pi, np.pi, self.circuit.n_weights)
        return inputs, weights, rng.normal(size=(self.batch, self.circuit.n_outputs))


def thorough_cases() -> list[Case]:
    """Every gate, angle, encoding, ansatz and read-out by itself."""
    from qbench.testing.template_cases import ansatz_cases, encoding_cases

    return [
        *_plain_cases(),
        *(gate_case(name) for name in GATES),
        *_angle_cases(),
        *_readout_cases(),
        *_batch_cases(),
        *_state_preparation_cases(),
        *encoding_cases(),
        *ansatz_cases(),
    ]


def packed_cases(gates: Iterable[str] = tuple(GATES)) -> list[Case]:
    """The same gates and read-outs in a few circuits; ``gates`` are those that are offered."""
    from qbench.testing.template_cases import encoding_cases

    offered = [name for name in GATES if name in set(gates)]
    return [
        *_plain_cases(),
        *_packed_gates(offered),
        *_angle_cases(),
        *_readout_cases(),
        *_batch_cases(),
        *_state_preparation_cases(),
        *(
            case
            for case in encoding_cases()
            if case.name in ("encoding amplitude", "encoding zz_feature_map")
        ),
    ]


def circuit_of(
    n_qubits: int, operations: Sequence[Operation], readouts: Sequence[Readout] | None = None
) -> Circuit:
    """A circuit with as many features and weights as its angles read; <Z> on each wire."""
    angles = [angle for operation in operations for angle in operation.angles]
    return Circuit(
        n_qubits,
        tuple(operations),
        tuple(readouts or z_on_each(n_qubits)),
        1 + max((i for a in angles for i in a.input_indices), default=-1),
        1 + max((k for a in angles for k in a.weight_indices), default=-1),
    )


def z_on_each(n_qubits: int) -> list[Readout]:
    """<Z> on wire 0, 1, ..."""
    return [expval("Z", wire) for wire in range(n_qubits)]


def _open(n_qubits: int) -> list[Operation]:
    """A product state without symmetry: every control is in superposition."""
    return [
        operation
        for wire in range(n_qubits)
        for operation in (
            Operation.of("RY", wire, 0.7 + 0.4 * wire),
            Operation.of("RZ", wire, 0.3 + 0.5 * wire),
        )
    ]


def _close(n_qubits: int) -> list[Operation]:
    """Rotations that turn phases into populations."""
    return [Operation.of("RX", wire, 1.1 - 0.3 * wire) for wire in range(n_qubits)]


def gate_case(name: str) -> Case:
    """One gate on wires in and out of order, with angles from features, weights and constants."""
    gate = GATES[name]
    n_qubits = max(3, gate.n_wires + 1) if gate.n_wires > 1 else 2
    operations = _open(n_qubits)
    features = weights = 0
    for turn, wires in enumerate(_placements(n_qubits, gate.n_wires)):
        angles: list[Angle] = []
        for position in range(gate.n_angles):
            kind = (turn + position) % 3
            if kind == 0:
                angles.append(_x(features))
                features += 1
            elif kind == 1:
                angles.append(_w(weights))
                weights += 1
            else:
                angles.append(Angle(0.6 + 0.2 * position))
        operations.append(Operation(name, wires, tuple(angles)))
    return Case(f"gate {name}", circuit_of(n_qubits, [*operations, *_close(n_qubits)]))


def _placements(n_qubits: int, n_wires: int) -> list[tuple[int, ...]]:
    """Three placements of a gate: reversed and not adjacent first."""
    every = sorted(permutations(range(n_qubits), n_wires), reverse=True)
    return [every[0 if n_wires < 3 else 3], every[len(every) // 2 - 1], every[-1]]


def _packed_gates(gates: Sequence[str]) -> Iterator[Case]:
    """Gates by their wires; each with an angle from a feature and one from a weight."""
    for n_wires in (1, 2, 3):
        names = [name for name in gates if GATES[name].n_wires == n_wires]
        if not names:
            continue
        n_qubits = max(3, n_wires)
        operations = _open(n_qubits)
        count = 0
        for turn, name in enumerate(names):
            placements = list(permutations(range(n_qubits), n_wires))
            wires = placements[(2 * turn + 3) % len(placements)]
            for angle in (_x, _w) if GATES[name].n_angles else (_x,):
                angles = tuple(angle(count + k) for k in range(GATES[name].n_angles))
                operations.append(Operation(name, wires, angles))
            count += GATES[name].n_angles
        yield Case(
            f"all gates on {n_wires} wire{'s' * (n_wires > 1)}",
            circuit_of(n_qubits, [*operations, *_close(n_qubits)]),
            parts=tuple(f"gate {name}" for name in names),
        )


def _plain_cases() -> list[Case]:
    operations = [
        *(Operation.of("RY", wire, _x(wire)) for wire in range(3)),
        *(Operation.of("RZ", wire, _w(wire)) for wire in range(3)),
        *(Operation.of("CNOT", (wire, (wire + 1) % 3)) for wire in range(3)),
        *(Operation.of("RX", wire, _w(3 + wire)) for wire in range(3)),
    ]
    return [Case("a plain layer", circuit_of(3, operations), required=True)]


def _angle_cases() -> list[Case]:
    twice = [
        Operation.of("RX", 0, _x(0)),
        Operation.of("RY", 1, _x(0)),
        Operation.of("CRX", (1, 0), _x(0)),
        Operation.of("RY", 0, _w(0)),
        Operation.of("RX", 1, _w(0)),
        Operation.of("CRZ", (0, 1), _w(0)),
    ]
    products = [
        *_open(2),
        Operation.of("RZZ", (0, 1), 2.0 * _x(0) * _x(1)),
        Operation.of("RX", 0, _x(0) * _x(0) + _x(1)),
        Operation.of("RY", 1, (np.pi - _x(0)) * (np.pi - _x(1)) * 0.3),
    ]
    scaled = [
        *_open(2),
        Operation.of("RX", 0, _w(0) * _x(0)),
        Operation.of("RY", 1, 0.5 - 2.0 * _w(0) * _x(1) + _w(1)),
        Operation.of("CRY", (0, 1), _w(1) * _w(1) - 0.5 * _x(0)),
    ]
    repeated = [*_open(1), Operation.of("U3", 0, _x(0), _x(0), _w(0)), *_close(1)]
    return [
        Case("features and weights used twice", circuit_of(2, [*twice, *_close(2)])),
        Case("products of features", circuit_of(2, [*products, *_close(2)])),
        Case("weights times features", circuit_of(2, [*scaled, *_close(2)])),
        Case("one feature in two angles of a gate", circuit_of(1, repeated)),
    ]


def _entangled(n_qubits: int) -> list[Operation]:
    """A state that differs in every amplitude and reads features and weights."""
    return [
        *(Operation.of("RY", wire, _x(wire)) for wire in range(n_qubits)),
        *(Operation.of("RX", wire, _w(wire)) for wire in range(n_qubits)),
        *(Operation.of("CNOT", (wire, wire + 1)) for wire in range(n_qubits - 1)),
        *(Operation.of("RZ", wire, _w(n_qubits + wire)) for wire in range(n_qubits)),
        *_close(n_qubits),
    ]


def _sum(*terms: tuple[float, str]) -> Expectation:
    """``_sum((0.5, "Z0 X2"), ...)`` as a read-out; an empty text is the identity."""
    return Expectation(
        tuple(
            ObservableTerm(c, tuple((int(factor[-1]), factor[:-1]) for factor in text.split()))
            for c, text in terms
        )
    )


def _readout_cases() -> list[Case]:
    readouts: dict[str, list[Readout]] = {
        "Z on each wire": z_on_each(3),
        "X on each wire": [expval("X", wire) for wire in range(3)],
        "Y on each wire": [expval("Y", wire) for wire in range(3)],
        "products of Pauli operators": [expval("XY", 2, 0), expval("ZYX", 1, 0, 2)],
        "a sum with coefficients": [
            _sum((0.5, "Z0"), (-1.5, "X1 Y2"), (0.25, "Y0 Z2")),
            _sum((2.0, "X0"), (0.75, "")),
        ],
        "a diagonal sum with coefficients": [
            _sum((0.5, "Z0"), (-1.5, "Z1 Z2"), (2.0, "")),
            _sum((3.0, "Z2")),
        ],
        "projectors": [
            _sum((1.0, "P00 P01 P02")),
            _sum((1.0, ""), (-0.5, "P00"), (-0.5, "P12")),
            _sum((0.7, "P10 X2")),
        ],
        "probabilities of all wires": [Probabilities((0, 1, 2))],
        "probabilities of some wires": [Probabilities((0, 2))],
        "probabilities in another order": [Probabilities((2, 0, 1))],
        "probabilities beside an expectation": [Probabilities((2,)), expval("X", 1)],
    }
    return [
        Case(f"read-out of {name}", circuit_of(3, _entangled(3), measured))
        for name, measured in readouts.items()
    ]


def _batch_cases() -> list[Case]:
    weighted = [*(Operation.of("RX", wire, _w(wire)) for wire in range(2)), *_close(2)]
    fixed = [*_open(2), Operation.of("CNOT", (1, 0)), *_close(2)]
    probabilities = [Probabilities((1, 0))]
    ignoring = circuit_of(2, weighted)
    return [
        Case("a batch of one", circuit_of(2, _entangled(2)), batch=1),
        Case("a batch of seven", circuit_of(2, _entangled(2)), batch=7),
        Case("no weights", circuit_of(2, [*fixed, Operation.of("RX", 0, _x(0))])),
        Case("no inputs", ignoring),
        Case("no inputs, a batch of one", ignoring, batch=1),
        Case("inputs that no gate reads", _with_inputs(ignoring, 2)),
        Case(
            "inputs that no gate reads, probabilities",
            _with_inputs(circuit_of(2, weighted, probabilities), 1),
        ),
        Case(
            "inputs that no gate reads, X",
            _with_inputs(circuit_of(2, weighted, [expval("X", 0), expval("Z", 1)]), 1),
        ),
        Case("neither inputs nor weights", circuit_of(2, fixed)),
        Case("a wire without a gate", circuit_of(3, _entangled(2))),
        Case("a weight that no gate reads", circuit_of(2, [*fixed, Operation.of("RX", 0, _w(2))])),
    ]


def _with_inputs(circuit: Circuit, n_inputs: int) -> Circuit:
    return Circuit(
        circuit.n_qubits, circuit.operations, circuit.readouts, n_inputs, circuit.n_weights
    )


def _state_preparation_cases() -> list[Case]:
    def prepared(name: str, n_qubits: int, wires: int, angles: Sequence[Angle | float]) -> Case:
        first = Operation.of(STATE_PREPARATION, tuple(range(wires)), *angles)
        rest = [Operation.of("RY", 0, _w(4)), Operation.of("CNOT", (0, n_qubits - 1))]
        return Case(name, circuit_of(n_qubits, [first, *rest, *_close(n_qubits)]))

    from_features = prepared("amplitudes from features", 2, 2, [_x(i) for i in range(4)])
    return [
        from_features,
        replace(from_features, name="amplitudes of norm one", features="unit"),
        prepared("amplitudes padded with zeros", 3, 3, [*(_x(i) for i in range(5)), 0.0, 0.0, 0.0]),
        prepared("amplitudes on the first wires", 3, 2, [_x(i) for i in range(4)]),
        prepared("amplitudes from weights", 2, 2, [_w(i) for i in range(4)]),
        prepared("fixed amplitudes", 2, 2, [0.1, -0.5, 0.7, 0.2]),
    ]
