"""What is tried before the reported trials: each method's configurations, as ordinary trials."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

from qbench.data import DataRequest
from qbench.exceptions import SpecError
from qbench.plan.methods import works_at
from qbench.plan.trial import Trial, reported_trials, trials_of
from qbench.plan.work import ENSEMBLE, Work
from qbench.registry import BackendInfo
from qbench.spec import Point
from qbench.spec.grid import Row
from qbench.spec.matrix import Dimension
from qbench.spec.search import SearchConfig, Space
from qbench.store import CONFIGURATION

_TRAINED = ("train", "fit", ENSEMBLE)

Works = dict[str, list[Work]]
"""The work of each method."""


@dataclass(frozen=True)
class Configuration:
    """Values that a search gives a method.

    Attributes
    ----------
    text : ``learning_rate=0.1, n_layers=5``
    trials : those of the search, one a seed
    reported : what is run if it wins
    """

    text: str
    trials: tuple[Trial, ...]
    reported: tuple[Trial, ...]


@dataclass(frozen=True)
class Search:
    """One method's search at one point of the grid.

    Attributes
    ----------
    labels : of the point
    variant : the backend on which the configurations are tried
    separate_test : whether no row that a reported trial tests is read by a trial of the search
    """

    method: str
    labels: Mapping[str, str]
    variant: str
    metric: str
    separate_test: bool
    configurations: tuple[Configuration, ...]

    def won(self, chosen: int) -> tuple[Trial, ...]:
        """The reported trials, with the configuration of this number."""
        return self.configurations[chosen].reported

    def lost(self, reason: str) -> tuple[Trial, ...]:
        """The reported trials where none could be chosen: rows with the reason."""
        return tuple(
            replace(trial, id=work.identity(trial.streams), work=work)
            for trial in self.won(0)
            for work in [replace(trial.work, refusal=reason)]
        )


def search_seeds(count: int, reported: Collection[int]) -> list[int]:
    """Seeds that are no reported ones, the same whichever those are (unless one collides)."""
    seeds: list[int] = []
    number = 0
    while len(seeds) < count:
        digest = hashlib.sha256(f"qbench search {number}".encode()).digest()
        seed = int.from_bytes(digest[:4])
        if seed not in reported and seed not in seeds:
            seeds.append(seed)
        number += 1
    return seeds


def searched_parts(
    point: Point, registry: Mapping[str, BackendInfo], reported: Collection[int]
) -> Iterator[Trial | Search]:
    """The trials of methods that the space doesn't touch, and the searches of the others.

    Parameters
    ----------
    reported : seeds of the whole suite, none of which a search may have
    """
    space, config = point.space, point.config.search
    if space is None or config is None:
        raise ValueError("the point searches nothing")
    grid = _Grid(point, space, registry)
    for method, works in grid.works({}).items():
        found = _search(grid, method, config, reported)
        if isinstance(found, Search):
            yield found
        else:
            yield from reported_trials(point, works if found is None else found)


class _Grid:
    """The work of every method under each combination of values, made once."""

    def __init__(self, point: Point, space: Space, registry: Mapping[str, BackendInfo]) -> None:
        self.point, self.space, self.registry = point, space, registry
        self._made: dict[tuple[tuple[str, str], ...], Works] = {}

    def works(self, row: Row) -> Works:
        key = tuple(sorted((name, value.label) for name, value in row.items()))
        if key not in self._made:
            point = self.space.at(row) if row else self.point
            works: Works = {}
            for work in works_at(point, self.registry):
                works.setdefault(work.method, []).append(work)
            self._made[key] = works
        return self._made[key]

    def named(self, method: str, rows: Sequence[Row]) -> list[Row]:
        """The rows without the keys of a zipped dimension that alone change nothing."""
        idle = {name for name in rows[0] if not self._has_effect(method, name)}
        return [{name: value for name, value in row.items() if name not in idle} for row in rows]

    def _has_effect(self, method: str, name: str) -> bool:
        together = next(d for d in self.space.dimensions if name in [a.name for a in d.axes])
        if len(together.axes) == 1:
            return True
        place = [axis.name for axis in together.axes].index(name)
        own = _identity(self.works({})[method])
        try:
            return any(
                _identity(self.works({name: v[place]})[method]) != own for v in together.rows
            )
        except SpecError:  # it goes with the others' values alone
            return True

    def configurations(self, method: str) -> dict[tuple[str, ...], Row]:
        """The different combinations of the values that a method reads, each at its first row."""
        read = [dimension for dimension in self.space.dimensions if self._reads(method, dimension)]
        rows = [
            [self.space.row(dimension, values) for values in dimension.rows] for dimension in read
        ]
        found: dict[tuple[str, ...], Row] = {}
        for parts in product(*rows):
            row = {name: value for part in parts for name, value in part.items()}
            found.setdefault(_identity(self.works(row)[method]), row)
        return found

    def _reads(self, method: str, dimension: Dimension) -> bool:
        rows = [self.space.row(dimension, values) for values in dimension.rows]
        own = _identity(self.works({})[method])
        return any(_identity(self.works(row)[method]) != own for row in rows)


def _search(
    grid: _Grid, method: str, config: SearchConfig, reported: Collection[int]
) -> Search | list[Work] | None:
    """The method's search; its only configuration; or None where there is nothing to choose."""
    rows = list(grid.configurations(method).values())
    works = [grid.works(row)[method] for row in rows]
    if len(rows) < 2:
        return works[0]
    trained = [[work for work in each if work.task in _TRAINED] for each in works]
    place = _first_that_can(trained)
    if place is None:
        return None
    point = grid.point
    seeds = search_seeds(config.seeds, reported)
    texts = _texts(grid.named(method, rows))
    first = point.config.seeds[0]
    return Search(
        method=method,
        labels=point.labels,
        variant=trained[0][place].variant,
        metric=config.metric,
        separate_test=_separate_test(trained[0][place].request(), point),
        configurations=tuple(
            Configuration(
                text,
                tuple(
                    trials_of(
                        replace(tried[place], gradient_course=False),
                        seeds,
                        point.config.fix,
                        {**point.labels, CONFIGURATION: text},
                        first,
                    )
                ),
                tuple(reported_trials(point, each)),
            )
            for text, tried, each in zip(texts, trained, works, strict=True)
        ),
    )


def _identity(works: Sequence[Work]) -> tuple[str, ...]:
    return tuple(work.identity({}) for work in works if work.task in _TRAINED)


def _first_that_can(works: Sequence[Sequence[Work]]) -> int | None:
    """The place of the backend that runs most configurations, the first of several.

    A published mistake of a gradient rule chooses for no other backend.
    """

    def fitness(place: int) -> tuple[bool, int]:
        runs = [each[place] for each in works if each[place].refusal is None]
        mistaken = any(w.execution and w.execution.diff_method == "textbook-2x" for w in runs)
        return not mistaken, len(runs)

    best = max(range(len(works[0])), key=fitness)
    return best if fitness(best)[1] else None


def _separate_test(data: DataRequest, point: Point) -> bool:
    """The test rows are the publisher's, the same for all seeds, or the first of the file's."""
    return data.test == "official" or data.order == "first" or "split" in point.config.fix


def _texts(rows: Sequence[Row]) -> list[str]:
    """What tables call each row: the last word of a key, or more of it where two share that."""
    short = {name: name.rpartition(".")[2] for name in rows[0]}
    clear = {n: s if [*short.values()].count(s) == 1 else n for n, s in short.items()}
    return [", ".join(f"{clear[name]}={v.label}" for name, v in row.items()) for row in rows]
