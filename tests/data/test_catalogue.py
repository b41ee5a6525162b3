import numpy as np
import pytest

from qbench.data import DATASETS, find_dataset
from qbench.exceptions import DataError, UnknownNameError

BUILT_IN = [name for name, info in DATASETS.items() if info.n_samples and not info.files]


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_data_set_has_the_shape_that_the_catalogue_states(name):
    info = find_dataset(name)
    table = info.load()
    assert table.x.shape == (info.n_samples, info.n_features)
    assert table.x.dtype == np.float64
    assert len(table.feature_names) == info.n_features
    assert len(table.class_names) == info.n_classes
    assert table.task == info.task
    if info.n_classes:
        assert set(table.y) == set(range(info.n_classes))


def test_an_unknown_name_suggests_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean 'digits'"):
        find_dataset("digit")


def test_an_unknown_option_suggests_the_nearest():
    with pytest.raises(DataError, match="did you mean 'noise'"):
        find_dataset("moons").load({"nois": 0.1})
    with pytest.raises(DataError, match="it has none"):
        find_dataset("wine").load({"n_samples": 3})


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"n_samples": 2.5}, "whole number"),
        ({"n_samples": True}, "whole number"),
        ({"noise": "much"}, "a number"),
        ({"n_samples": 0}, "too small"),
    ],
)
def test_an_option_of_the_wrong_kind_is_refused(options, words):
    with pytest.raises(DataError, match=words):
        find_dataset("moons").load(options)


def test_a_generated_set_is_fixed_by_its_options():
    info = find_dataset("linearly_separable")
    options = {"n_samples": 50, "n_features": 3}
    assert np.array_equal(info.load(options).x, info.load(options).x)
    assert not np.array_equal(info.load(options).x, info.load({**options, "random_state": 1}).x)


def test_linearly_separable_keeps_its_margin_to_the_plane():
    table = find_dataset("linearly_separable").load(
        {"n_samples": 500, "n_features": 4, "margin": 0.1}
    )
    sums = table.x.sum(axis=1)
    assert np.abs(sums).min() > 0.4
    assert np.array_equal(table.y, (sums > 0).astype(int))


def test_a_margin_that_no_point_keeps_is_refused():
    with pytest.raises(DataError, match="leave no margin"):
        find_dataset("linearly_separable").load({"n_samples": 5, "n_features": 200, "margin": 0.5})
