"""The values that were asked for last, as many as fit a budget of memory."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

import numpy as np

from qbench.data import Prepared

K = TypeVar("K")
V = TypeVar("V")


class Kept(Generic[K, V]):
    """Values by key, each made once although several lanes ask: they wait for each other.

    Parameters
    ----------
    size_of : callable
        The bytes of a value.
    limit : int
        Bytes; the values asked for longest ago go first, the last one stays even if it
        alone is larger.
    """

    def __init__(self, size_of: Callable[[V], int], limit: int) -> None:
        self._size_of, self._limit = size_of, limit
        self._values: OrderedDict[K, V] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: K, make: Callable[[], V]) -> V:
        """The value of ``key``, made if it isn't kept."""
        with self._lock:
            if key not in self._values:
                self._values[key] = make()
                while len(self._values) > 1 and self._bytes() > self._limit:
                    self._values.popitem(last=False)
            self._values.move_to_end(key)
            return self._values[key]

    def _bytes(self) -> int:
        return sum(self._size_of(value) for value in self._values.values())


def prepared_bytes(prepared: Prepared) -> int:
    """Memory of a prepared data set's arrays; what two names share counts once."""
    held = [*vars(prepared).values(), *prepared.indices.values()]
    arrays = {id(value): value.nbytes for value in held if isinstance(value, np.ndarray)}
    return sum(arrays.values())
