import numpy as np
import pytest

from qbench.worker import dropout


def test_a_mask_is_pinned_so_that_no_version_of_numpy_changes_it():
    mask = dropout.mask(seed=1, layer=2, step=3, shape=(2, 4), p=0.5)
    assert mask.tolist() == [[0.0, 2.0, 0.0, 2.0], [2.0, 2.0, 0.0, 2.0]]


def test_masks_repeat_and_differ_by_seed_layer_and_step():
    first = dropout.mask(1, 2, 3, (50, 4), 0.5)
    assert np.array_equal(first, dropout.mask(1, 2, 3, (50, 4), 0.5))
    for other in [(9, 2, 3), (1, 9, 3), (1, 2, 9)]:
        assert not np.array_equal(first, dropout.mask(*other, (50, 4), 0.5))


def test_a_mask_keeps_the_mean():
    mask = dropout.mask(0, 0, 0, (100, 1000), 0.3)
    assert set(np.unique(mask)) == {0.0, 1.0 / 0.7}
    assert mask.mean() == pytest.approx(1.0, abs=0.01)


def test_seeds_beyond_64_bits_are_taken():
    assert np.array_equal(
        dropout.mask(2**64 + 5, 0, 0, (3,), 0.5), dropout.mask(5, 0, 0, (3,), 0.5)
    )
