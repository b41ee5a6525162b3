"""Circuits as text, and the column layout that every drawing of them shares."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isclose, pi

from qbench.circuit.angle import Angle
from qbench.circuit.circuit import Circuit, Operation
from qbench.circuit.gates import STATE_PREPARATION
from qbench.circuit.readout import Expectation, Probabilities, Readout

CONTROL, TARGET, SWAP = "●", "⊕", "\N{MULTIPLICATION SIGN}"
_PLAIN = str.maketrans({"─": "-", "│": "|", "┤": "|", CONTROL: "o", TARGET: "X", SWAP: "x",
                        "π": "pi", "·": "*", "⟨": "<", "⟩": ">", "ψ": "psi"})  # fmt: skip

_LONGEST_ANGLE = 12
_BOX_OF = {"CRX": "RX", "CRY": "RY", "CRZ": "RZ", "CPhase": "P", "CY": "Y", "PhaseShift": "P"}
_PARTS = {
    "CNOT": (CONTROL, TARGET),
    "CZ": (CONTROL, CONTROL),
    "SWAP": (SWAP, SWAP),
    "Toffoli": (CONTROL, CONTROL, TARGET),
}
_CONTROLLED = frozenset({"CY", "CRX", "CRY", "CRZ", "CPhase"})


@dataclass(frozen=True)
class Placed:
    """An operation as it is drawn.

    Attributes
    ----------
    labels : by wire
        CONTROL, TARGET, SWAP, or the text of a box.
    """

    operation: Operation
    labels: dict[int, str]

    @property
    def span(self) -> range:
        """The wires that it covers, those in between among them."""
        return range(min(self.operation.wires), max(self.operation.wires) + 1)


def layout(circuit: Circuit) -> list[list[Placed]]:
    """The operations in columns, each as far left as its wires and those it crosses allow."""
    columns: list[list[Placed]] = []
    level = [0] * circuit.n_qubits
    for operation in circuit.operations:
        placed = Placed(operation, _labels(operation))
        column = max(level[wire] for wire in placed.span)
        if column == len(columns):
            columns.append([])
        columns[column].append(placed)
        for wire in placed.span:
            level[wire] = column + 1
    return columns


def draw(circuit: Circuit, width: int = 100, max_columns: int | None = None) -> str:
    """A circuit as text, one line a wire and one between for what joins them.

    Parameters
    ----------
    width : int
        Columns of the terminal; a longer circuit goes on in a block below.
    max_columns : int, optional
        Draw so many columns of gates at most, and say how many are left out.
    """
    columns = layout(circuit)
    shown = columns[:max_columns] if max_columns is not None else columns
    cells = [_column(circuit.n_qubits, column) for column in shown]
    names = _padded([f"q{wire}: " for wire in range(circuit.n_qubits)])
    ends = [f"┤ {text}" if text else "" for text in read_on_wires(circuit)]
    room = max(width - len(names[0]) - max(map(len, ends), default=0) - 1, 1)
    blocks = list(_blocks(cells, room)) or [[]]
    lines: list[str] = []
    for number, block in enumerate(blocks):
        last = number == len(blocks) - 1 and len(shown) == len(columns)
        lines += _block_lines(circuit.n_qubits, names, block, ends if last else None)
        lines.append("")
    if len(shown) < len(columns):
        lines.append(f"... and {len(columns) - len(shown)} more columns of gates")
    joint = joint_readouts(circuit)
    if joint:
        lines.append(f"read: {', '.join(joint)}")
    return "\n".join(lines).rstrip("\n")


def plain(text: str) -> str:
    """A drawing in ASCII, for terminals and files that know no more."""
    return text.translate(_PLAIN)


def angle_text(angle: Angle, longest: int = _LONGEST_ANGLE) -> str:
    """An angle in short: ``x0``, ``2·w3``, ``π/2``, or what it reads, ``f(x0,x1)``."""
    parts = [_term_text(t.coefficient, t.inputs, t.weights) for t in angle.terms]
    if angle.constant != 0.0 or not parts:
        parts.insert(0, _number_text(angle.constant))
    text = "+".join(parts).replace("+-", "-")
    if len(text) <= longest:
        return text
    reads = [f"x{i}" for i in sorted(angle.input_indices)]
    reads += [f"w{k}" for k in sorted(angle.weight_indices)]
    inner = ",".join(reads) if len(reads) <= 3 else f"{reads[0]}..{reads[-1]}"
    return f"f({inner})" if reads else f"{angle.constant:.3g}"


def read_on_wires(circuit: Circuit) -> list[str]:
    """What is read from each wire alone, such as ``⟨Z⟩``; empty where nothing is."""
    found: list[list[str]] = [[] for _ in range(circuit.n_qubits)]
    for readout in circuit.readouts:
        single = _on_one_wire(readout)
        if single is not None:
            wire, text = single
            found[wire].append(text)
    return [" ".join(each) for each in found]


def joint_readouts(circuit: Circuit) -> list[str]:
    """The read-outs that need several wires, each in words."""
    return [_readout_text(r) for r in circuit.readouts if _on_one_wire(r) is None]


def _on_one_wire(readout: Readout) -> tuple[int, str] | None:
    if isinstance(readout, Probabilities):
        return (readout.wires[0], "probs") if len(readout.wires) == 1 else None
    if len(readout.terms) != 1 or len(readout.terms[0].factors) != 1:
        return None
    ((wire, factor),) = readout.terms[0].factors
    coefficient = readout.terms[0].coefficient
    return wire, f"⟨{'' if coefficient == 1.0 else f'{coefficient:.3g}·'}{factor}⟩"


def _readout_text(readout: Readout) -> str:
    if isinstance(readout, Probabilities):
        return f"probs({', '.join(f'q{w}' for w in readout.wires)})"
    return _expectation_text(readout)


def _expectation_text(readout: Expectation) -> str:
    terms = []
    for term in readout.terms[:6]:
        product = " ".join(_factor_text(wire, factor) for wire, factor in term.factors) or "1"
        terms.append(product if term.coefficient == 1.0 else f"{term.coefficient:.3g}·{product}")
    more = f" + {len(readout.terms) - 6} more terms" if len(readout.terms) > 6 else ""
    return f"⟨{' + '.join(terms)}⟩".replace("+ -", "- ") + more


def _factor_text(wire: int, factor: str) -> str:
    """A factor as a suite writes it: ``Z0``, ``P1[0]``."""
    return f"{factor}[{wire}]" if len(factor) > 1 else f"{factor}{wire}"


def _labels(operation: Operation) -> dict[int, str]:
    gate, wires = operation.gate, operation.wires
    if gate == STATE_PREPARATION:
        return dict.fromkeys(wires, "|ψ(x)⟩")
    if gate in _PARTS:
        return dict(zip(wires, _PARTS[gate], strict=True))
    box = _BOX_OF.get(gate, gate)
    if operation.angles:
        box += f"({','.join(angle_text(angle) for angle in operation.angles)})"
    if gate in _CONTROLLED:
        return {wires[0]: CONTROL, wires[1]: box}
    return dict.fromkeys(wires, box)


def _column(n_qubits: int, placed: Sequence[Placed]) -> list[str]:
    """The texts of a column: wires at even rows, gaps at odd ones, equally wide."""
    rows = [""] * (2 * n_qubits)
    for each in placed:
        for row in range(2 * each.span.start, 2 * each.span.stop - 1):
            rows[row] = "│"
        rows = [
            each.labels[r // 2] if r % 2 == 0 and r // 2 in each.labels else text
            for r, text in enumerate(rows)
        ]
    width = max(map(len, rows))
    return [text.center(width, " " if r % 2 else "─") for r, text in enumerate(rows)]


def _blocks(cells: Sequence[list[str]], room: int) -> Iterator[list[list[str]]]:
    block: list[list[str]] = []
    used = 0
    for cell in cells:
        needed = len(cell[0]) + 2
        if block and used + needed > room:
            yield block
            block, used = [], 0
        block.append(cell)
        used += needed
    if block:
        yield block


def _block_lines(
    n_qubits: int, names: list[str], block: Sequence[list[str]], ends: list[str] | None
) -> Iterator[str]:
    for wire in range(n_qubits):
        line = "".join(f"──{column[2 * wire]}" for column in block)
        yield f"{names[wire]}{line}──{ends[wire] if ends else ''}"
        if wire < n_qubits - 1:
            gap = "".join(f"  {column[2 * wire + 1]}" for column in block)
            joined = f"{' ' * len(names[0])}{gap}".rstrip()
            if joined:
                yield joined


def _padded(texts: list[str]) -> list[str]:
    width = max(map(len, texts))
    return [text.ljust(width) for text in texts]


def _term_text(coefficient: float, inputs: Sequence[int], weights: Sequence[int]) -> str:
    factors = [f"x{i}" for i in inputs] + [f"w{k}" for k in weights]
    if coefficient == 1.0:
        return "·".join(factors)
    if coefficient == -1.0:
        return f"-{'·'.join(factors)}"
    return "·".join([_number_text(coefficient), *factors])


def _number_text(value: float) -> str:
    for divisor in (1, 2, 3, 4, 6, 8):
        times = value * divisor / pi
        if value != 0.0 and abs(times) < 20 and isclose(times, round(times), abs_tol=1e-9):
            whole = round(times)
            sign, size = ("-" if whole < 0 else ""), abs(whole)
            over = f"/{divisor}" if divisor > 1 else ""
            return f"{sign}{size if size > 1 else ''}π{over}"
    return f"{value:.3g}"
