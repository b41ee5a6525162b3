"""Ratios of times, judged over processes of a program.

Two processes of one program differ by more than their calls do (where memory lies, how a dict
hashes), which the rounds within a process can't show. So a program is timed in several, both
sides of a ratio in each, in turn and in processor time, and a process is one observation:
repetition at the level that varies (Kalibera and Jones, "Rigorous benchmarking in reasonable
time", ISMM 2013). A bound holds when the 95% interval over processes reaches it. To save time
two processes run at once, which crowds both sides of a ratio alike; ``QBENCH_BENCHMARK_ALL=1``
has them one after another.

Four processes settle a ratio whose whole interval is within its bound; others get six, which
have an interval of 1.05 standard deviations to each side. With processes that differ by 1 to 3%
(standard deviation of the log ratio) a bound of 1.05 fails, in so many of 100 checks, at a true
ratio of

====  ====  ====  ====  ====
noise 1.05  1.08  1.10  1.15
====  ====  ====  ====  ====
1%    3     100   100   100
2%    2     79    99    100
3%    2     46    85    100
====  ====  ====  ====  ====

Noise can widen an interval until it excludes nothing. So an estimate more than a tenth beyond its
bound fails whatever the interval: at 7% of noise 74 and 97 in 100 fail at 1.15 and 1.20.

Where a process costs much, one settles what is within its bound by half as much again.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from qbench.stats.intervals import Interval, ratio_of_medians

ALL = os.environ.get("QBENCH_BENCHMARK_ALL") == "1"
"""Whether there is time for more than the check's: every program in ``MOST`` processes."""

LEAST, MOST = 4, 6
AT_ONCE = 1 if ALL else 2
BEYOND = 1.1
"""What an estimate may exceed its bound by, within an interval that reaches the bound."""

CLEAR = 1.5
"""How far within its bound the ratio of a single process settles it."""

Seconds = Mapping[str, ArrayLike]
"""Seconds of each call in one process, by the name of what was timed."""


@dataclass(frozen=True)
class Bound:
    """That ``first`` takes at most ``most`` times as long as ``second``."""

    first: str
    second: str
    most: float

    def ratio(self, processes: Sequence[Seconds]) -> Interval:
        """``first / second``, medians of each process; with one process without an interval."""
        return ratio_of_medians(
            [seconds[self.first] for seconds in processes],
            [seconds[self.second] for seconds in processes],
        )

    def is_settled(self, processes: Sequence[Seconds]) -> bool:
        """Whether the whole interval is within the bound; of one process, the estimate by far."""
        ratio = self.ratio(processes)
        if math.isnan(ratio.high):
            return CLEAR * ratio.estimate <= self.most
        return ratio.high <= self.most

    def holds(self, processes: Sequence[Seconds]) -> bool:
        """Whether the interval reaches the bound, its estimate not far beyond.

        One process has no interval: then the estimate itself must be within the bound.
        """
        ratio = self.ratio(processes)
        if math.isnan(ratio.low):
            return ratio.estimate <= self.most
        return ratio.low <= self.most and ratio.estimate <= BEYOND * self.most


def timed(
    process: Callable[[], Seconds],
    bounds: Sequence[Bound],
    least: int = LEAST,
    at_once: int = AT_ONCE,
) -> list[Seconds]:
    """Processes until all bounds are settled or there are ``MOST``, so many at a time."""
    found: list[Seconds] = []
    wanted = MOST if ALL else least
    with ThreadPoolExecutor(at_once) as pool:
        while len(found) < wanted:
            found += pool.map(lambda _: process(), range(wanted - len(found)))
            if not all(bound.is_settled(found) for bound in bounds):
                wanted = min(len(found) + at_once, MOST)
    return found


def median_ms(processes: Sequence[Seconds], name: str) -> float:
    """Median over processes of a process' median call, milliseconds."""
    return 1e3 * float(np.median([np.median(seconds[name]) for seconds in processes]))
