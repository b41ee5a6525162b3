"""An entry of the catalogue of data sets."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from qbench.data.files import DataFile, find
from qbench.data.tables import Table
from qbench.exceptions import DataError


@dataclass(frozen=True)
class DatasetInfo:
    """An entry of the catalogue.

    Attributes
    ----------
    n_samples, n_features, n_classes : int
        With the default options; ``n_classes`` is 0 for regression. All are 0 where they
        depend on the user's own file.
    options : mapping
        Options that a suite may give, with their defaults.
    loader : callable
        Called with every option by name.
    files : tuple of DataFile
        What it is read from; empty for sets that are drawn or come with scikit-learn.
    choices : mapping
        The words that an option may be, where it is a word.
    states : bool
        Whether a row holds the amplitudes of a state of ``n_qubits`` qubits.
    """

    name: str
    title: str
    task: str
    n_samples: int
    n_features: int
    n_classes: int
    source: str
    licence: str
    loader: Callable[..., Table]
    options: Mapping[str, Any] = field(default_factory=dict)
    files: tuple[DataFile, ...] = ()
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    states: bool = False

    def load(self, options: Mapping[str, Any] | None = None) -> Table:
        """The whole data set; what was read from files is decoded once a process.

        Raises
        ------
        DataError
            An option that it has not, or of the wrong type; a file that can't be had or is
            not the publisher's.
        """
        given = dict(options or {})
        for key, value in given.items():
            self._check(key, value)
        every = {**self.options, **given}
        if not self.files:
            return self.loader(**every)
        text = json.dumps(every, sort_keys=True)
        return _decoded(self.name, self.loader, text, tuple(map(_stamp, self.files)))

    def _check(self, key: str, value: Any) -> None:
        if key not in self.options:
            near = get_close_matches(key, self.options, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"it has {_listed(self.options)}"
            raise DataError(f"data set {self.name} has no option {key!r}; {hint}")
        if isinstance(self.options[key], str):
            self._check_word(key, value)
            return
        whole = isinstance(self.options[key], int)
        if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
            kind = "a whole number" if whole else "a number"
            raise DataError(f"data set {self.name}: {key} is {kind}, not {value!r}")
        if value < 0 or (key in ("n_samples", "n_features") and value < 1):
            raise DataError(f"data set {self.name}: {key} is too small: {value}")

    def _check_word(self, key: str, value: Any) -> None:
        words = self.choices.get(key)
        if not isinstance(value, str):
            raise DataError(f"data set {self.name}: {key} is text, not {value!r}")
        if words is not None and value not in words:
            near = get_close_matches(value, words, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise DataError(
                f"data set {self.name}: {key} is one of {', '.join(words)}, not {value!r}{hint}"
            )


def _listed(names: Mapping[str, Any]) -> str:
    return ", ".join(names) if names else "none"


def _stamp(file: DataFile) -> tuple[str, int, int]:
    """Where a file lies and whether it is still the one that was read."""
    path = find(file)
    if path is None:
        return (file.path, 0, 0)
    state = path.stat()
    return (str(path), state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=4)
def _decoded(
    name: str, loader: Callable[..., Table], options: str, stamps: tuple[tuple[str, int, int], ...]
) -> Table:
    """A set as read from its files; callers share it, so nobody may write into it."""
    table = loader(**json.loads(options))
    for array in (table.x, table.y, table.official):
        if array is not None:
            array.setflags(write=False)
    return table
