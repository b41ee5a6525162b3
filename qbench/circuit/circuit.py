"""The neutral circuit: a flat, immutable sequence of operations and its read-outs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from qbench.circuit.angle import Angle, Json, as_angle
from qbench.circuit.gates import GATES, PAULIS, STATE_PREPARATION
from qbench.circuit.readout import (
    Expectation,
    Probabilities,
    Readout,
    count_outputs,
    readout_from_json,
)
from qbench.exceptions import CircuitError

JSON_VERSION = 1


@dataclass(frozen=True)
class Operation:
    """A gate on wires with its angles; ``StatePreparation`` takes amplitudes instead."""

    gate: str
    wires: tuple[int, ...]
    angles: tuple[Angle, ...] = ()

    @staticmethod
    def of(gate: str, wires: int | Sequence[int], *angles: Angle | float) -> Operation:
        """An operation from plain numbers: ``Operation.of("RX", 0, 0.3)``."""
        wires = (wires,) if isinstance(wires, int) else tuple(wires)
        return Operation(gate, wires, tuple(as_angle(a) for a in angles))


@dataclass(frozen=True)
class Circuit:
    """A parametrised circuit with its read-outs; wire 0 is the most significant bit.

    Attributes
    ----------
    n_inputs, n_weights : int
        Length of a row of input features and of the weight vector. Features and
        weights that no angle reads are allowed; their gradient is zero.
    readouts : tuple
        Each Expectation gives one output, each Probabilities ``2**len(wires)``.

    Raises
    ------
    CircuitError
        A gate, wire, angle or index that does not fit.
    """

    n_qubits: int
    operations: tuple[Operation, ...]
    readouts: tuple[Readout, ...]
    n_inputs: int = 0
    n_weights: int = 0

    def __post_init__(self) -> None:
        if self.n_qubits < 1:
            raise CircuitError(f"a circuit needs at least one qubit, not {self.n_qubits}")
        for position, operation in enumerate(self.operations):
            self._check_operation(position, operation)
        for readout in self.readouts:
            self._check_readout(readout)

    def _check_operation(self, position: int, operation: Operation) -> None:
        where = f"operation {position} ({operation.gate} on {list(operation.wires)})"
        if operation.gate == STATE_PREPARATION:
            if position or operation.wires != tuple(range(len(operation.wires))):
                raise CircuitError(f"{where}: state preparation stands first, on wires 0, 1, ...")
            n_wires, n_angles = len(operation.wires), 2 ** len(operation.wires)
        elif operation.gate in GATES:
            gate = GATES[operation.gate]
            n_wires, n_angles = gate.n_wires, gate.n_angles
        else:
            raise CircuitError(f"{where}: no such gate; known are {', '.join(GATES)}")
        if len(operation.wires) != n_wires or len(set(operation.wires)) != n_wires:
            raise CircuitError(f"{where}: the gate takes {n_wires} different wires")
        if len(operation.angles) != n_angles:
            raise CircuitError(f"{where}: it takes {n_angles} angles, not {len(operation.angles)}")
        self._check_wires(where, operation.wires)
        for angle in operation.angles:
            if any(i >= self.n_inputs for i in angle.input_indices):
                raise CircuitError(f"{where}: reads a feature beyond the {self.n_inputs} inputs")
            if any(k >= self.n_weights for k in angle.weight_indices):
                raise CircuitError(f"{where}: reads a weight beyond the {self.n_weights} weights")

    def _check_readout(self, readout: Readout) -> None:
        if isinstance(readout, Probabilities):
            if not readout.wires or len(set(readout.wires)) != len(readout.wires):
                raise CircuitError(f"probabilities need different wires, not {readout.wires}")
            self._check_wires("probabilities", readout.wires)
            return
        for term in readout.terms:
            wires = [w for w, _ in term.factors]
            if len(set(wires)) != len(wires):
                raise CircuitError(f"an observable's term has two factors on one wire: {term}")
            self._check_wires("observable", wires)
            for _, factor in term.factors:
                if factor not in PAULIS or factor == "I":
                    raise CircuitError(f"no such factor of an observable: {factor!r}")

    def _check_wires(self, where: str, wires: Sequence[int]) -> None:
        for wire in wires:
            if not 0 <= wire < self.n_qubits:
                raise CircuitError(f"{where}: wire {wire} is outside 0..{self.n_qubits - 1}")

    @property
    def n_outputs(self) -> int:
        """Length of a row of outputs."""
        return count_outputs(self.readouts)

    @property
    def two_qubit_gates(self) -> int:
        """Number of gates on two wires (a Toffoli counts as the six CNOTs of its textbook form)."""
        counts = {1: 0, 2: 1, 3: 6}
        return sum(counts[len(o.wires)] for o in self.gates)

    @property
    def gates(self) -> tuple[Operation, ...]:
        """The operations without the state preparation."""
        return tuple(o for o in self.operations if o.gate != STATE_PREPARATION)

    @property
    def depth(self) -> int:
        """Longest chain of gates that share wires; a state preparation counts as one."""
        level = [0] * self.n_qubits
        for operation in self.operations:
            top = 1 + max(level[w] for w in operation.wires)
            for wire in operation.wires:
                level[wire] = top
        return max(level)

    @cached_property
    def key(self) -> str:
        """SHA-256 of the canonical JSON form: equal circuits have equal keys."""
        text = json.dumps(self.to_json(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def weights_as_inputs(self) -> Circuit:
        """The same circuit with weight k read as feature ``n_inputs + k``.

        A batch over draws of weights is then an ordinary batch, and the gradient
        with respect to its inputs holds the gradient of each draw.
        """
        operations = tuple(
            replace(o, angles=tuple(a.weights_as_inputs(self.n_inputs) for a in o.angles))
            for o in self.operations
        )
        return replace(
            self, operations=operations, n_inputs=self.n_inputs + self.n_weights, n_weights=0
        )

    def to_json(self) -> Json:
        """A JSON-ready mapping, with the version of its form."""
        return {
            "version": JSON_VERSION,
            "n_qubits": self.n_qubits,
            "n_inputs": self.n_inputs,
            "n_weights": self.n_weights,
            "operations": [
                [o.gate, list(o.wires), *(a.to_json() for a in o.angles)] for o in self.operations
            ],
            "measure": [r.to_json() for r in self.readouts],
        }

    @staticmethod
    def from_json(value: Json) -> Circuit:
        """Inverse of :meth:`to_json`, from the mapping or its text.

        Raises
        ------
        CircuitError
            Another version, or anything that is no circuit.
        """
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except ValueError as error:
                raise CircuitError(f"a circuit's JSON does not parse: {error}") from error
        if not isinstance(value, Mapping):
            raise CircuitError(f"a circuit is a JSON object, not {type(value).__name__}")
        if value.get("version") != JSON_VERSION:
            raise CircuitError(
                f"circuit JSON has version {value.get('version')!r}; "
                f"this qbench reads {JSON_VERSION}"
            )
        try:
            return Circuit(
                n_qubits=int(value["n_qubits"]),
                operations=tuple(_operation_from_json(o) for o in value["operations"]),
                readouts=tuple(readout_from_json(r) for r in value["measure"]),
                n_inputs=int(value["n_inputs"]),
                n_weights=int(value["n_weights"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise CircuitError(f"not a circuit: {type(error).__name__} {error}") from error


def _operation_from_json(value: Json) -> Operation:
    gate, wires, *angles = value
    return Operation(str(gate), tuple(int(w) for w in wires), tuple(map(Angle.from_json, angles)))


__all__ = ["Circuit", "Expectation", "Operation", "Probabilities", "Readout"]
