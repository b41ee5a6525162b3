"""The 19 circuits of Sim, Johnson and Aspuru-Guzik.

"Expressibility and entangling capability of parameterized quantum circuits for
hybrid quantum-classical algorithms", Advanced Quantum Technologies 2, 1900070
(2019), arXiv:1905.10876, Fig. 2, with wire 0 on top. A pair is (control, target).

The figure shows four wires; for n wires:

- chains (2-4, 9) climb from the last wire: (n-1, n-2), ..., (1, 0);
- bricks (7, 8, 11, 12, 16, 17) are (1, 0), (3, 2), ..., then (2, 1), (4, 3), ...;
  11 and 12 rotate the wires 1 to n-2 between the two;
- 5 and 6 take every control from the last wire up, and for each every other wire as
  a target in the same order;
- rings (10, 13-15, 18, 19) are (n-1, 0), (n-2, n-1), ..., (0, 1);
- the second ring of 13-15 joins wires 3 apart, as in the code blocks of Schuld et al.
  2018 ("Circuit-centric quantum classifiers", ranges 1 and 3) from which they come:
  controls n-1, n-4, ... modulo n, ``n / gcd(n, 3)`` gates, targets control + 3. On
  four wires that is (3, 2), (0, 3), (1, 0), (2, 1);
- a layer is the whole circuit, but the first RY gates of 10 stand once, before
  the layers.

Public implementations differ in directions and gates. Pinned here is what
MindQuantum, qml-essentials and a Qiskit port share, and where they differ, what
reproduces the published figures:

- chains climb: one replication lets them descend ((1, 0), (2, 1), (3, 2)), which
  entangles less, and then 4 would entangle less than 17, against the paper's order;
- 15 has CNOTs: with CZ, as the Qiskit port has it, its expressibility would be 0.236
  at one layer and 0.140 at three, published are 0.189 and 0.115 (with CNOT 0.184
  and 0.124);
- 16-19 begin with RX, not RY; at one layer the RZ that follow make both alike, so
  that no published figure at one layer tells them apart.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import gcd

from qbench.circuit.angle import Angle
from qbench.circuit.circuit import Operation
from qbench.circuit.gates import GATES
from qbench.circuit.options import whole_number
from qbench.exceptions import CircuitError

Wires = Sequence[tuple[int, ...]]
Round = tuple[str, Callable[[int], Wires]]
"""A gate, and where it stands on n wires, in order."""


def _all(n: int) -> Wires:
    return [(wire,) for wire in range(n)]


def _inner(n: int) -> Wires:
    return [(wire,) for wire in range(1, n - 1)]


def _chain(n: int) -> Wires:
    return [(wire, wire - 1) for wire in reversed(range(1, n))]


def _even(n: int) -> Wires:
    return [(wire + 1, wire) for wire in range(0, n - 1, 2)]


def _odd(n: int) -> Wires:
    return [(wire + 1, wire) for wire in range(1, n - 1, 2)]


def _ring(n: int) -> Wires:
    return [(wire, (wire + 1) % n) for wire in reversed(range(n))]


def _apart(n: int) -> Wires:
    controls = [(n - 1 - 3 * k) % n for k in range(n // gcd(n, 3))]
    return [(control, (control + 3) % n) for control in controls]


def _full(n: int) -> Wires:
    wires = range(n - 1, -1, -1)
    return [(control, target) for control in wires for target in wires if control != target]


def _rounds(*names: str, on: Callable[[int], Wires] = _all) -> list[Round]:
    return [(name, on) for name in names]


_XZ, _YZ = _rounds("RX", "RZ"), _rounds("RY", "RZ")
_INNER_YZ = _rounds("RY", "RZ", on=_inner)

_LAYERS: dict[int, list[Round]] = {
    1: _XZ,
    2: [*_XZ, ("CNOT", _chain)],
    3: [*_XZ, ("CRZ", _chain)],
    4: [*_XZ, ("CRX", _chain)],
    5: [*_XZ, ("CRZ", _full), *_XZ],
    6: [*_XZ, ("CRX", _full), *_XZ],
    7: [*_XZ, ("CRZ", _even), *_XZ, ("CRZ", _odd)],
    8: [*_XZ, ("CRX", _even), *_XZ, ("CRX", _odd)],
    9: [("H", _all), ("CZ", _chain), ("RX", _all)],
    10: [("CZ", _ring), ("RY", _all)],
    11: [*_YZ, ("CNOT", _even), *_INNER_YZ, ("CNOT", _odd)],
    12: [*_YZ, ("CZ", _even), *_INNER_YZ, ("CZ", _odd)],
    13: [("RY", _all), ("CRZ", _ring), ("RY", _all), ("CRZ", _apart)],
    14: [("RY", _all), ("CRX", _ring), ("RY", _all), ("CRX", _apart)],
    15: [("RY", _all), ("CNOT", _ring), ("RY", _all), ("CNOT", _apart)],
    16: [*_XZ, ("CRZ", _even), ("CRZ", _odd)],
    17: [*_XZ, ("CRX", _even), ("CRX", _odd)],
    18: [*_XZ, ("CRZ", _ring)],
    19: [*_XZ, ("CRX", _ring)],
}
_BEFORE: dict[int, list[Round]] = {10: [("RY", _all)]}

_FEWEST_WIRES = {1: (1, "")} | dict.fromkeys(range(2, 20), (2, "it entangles"))
_FEWEST_WIRES[10] = (3, "on two its ring would undo itself")
_FEWEST_WIRES |= dict.fromkeys((13, 14, 15), (4, "its second ring joins wires 3 apart"))


def sim(
    n_qubits: int, fresh: Callable[[], Angle], *, number: int | None = None, n_layers: int = 1
) -> list[list[Operation]]:
    """Circuit ``number`` (1 to 19) of Sim et al. 2019, ``n_layers`` times.

    Weights count in the order of the gates: a rotation goes over all wires before
    the next begins. The layout on n wires is in the module's docstring.

    Raises
    ------
    CircuitError
        No circuit of that number, or too few wires for it.
    """
    number = whole_number("sim: number", number, 1, len(_LAYERS))
    fewest, why = _FEWEST_WIRES[number]
    if n_qubits < fewest:
        raise CircuitError(f"sim: circuit {number} needs {fewest} qubits, not {n_qubits}: {why}")
    layers = []
    for layer in range(whole_number("n_layers", n_layers, 1)):
        rounds = _LAYERS[number] if layer else _BEFORE.get(number, []) + _LAYERS[number]
        layers.append(
            [
                Operation.of(gate, wires, *(fresh() for _ in range(GATES[gate].n_angles)))
                for gate, places in rounds
                for wires in places(n_qubits)
            ]
        )
    return layers
