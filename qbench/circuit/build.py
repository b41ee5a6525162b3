"""From the words of a suite to a neutral circuit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from qbench.circuit.ansatze import ansatz_layers, default_measure
from qbench.circuit.blocks import identity_blocks
from qbench.circuit.circuit import Circuit, Operation
from qbench.circuit.encodings import Encoded, amplitude, encode
from qbench.circuit.expressions import explicit_weights, parse_angle
from qbench.circuit.gates import GATES, STATE_PREPARATION
from qbench.circuit.observables import parse_measure
from qbench.circuit.options import choose, switch, whole_number
from qbench.circuit.trainable import FreshWeights, Layers
from qbench.exceptions import CircuitError

Slot = str | Mapping[str, Any] | None
"""``"name"``, ``{"name": ..., options}``, or None (the same as "none")."""

MAX_OPERATIONS = 1_000_000


@dataclass(frozen=True)
class BuiltCircuit:
    """A circuit, and which of its weights do not start at random.

    Attributes
    ----------
    circuit : Circuit
        ``circuit.n_inputs`` is the number of features that it reads.
    scale_weights : dict of int to float
        The weights that multiply an encoding's angles (``trainable_scale``), with
        their initial values. They follow the ansatz's own weights.
    axis_inputs : tuple of (int, int, int)
        Features for X, Y and Z of every rotation whose axis is drawn anew for each
        sample; they follow those of the encoding. In each draw one of the three
        is 1 and the others are 0.
    mirrored : dict of int to int
        Weights of the inverse half of a block, and the weight of its first half that
        each undoes where both are equal.
    pad_with : float
        What stands for amplitudes that no feature gives.
    """

    circuit: Circuit
    scale_weights: dict[int, float] = field(default_factory=dict)
    axis_inputs: tuple[tuple[int, int, int], ...] = ()
    mirrored: dict[int, int] = field(default_factory=dict)
    pad_with: float = 0.0

    def reading(self, n_features: int) -> BuiltCircuit:
        """The circuit whose amplitude encoding pads fewer features; any other as it is."""
        circuit = self.circuit
        prepares = any(o.gate == STATE_PREPARATION for o in circuit.operations[:1])
        if not prepares or not 0 < n_features < circuit.n_inputs:
            return self
        padded = amplitude(circuit.n_qubits, n_features, pad_with=self.pad_with)
        operations = (*padded.operations, *circuit.operations[1:])
        return replace(self, circuit=replace(circuit, operations=operations, n_inputs=n_features))

    @property
    def one_axis(self) -> Circuit:
        """The circuit with one gate, not three, for a rotation about a random axis: its size."""
        idle = {feature for _, y, z in self.axis_inputs for feature in (y, z)}
        operations = tuple(
            o
            for o in self.circuit.operations
            if not any(idle & angle.input_indices for angle in o.angles)
        )
        return replace(self.circuit, operations=operations)


def build_circuit(
    n_qubits: int,
    encoding: Slot = None,
    ansatz: Slot = None,
    measure: Mapping[str, Any] | None = None,
    reupload: str = "once",
    trainable_scale: bool = False,
    gates: Sequence[Any] | None = None,
    n_features: int | None = None,
    blocks: int | None = None,
) -> BuiltCircuit:
    """The circuit of an entry under a suite's ``circuits:``.

    Parameters
    ----------
    encoding, ansatz : a name in ENCODINGS or ANSATZE, or a mapping of it with options
    measure : ``{"expval": OBS | [OBS]}`` or ``{"probs": "all" | [wires]}``
        By default Z on every wire; of ``qcnn`` on the wires that it keeps.
    reupload : "once" or "each_layer"
        Whether the encoding is repeated before every layer of the ansatz.
    trainable_scale : bool
        Multiplies each encoding angle by a weight of its own, fresh in every repetition.
    gates : list of ``[GATE, WIRES, ANGLE...]`` and ``{"repeat": k, "gates": [...]}``
        Instead of encoding and ansatz. Angles are expressions (see
        :mod:`qbench.circuit.expressions`). A bare ``w`` is a fresh weight, anew in
        every repetition; fresh weights count on from the highest that is named.
    n_features : int, optional
        Features that the layer before gives. Amplitude encoding pads fewer than
        ``2**n_qubits``; the other encodings read one a qubit and refuse another
        number; a list of gates may leave features unread.
    blocks : int, optional
        Repeats of the ansatz followed by its inverse, every half with weights of its
        own (see :mod:`qbench.circuit.blocks`).

    Raises
    ------
    CircuitError
        With what is wrong and, for a misspelt name, the nearest right one.
    """
    whole_number("n_qubits", n_qubits, 1, 1000)
    if n_features is not None:
        whole_number("n_features", n_features, 0, 2**31)
    encoding, ansatz = _slot("encoding", encoding), _slot("ansatz", ansatz)
    if measure is None:
        measure = default_measure(ansatz, n_qubits)
    readouts = parse_measure(measure, n_qubits)
    repeated = choose("reupload", reupload, ("once", "each_layer")) == "each_layer"
    scaled = switch("trainable_scale", trainable_scale)
    if gates is not None:
        slots = (encoding, ansatz, blocks)
        if any(slot is not None for slot in slots) or repeated or scaled:
            raise CircuitError(
                "gates stand instead of encoding, ansatz, blocks, reupload and trainable_scale: "
                "give one or the other"
            )
        operations, n_inputs, n_weights = _listed_gates(gates, n_features)
        return BuiltCircuit(Circuit(n_qubits, operations, readouts, n_inputs, n_weights))
    _check_repetition(encoding, ansatz, repeated, scaled)
    _check_blocks(blocks, ansatz, repeated)
    encoded = Encoded((), n_features or 0)
    if encoding is not None:
        encoded = encode(encoding, n_qubits, n_features)
    fresh, scales = FreshWeights(first_input=encoded.n_inputs), dict[int, float]()
    layers, mirrored = _layers(ansatz, n_qubits, fresh, blocks)
    operations = _interleave(encoded, layers, repeated, fresh if scaled else None, scales)
    n_inputs = encoded.n_inputs + 3 * len(fresh.axis_inputs)
    circuit = Circuit(n_qubits, operations, readouts, n_inputs, fresh.next_index)
    pad_with = encoding.get("pad_with", 0.0) if isinstance(encoding, Mapping) else 0.0
    return BuiltCircuit(circuit, scales, tuple(fresh.axis_inputs), mirrored, pad_with)


def _layers(
    ansatz: Slot, n_qubits: int, fresh: FreshWeights, blocks: int | None
) -> tuple[Layers, dict[int, int]]:
    if ansatz is None:
        return [[]], {}
    if blocks is None:
        return ansatz_layers(ansatz, n_qubits, fresh), {}
    return identity_blocks(lambda: ansatz_layers(ansatz, n_qubits, fresh), fresh, blocks)


def _slot(kind: str, slot: Slot) -> str | Mapping[str, Any] | None:
    if slot is None or slot == "none" or slot == {"name": "none"}:
        return None
    if not isinstance(slot, str | Mapping):
        raise CircuitError(f"{kind} is a name or a mapping with a name, not {slot!r}")
    return slot


def _check_repetition(encoding: Slot, ansatz: Slot, repeated: bool, scaled: bool) -> None:
    name, repeats = (
        slot if isinstance(slot, str) else (slot or {}).get("name") for slot in (encoding, ansatz)
    )
    if repeated:
        if encoding is None or ansatz is None:
            raise CircuitError("reupload: each_layer needs an encoding and an ansatz")
        if repeats == "qcnn":
            raise CircuitError("qcnn gives wires up level by level: features enter it once")
        if name == "amplitude":
            raise CircuitError("amplitude encoding prepares the first state: it can't be repeated")
    if scaled and (encoding is None or name == "amplitude"):
        raise CircuitError("trainable_scale needs an encoding by angles")


def _check_blocks(blocks: int | None, ansatz: Slot, repeated: bool) -> None:
    if blocks is None:
        return
    whole_number("blocks", blocks, 1)
    if ansatz is None:
        raise CircuitError("blocks repeat an ansatz and its inverse: give an ansatz")
    if repeated:
        raise CircuitError(
            "blocks and reupload: each_layer exclude each other: "
            "with an encoding between its layers no block can be the identity"
        )


def _interleave(
    encoded: Encoded,
    layers: Layers,
    repeated: bool,
    fresh: FreshWeights | None,
    scales: dict[int, float],
) -> tuple[Operation, ...]:
    """Encoding and layers in order; scale weights are taken from ``fresh`` and noted in scales."""
    operations: list[Operation] = []
    for position, layer in enumerate(layers):
        if position == 0 or repeated:
            operations += [_scaled(o, encoded.scale, fresh, scales) for o in encoded.operations]
        operations += layer
    return tuple(operations)


def _scaled(
    operation: Operation, scale: float, fresh: FreshWeights | None, scales: dict[int, float]
) -> Operation:
    angles = []
    for angle in operation.angles:
        if not angle.input_indices:
            angles.append(angle)
        elif fresh is None:
            angles.append(angle * scale)
        else:
            scales[fresh.next_index] = scale
            angles.append(angle * fresh())
    return replace(operation, angles=tuple(angles))


def _listed_gates(
    gates: Sequence[Any], n_features: int | None
) -> tuple[tuple[Operation, ...], int, int]:
    """Operations, features and weights of the list form."""
    if not isinstance(gates, Sequence) or isinstance(gates, str):
        raise CircuitError(f"gates is a list of [GATE, WIRES, ANGLE...], not {gates!r}")
    entries = list(_unrolled(gates))
    named = {k for entry in entries for angle in entry[2:] for k in explicit_weights(angle)}
    fresh = FreshWeights(max(named, default=-1) + 1)
    operations = tuple(_listed_gate(entry, fresh) for entry in entries)
    read = [i for o in operations for angle in o.angles for i in angle.input_indices]
    n_inputs = max(read, default=-1) + 1
    if n_features is not None and n_inputs > n_features:
        raise CircuitError(f"gates read feature x{n_inputs - 1}, but there are {n_features}")
    return operations, n_features or n_inputs, fresh.next_index


def _unrolled(gates: Sequence[Any], depth: int = 0) -> Iterator[Sequence[Any]]:
    produced = 0
    for item in gates:
        if isinstance(item, Mapping):
            inner = _repeated(item, depth)
        elif isinstance(item, Sequence) and not isinstance(item, str) and len(item) >= 2:
            inner = iter([item])
        else:
            raise CircuitError(f"gates: {item!r} is neither [GATE, WIRES, ANGLE...] nor a repeat")
        for entry in inner:
            produced += 1
            if produced > MAX_OPERATIONS:
                raise CircuitError(f"gates: more than {MAX_OPERATIONS} operations")
            yield entry


def _repeated(item: Mapping[str, Any], depth: int) -> Iterator[Sequence[Any]]:
    if set(item) != {"repeat", "gates"} or not isinstance(item["gates"], list | tuple):
        raise CircuitError(f"gates: a repetition is {{repeat: k, gates: [...]}}, not {dict(item)}")
    if depth >= 10:
        raise CircuitError("gates: repetitions are nested more than 10 deep")
    for _ in range(whole_number("gates: repeat", item["repeat"], 0, 100_000)):
        yield from _unrolled(item["gates"], depth + 1)


def _listed_gate(entry: Sequence[Any], fresh: FreshWeights) -> Operation:
    name, wires, *angles = entry
    choose("gates", name, (*GATES, STATE_PREPARATION))
    wires = [wires] if type(wires) is int else wires
    if not isinstance(wires, list | tuple) or not all(type(w) is int for w in wires):
        raise CircuitError(f"gates: the wires of {name} are a number or a list, not {wires!r}")
    return Operation.of(name, wires, *(parse_angle(angle, fresh) for angle in angles))
