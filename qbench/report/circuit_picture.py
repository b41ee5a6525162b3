"""Circuits as a picture, drawn with matplotlib from the layout that the text has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING

from qbench.circuit import Circuit
from qbench.circuit.draw import (
    CONTROL,
    SWAP,
    TARGET,
    Placed,
    joint_readouts,
    layout,
    read_on_wires,
)
from qbench.exceptions import QbenchError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ROW = 0.5
"""Inches between two wires; a character of a box is _LETTER wide."""

_LETTER = 0.085
_BLOCK = 11.0
"""Inches after which a circuit goes on in a block below."""

_LEFT, _TITLE, _SPACE = 0.5, 0.7, 0.2
_MOST_INCHES = 400.0
_WIRE, _BOX, _EDGE = "#8a8a8a", "#e8eef7", "#2b4c7e"


def save_picture(circuits: Mapping[str, Circuit], path: Path) -> None:
    """Draw each circuit under its title into one file, whose ending names its format.

    Raises
    ------
    QbenchError
        The ending is no format of matplotlib's, the place cannot be written, or the
        circuits are too large for a picture.
    """
    from matplotlib.figure import Figure

    blocks = {title: _blocks(circuit) for title, circuit in circuits.items()}
    width = max(_needed(title, circuits[title], each) for title, each in blocks.items())
    height = sum(_height(circuits[title], each) for title, each in blocks.items())
    if height > _MOST_INCHES:
        raise QbenchError(
            f"{path}: the circuits would be {height:.0f} inches high; draw fewer, such as with "
            "--set circuits.NAME.ansatz.n_layers=2"
        )
    figure = Figure(figsize=(width, height))
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_axis_off()
    axes.set_xlim(0.0, width)
    axes.set_ylim(height, 0.0)
    top = 0.0
    for title, circuit in circuits.items():
        axes.text(0.15, top + 0.3, title, fontsize=11, fontweight="bold", va="center")
        _draw(axes, circuit, blocks[title], top + _TITLE)
        top += _height(circuit, blocks[title])
    try:
        figure.savefig(path, dpi=150)
    except (OSError, ValueError) as error:
        raise QbenchError(f"{path}: cannot be written: {error}") from error


def _draw(axes: Axes, circuit: Circuit, blocks: Sequence[list[list[Placed]]], top: float) -> None:
    for number, block in enumerate(blocks):
        last = number == len(blocks) - 1
        x = _LEFT
        end = _LEFT + sum(_width(column) for column in block)
        for wire in range(circuit.n_qubits):
            y = top + wire * _ROW
            axes.plot([_LEFT - 0.1, end + 0.1], [y, y], color=_WIRE, linewidth=1.0, zorder=1)
            axes.text(_LEFT - 0.15, y, f"q{wire}", ha="right", va="center", fontsize=9)
            if last:
                axes.text(end + 0.15, y, read_on_wires(circuit)[wire], va="center", fontsize=9)
        for column in block:
            centre = x + _width(column) / 2
            for placed in column:
                _draw_placed(axes, placed, centre, top)
            x += _width(column)
        top += circuit.n_qubits * _ROW + _SPACE
    axes.text(_LEFT, top - _SPACE + 0.05, _joint(circuit), va="center", fontsize=9)


def _draw_placed(axes: Axes, placed: Placed, x: float, top: float) -> None:
    from matplotlib.patches import Circle, FancyBboxPatch

    if len(placed.span) > 1:
        ends = [top + placed.span.start * _ROW, top + (placed.span.stop - 1) * _ROW]
        axes.plot([x, x], ends, color=_EDGE, linewidth=1.2, zorder=2)
    for wire, label in placed.labels.items():
        y = top + wire * _ROW
        if label == CONTROL:
            axes.add_patch(Circle((x, y), 0.06, color=_EDGE, zorder=3))
        elif label == TARGET:
            axes.add_patch(Circle((x, y), 0.12, fill=True, fc="white", ec=_EDGE, lw=1.2, zorder=3))
            axes.plot([x - 0.12, x + 0.12], [y, y], color=_EDGE, linewidth=1.2, zorder=4)
            axes.plot([x, x], [y - 0.12, y + 0.12], color=_EDGE, linewidth=1.2, zorder=4)
        elif label == SWAP:
            for slope in (1.0, -1.0):
                ends = [y - 0.08 * slope, y + 0.08 * slope]
                axes.plot([x - 0.08, x + 0.08], ends, color=_EDGE, linewidth=1.4, zorder=4)
        else:
            half = _label_width(label) / 2
            box = FancyBboxPatch(
                (x - half, y - 0.15), 2 * half, 0.3, boxstyle="round,pad=0,rounding_size=0.05",
                fc=_BOX, ec=_EDGE, lw=0.9, zorder=3,
            )  # fmt: skip
            axes.add_patch(box)
            axes.text(x, y, label, ha="center", va="center", fontsize=8, zorder=4)


def _blocks(circuit: Circuit) -> list[list[list[Placed]]]:
    return list(_folded(layout(circuit))) or [[]]


def _folded(columns: Sequence[list[Placed]]) -> Iterator[list[list[Placed]]]:
    block: list[list[Placed]] = []
    used = 0.0
    for column in columns:
        width = _width(column)
        if block and used + width > _BLOCK:
            yield block
            block, used = [], 0.0
        block.append(column)
        used += width
    if block:
        yield block


def _width(column: Sequence[Placed]) -> float:
    widest = max(_label_width(label) for placed in column for label in placed.labels.values())
    return widest + 0.16


def _label_width(label: str) -> float:
    return 0.24 if label in (CONTROL, TARGET, SWAP) else max(0.3, 0.1 + _LETTER * len(label))


def _needed(title: str, circuit: Circuit, blocks: Sequence[list[list[Placed]]]) -> float:
    """Inches that a circuit takes across, with its title and its read-outs."""
    ends = max(map(len, read_on_wires(circuit))) * _LETTER + 0.3
    across = _LEFT + max(sum(map(_width, block)) for block in blocks) + ends
    joint = _LEFT + len(_joint(circuit)) * _LETTER
    return max(across, joint, 0.3 + len(title) * 0.11)


def _joint(circuit: Circuit) -> str:
    """The read-outs of several wires in a line, as many as there is room for."""
    joint = ", ".join(joint_readouts(circuit))
    return shorten(f"read: {joint}", 120, placeholder=" ...") if joint else ""


def _height(circuit: Circuit, blocks: Sequence[object]) -> float:
    joint = 0.3 if joint_readouts(circuit) else 0.0
    return _TITLE + len(blocks) * (circuit.n_qubits * _ROW + _SPACE) + joint
