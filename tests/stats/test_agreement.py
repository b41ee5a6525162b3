import math

import pytest

from qbench.stats import max_difference, max_relative_difference, worst_pair


def test_the_largest_difference_counts():
    assert max_difference([1.0, 2.0], [1.0, 2.5]) == 0.5
    assert max_difference([1j], [1.0]) == pytest.approx(math.sqrt(2))
    assert max_difference([], []) == 0.0


def test_nan_agrees_with_nan_and_with_nothing_else():
    assert max_difference([math.nan, 1.0], [math.nan, 1.0]) == 0
    assert max_difference([math.nan], [1.0]) == math.inf
    assert max_difference([math.inf], [math.inf]) == 0


def test_relative_differences_are_of_the_larger_value():
    assert max_relative_difference([100.0, 0.0], [101.0, 0.0]) == pytest.approx(1 / 101)
    assert max_relative_difference([math.nan], [math.nan]) == 0


def test_different_shapes_are_refused():
    with pytest.raises(ValueError, match="shapes"):
        max_difference([1.0], [1.0, 2.0])
    with pytest.raises(ValueError, match="shapes"):
        max_relative_difference([1.0], [1.0, 2.0])


def test_the_worst_pair_is_named():
    arrays = {"a": [0.0], "b": [0.1], "c": [1.0]}
    assert worst_pair(arrays) == (1.0, ("a", "c"))
    assert worst_pair({"a": [0.0], "b": [0.0]}) == (0.0, ("a", "b"))
    assert worst_pair({"a": [0.0]}) == (0.0, None)
