"""Random numbers of circuits that are run with shots.

Standard library and NumPy only: adapters import it inside environments whose pins
qbench does not control.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

import numpy as np

from qbench.circuit import Circuit

_UINT64 = 2**64
_SEED_BITS = 31


class ShotSeeds:
    """The stream that a sampling program draws its framework's seeds from.

    Philox 4x64 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"), keyed by
    the trial's seed and by the circuit; the high word of its counter is the training step. So a
    run repeats, and no step or circuit has the numbers of another. The worker begins the
    stream anew for each request and each step; the program draws a seed for every run of its
    framework, or hands it :attr:`generator`.
    """

    def __init__(self, circuit: Circuit) -> None:
        self._circuit = int(circuit.key[:16], 16)
        self.generator = np.random.Generator(np.random.Philox())
        """The stream as NumPy's generator; :meth:`begin` sets it back in place."""
        self.begin(0)

    def begin(self, seed: int, step: int = -1) -> None:
        """Go to the start of a step's numbers; steps are counted from 0, -1 is before them."""
        key = np.array([seed % _UINT64, self._circuit], dtype=np.uint64)
        counter = np.array([0, 0, 0, (step + 1) % _UINT64], dtype=np.uint64)
        self.generator.bit_generator.state = np.random.Philox(key=key, counter=counter).state

    def draw(self) -> int:
        """A seed for one run of the framework, at least 0 and below 2**31."""
        word = int(self.generator.bit_generator.random_raw())
        return word >> (64 - _SEED_BITS)

    def state(self) -> dict[str, Any]:
        """Where the stream stands, in numbers that JSON holds exactly."""
        held = self.generator.bit_generator.state
        words = {name: array.tolist() for name, array in held["state"].items()}
        return {**held, "state": words, "buffer": held["buffer"].tolist()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from where :meth:`state` was asked."""
        self.generator.bit_generator.state = state


class Sampling(Protocol):
    """A program as far as its random numbers go."""

    seeds: ShotSeeds | None


def begin_streams(programs: Iterable[Sampling], seed: int, step: int = -1) -> None:
    """:meth:`ShotSeeds.begin` of those programs that sample."""
    for stream in streams(programs):
        stream.begin(seed, step)


def streams(programs: Iterable[Sampling]) -> list[ShotSeeds]:
    """The streams of those programs that sample, in the order of the programs."""
    return [program.seeds for program in programs if program.seeds is not None]
