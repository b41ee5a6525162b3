from __future__ import annotations

import numpy as np
import pytest

from qbench.data import DataRequest, prepare
from qbench.runner.kept import Kept, prepared_bytes


class Sizes:
    """Keeps up to ten bytes; the value of a key is as many bytes."""

    def __init__(self) -> None:
        self.made: list[int] = []
        self._kept: Kept[int, bytes] = Kept(len, 10)

    def get(self, size: int) -> bytes:
        def make() -> bytes:
            self.made.append(size)
            return bytes(size)

        return self._kept.get(size, make)


@pytest.fixture
def kept() -> Sizes:
    return Sizes()


def test_a_value_is_made_once_while_all_fit(kept):
    for size in (1, 2, 3, 4, 1, 2, 3, 4):
        assert len(kept.get(size)) == size
    assert kept.made == [1, 2, 3, 4]


def test_the_bytes_are_bounded_and_what_was_asked_for_longest_ago_goes(kept):
    for size in (4, 5, 4, 3, 4, 5):
        kept.get(size)
    assert kept.made == [4, 5, 3, 5]


def test_a_value_larger_than_the_budget_stays_alone_until_the_next(kept):
    for size in (2, 99, 99, 2):
        kept.get(size)
    assert kept.made == [2, 99, 2]


def test_the_size_of_prepared_data_is_that_of_its_arrays_each_once():
    prepared = prepare(DataRequest("digits"), 0)
    held = [value for value in vars(prepared).values() if isinstance(value, np.ndarray)]
    held += prepared.indices.values()
    assert prepared.raw_train.nbytes == 8 * prepared.raw_train.size
    distinct = {array.__array_interface__["data"][0]: array.nbytes for array in held}
    assert prepared_bytes(prepared) == sum(distinct.values())
