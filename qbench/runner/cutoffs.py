"""Cut-offs: what smaller sizes of a variant tell of a larger one, before it is tried."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

from qbench.plan import Trial

_MARGIN = 1.5
"""An extrapolated time must be this much beyond the limit: it is only a guess."""


class _Size(NamedTuple):
    n_qubits: int
    rows: int
    gates: int

    def within(self, other: _Size) -> bool:
        return all(mine <= theirs for mine, theirs in zip(self, other, strict=True))


class _Known(NamedTuple):
    size: _Size
    seconds: float
    """Of a call, or, where it was cut off, what is known to be beyond the limit."""
    cut_off: bool


class Cutoffs:
    """What is known of each variant's times, from the cells that a run has timed."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str, str], list[_Known]] = {}

    def note(self, trial: Trial, seconds: float) -> None:
        """A call takes so long."""
        self._of(trial).append(_Known(_size(trial), seconds, False))

    def note_cut_off(self, trial: Trial) -> None:
        """The cell did not end within its limit, so nothing larger will."""
        self._of(trial).append(_Known(_size(trial), math.inf, True))

    def reason(self, trial: Trial, limit: float | None) -> str:
        """Why the cell need not be tried, or an empty text."""
        if limit is None:
            return ""
        size = _size(trial)
        smaller = [known for known in self._of(trial) if known.size.within(size)]
        for known in smaller:
            if known.cut_off:
                return f"a smaller one was cut off: {_words(known.size)}"
        speed = trial.work.timed()
        guessed = max((t for _, t in _extrapolated(smaller, size)), default=0.0)
        total = speed["rounds"] * max(guessed, speed["min_time"])
        if guessed and total > _MARGIN * limit:
            at = _words(max(smaller).size)
            return f"would take about {total:.3g} s, as grown until {at}; its limit is {limit:g} s"
        return ""

    def _of(self, trial: Trial) -> list[_Known]:
        work = trial.work
        key = (work.method, work.variant, work.timed()["measure"])
        return self._known.setdefault(key, [])


def _extrapolated(smaller: list[_Known], size: _Size) -> Iterator[tuple[_Size, float]]:
    """A call's time here: at least that of a smaller size, or grown on as the last two did.

    Along the qubits times grow exponentially, along the batch as a power.
    """
    for known in smaller:
        yield known.size, known.seconds
    along_qubits = [known for known in smaller if known.size.rows == size.rows]
    yield from _grown(along_qubits, size, lambda at: float(at.n_qubits))
    along_rows = [known for known in smaller if known.size.n_qubits == size.n_qubits]
    yield from _grown(along_rows, size, lambda at: math.log(at.rows))


def _grown(
    known: list[_Known], size: _Size, place: Callable[[_Size], float]
) -> Iterator[tuple[_Size, float]]:
    """Where the line through the last two logarithms of times comes to at ``size``."""
    if len(known) < 2:
        return
    before, last = sorted(known)[-2:]
    start, middle, end = place(before.size), place(last.size), place(size)
    if not start < middle < end:
        return
    rate = math.log(last.seconds / before.seconds) / (middle - start)
    if rate > 0:
        yield size, last.seconds * math.exp(rate * (end - middle))


def _size(trial: Trial) -> _Size:
    circuit = trial.work.measured().circuit
    return _Size(circuit.n_qubits, int(trial.work.timed()["batch_size"]), len(circuit.gates))


def _words(size: _Size) -> str:
    return f"{size.n_qubits} qubits, {size.gates} gates, batch {size.rows}"


def effort(trial: Trial) -> int:
    """What orders cells from small to large: amplitudes times gates."""
    size = _size(trial)
    return (size.rows << size.n_qubits) * max(size.gates, 1)
