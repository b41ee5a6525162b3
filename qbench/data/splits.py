"""Which samples train, validate and test."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qbench.data.request import PARTS, PartSize
from qbench.data.tables import Indices
from qbench.exceptions import DataError

_ROUNDING = 1e-9
"""Fractions written in decimals: 0.6 + 0.2 + 0.2 is not exactly 1."""


@dataclass(frozen=True)
class _Size:
    kind: str
    """``count``, ``fraction``, ``per_class``, ``rest`` or ``official``."""
    value: float = 0


def split_indices(
    strata: Indices,
    names: tuple[str, ...],
    split: Mapping[str, PartSize],
    generator: np.random.Generator | None,
    official: NDArray[np.int8] | None = None,
) -> dict[str, Indices]:
    """Disjoint indices of the parts.

    A part that is ``official`` is the publisher's, whole; the sizes of the other parts are
    of the samples that are left. Fractions are of all of these, rounded down; what rounding
    leaves of fractions that sum to 1 goes to training.

    Parameters
    ----------
    strata : int array, shape (samples,)
        Class of each sample, an index into ``names``; all 0 for regression.
    names : tuple of str
        Names of the classes; empty for regression.
    split : mapping
        Size of each of PARTS.
    generator : numpy Generator or None
        Shuffles, and each part gets the classes in proportion; None takes the
        samples in their order.
    official : int array, shape (samples,), or None
        The publisher's part of each sample, an index into PARTS.

    Raises
    ------
    DataError
        The sizes are not understood, or ask for more than there is.
    """
    sizes = {part: _parse(part, split[part]) for part in PARTS}
    _check_together(sizes, regression=not names)
    taken = {part: _official(part, sizes[part], official) for part in PARTS}
    free = np.ones(len(strata), dtype=bool)
    free[[index for indices in taken.values() for index in indices]] = False
    counts = _counts(sizes, int(free.sum()))
    queues = _queues(np.where(free, strata, -1), max(len(names), 1), generator)
    per_class = {p: int(s.value) for p, s in sizes.items() if s.kind == "per_class"}
    _check_per_class(per_class, names, queues)
    for part, number in per_class.items():
        for queue in queues:
            taken[part] += queue[:number]
            del queue[:number]
    spent = int(free.sum()) - sum(map(len, queues))
    _check_counts(counts, sum(map(len, queues)), spent)
    for part, number in counts.items():
        taken[part] += _take(queues, number, stratified=generator is not None)
    for part, size in sizes.items():
        if size.kind == "rest":
            taken[part] += [index for queue in queues for index in queue]
    chosen = {part: np.sort(np.array(taken[part], dtype=np.int64)) for part in PARTS}
    if generator is None:
        return chosen
    return {part: generator.permutation(indices) for part, indices in chosen.items()}


def _parse(part: str, size: PartSize) -> _Size:
    match size:
        case bool():
            pass  # True and False are ints to Python
        case "official":
            return _Size("official")
        case "all":
            return _Size("rest")
        case int() if size >= 0:
            return _Size("count", size)
        case float() if 0 <= size <= 1:
            return _Size("fraction", size)
        case {"per_class": int() as number, **rest} if not rest and number > 0:
            return _Size("per_class", number)
    raise DataError(
        f"split: {part}: a count, a fraction up to 1.0, {{per_class: N}}, all, official or 0, "
        f"not {size!r}"
    )


def _official(part: str, size: _Size, official: NDArray[np.int8] | None) -> list[int]:
    """The publisher's samples of a part that is asked for whole."""
    if size.kind != "official":
        return []
    if official is None:
        raise DataError(f"split: {part}: this data set offers no official split; give a size")
    members = np.flatnonzero(official == PARTS.index(part))
    if len(members) == 0:
        there = ", ".join(PARTS[number] for number in np.unique(official))
        raise DataError(f"split: {part}: the official parts of this data set are {there}")
    found: list[int] = members.tolist()
    return found


def _check_together(sizes: Mapping[str, _Size], regression: bool) -> None:
    fractions = [size.value for size in sizes.values() if size.kind == "fraction"]
    if sum(fractions) > 1 + _ROUNDING:
        raise DataError(f"split: the fractions sum to {sum(fractions):g}, more than 1")
    kinds = [size.kind for size in sizes.values()]
    if kinds.count("rest") > 1:
        raise DataError("split: only one part can take all that is left")
    if regression and "per_class" in kinds:
        raise DataError("split: per_class needs classes, and this is a regression")


def _counts(sizes: Mapping[str, _Size], total: int) -> dict[str, int]:
    counts = {part: int(size.value) for part, size in sizes.items() if size.kind == "count"}
    fractions = {part: size.value for part, size in sizes.items() if size.kind == "fraction"}
    cut = {part: math.floor(f * total + _ROUNDING) for part, f in fractions.items()}
    if "train" in cut and abs(sum(fractions.values()) - 1) < _ROUNDING:
        cut["train"] += total - sum(cut.values())
    return {part: (counts | cut)[part] for part in sizes if part in counts | cut}


def _queues(
    strata: Indices, n_strata: int, generator: np.random.Generator | None
) -> list[list[int]]:
    """The samples of each class, in the order in which they will be taken."""
    members = [np.flatnonzero(strata == stratum) for stratum in range(n_strata)]
    if generator is not None:
        members = [generator.permutation(each) for each in members]
    return [each.tolist() for each in members]


def _check_per_class(
    per_class: Mapping[str, int], names: tuple[str, ...], queues: list[list[int]]
) -> None:
    asked = sum(per_class.values())
    short = [f"{n!r} has {len(q)}" for n, q in zip(names, queues, strict=False) if len(q) < asked]
    if short:
        parts = ", ".join(f"{part} {number}" for part, number in per_class.items())
        raise DataError(
            f"split: {asked} samples of each class are asked for ({parts}); {', '.join(short)}"
        )


def _check_counts(counts: Mapping[str, int], left: int, spent: int) -> None:
    asked = sum(counts.values())
    if asked > left:
        parts = ", ".join(f"{part} {number}" for part, number in counts.items() if number)
        there = (
            f"{left} of {left + spent} are left after per_class" if spent else f"there are {left}"
        )
        raise DataError(f"split: {asked} samples are asked for ({parts}); {there}")


def _take(queues: list[list[int]], number: int, stratified: bool) -> list[int]:
    """Remove and give ``number`` samples: in proportion to what is left, or the first ones."""
    if not stratified:
        first = sorted(index for queue in queues for index in queue)[:number]
        gone = set(first)
        queues[:] = [[index for index in queue if index not in gone] for queue in queues]
        return first
    taken: list[int] = []
    for queue, quota in zip(queues, _proportional([len(q) for q in queues], number), strict=True):
        taken += queue[:quota]
        del queue[:quota]
    return taken


def _proportional(available: list[int], number: int) -> list[int]:
    """Whole quotas that sum to ``number``, by largest remainder; none above what is available."""
    total = sum(available)
    if total == 0:
        return available
    quotas = [number * have // total for have in available]
    remainders = [number * have % total for have in available]
    by_remainder = sorted(range(len(available)), key=lambda i: -remainders[i])
    for i in by_remainder[: number - sum(quotas)]:
        quotas[i] += 1
    return quotas
