"""Published sets as their files say; skipped where QBENCH_DATA_DIR hasn't the files."""

import numpy as np
import pytest

from qbench.data import DATASETS, DataRequest, Table, prepare, prepare_table
from qbench.data.files import find
from qbench.exceptions import DataError

PUBLISHED = [name for name, info in DATASETS.items() if info.files]
HERE = {"train": {"per_class": 3}, "validation": 0, "test": {"per_class": 2}}


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_set_has_the_shape_that_the_catalogue_states(name, published):
    info = published(name)
    table = info.load()
    rows = info.n_samples
    if name == "cifar10":
        rows = len(table.y)
        assert rows in (20000, 30000, 40000, 50000, 60000)
    assert table.x.shape == (rows, info.n_features)
    assert len(table.feature_names) == info.n_features
    assert len(table.class_names) == info.n_classes
    assert table.task == info.task
    assert np.isfinite(table.x).all()
    if info.n_classes:
        assert set(table.y) == set(range(info.n_classes))
        assert np.prod(table.image_shape) == info.n_features


def test_the_first_digit_of_mnist_is_the_five_that_everybody_knows(published):
    table = published("mnist").load()
    assert table.class_names[table.y[0]] == "5"
    image = table.x[0].reshape(28, 28)
    assert image[5, 12:16].tolist() == [3, 18, 18, 18]
    assert np.bincount(table.y[:60000]).tolist() == [
        5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949,
    ]  # fmt: skip


def test_the_first_photograph_of_cifar10_is_a_frog_channel_by_channel(published):
    table = published("cifar10").load()
    assert table.class_names[table.y[0]] == "frog"
    assert table.image_shape == (3, 32, 32)
    assert table.x[0].reshape(3, 32, 32)[:, 0, 0].tolist() == [59, 62, 63]


def test_fashion_begins_with_an_ankle_boot(published):
    table = published("fashion_mnist").load()
    assert table.class_names[table.y[0]] == "Ankle boot"
    assert np.bincount(table.y).tolist() == [7000] * 10


def test_california_housing_has_the_features_that_scikit_learn_makes(published):
    table = published("california_housing").load()
    assert table.x[0] == pytest.approx(
        [8.3252, 41.0, 6.98412698, 1.02380952, 322.0, 2.55555556, 37.88, -122.23]
    )
    assert table.y[0] == 4.526


def test_energy_has_two_targets(published):
    info = published("energy")
    assert info.load().y[0] == 15.55
    assert info.load({"target": "cooling_load"}).y[0] == 21.33
    with pytest.raises(DataError, match="did you mean 'cooling_load'"):
        info.load({"target": "cooling"})


def test_pixels_are_scaled_and_only_chosen_rows_become_floats(published):
    table = published("mnist").load()
    assert table.x.dtype == np.uint8
    prepared = prepare(DataRequest("mnist", classes=(3, 5), **HERE), 0)
    assert prepared.x_train.shape == (6, 784)
    assert prepared.x_train.dtype == np.float64
    assert prepared.x_train.max() == 1.0
    assert prepared.image_shape == (1, 28, 28)
    kept = table.x[np.isin(table.y, (3, 5))]
    assert np.array_equal(prepared.raw_train * 255, kept[prepared.indices["train"]])


def test_the_official_test_part_is_the_publishers_of_the_chosen_classes(published):
    published("mnist")
    request = DataRequest("mnist", {}, (3, 5), {"per_class": 20}, {"per_class": 10}, "official")
    first, other = prepare(request, 0), prepare(request, 1)
    assert np.bincount(first.y_test).tolist() == [1010, 892]
    assert set(first.indices["test"]) == set(other.indices["test"])
    assert set(first.indices["train"]) != set(other.indices["train"])
    assert max(*first.indices["train"], *first.indices["validation"]) < min(first.indices["test"])


def test_medmnist_has_three_official_parts(published):
    published("breastmnist")
    prepared = prepare(DataRequest("breastmnist", {}, "all", "official", "official", "official"), 0)
    sizes = [len(indices) for indices in prepared.indices.values()]
    assert sizes == [546, 78, 156]


def test_an_array_that_a_data_set_gives_cannot_be_written(published):
    table = published("breastmnist").load()
    with pytest.raises(ValueError, match="read-only"):
        table.x[0, 0] = 1


def small(official):
    """Ten rows, five of each class in turn."""
    x = np.arange(20, dtype=np.uint8).reshape(10, 2)
    y = np.arange(10) % 2
    part = None if official is None else np.array(official, dtype=np.int8)
    return Table(x, y, ("a", "b"), ("no", "yes"), None, part)


def rows(prepared):
    return {part: sorted(indices.tolist()) for part, indices in prepared.indices.items()}


OFFICIAL = [0] * 6 + [2] * 4


def test_sizes_beside_official_are_of_what_is_left():
    request = DataRequest("x", {}, "all", 0.5, 0.5, "official")
    found = rows(prepare_table(small(OFFICIAL), request, 0))
    assert found["test"] == [6, 7, 8, 9]
    assert len(found["train"]) == len(found["validation"]) == 3
    assert sorted(found["train"] + found["validation"]) == [0, 1, 2, 3, 4, 5]


def test_first_takes_the_first_of_each_class_beside_official():
    request = DataRequest("x", {}, "all", {"per_class": 2}, 1, "official", "first")
    found = rows(prepare_table(small(OFFICIAL), request, 0))
    assert found == {"train": [0, 1, 2, 3], "validation": [4], "test": [6, 7, 8, 9]}


def test_without_official_all_rows_are_one_pool():
    request = DataRequest("x", {}, "all", 0.8, 0, "all")
    found = rows(prepare_table(small(OFFICIAL), request, 0))
    assert sorted(found["train"] + found["test"]) == list(range(10))


def test_another_official_split_is_another_digest():
    request = DataRequest("x", {}, "all", 0.5, 0.5, "official")
    digests = {
        prepare_table(small(parts), request, 0).digest
        for parts in (OFFICIAL, [2, 2, 2, 2] + [0] * 6)
    }
    assert len(digests) == 2


@pytest.mark.parametrize(
    ("official", "request_", "words"),
    [
        (None, DataRequest("x", test="official"), "test: this data set offers no official split"),
        (
            OFFICIAL,
            DataRequest("x", {}, "all", 0.5, "official", "official"),
            "validation: the official parts of this data set are train, test",
        ),
        (
            OFFICIAL,
            DataRequest("x", {}, "all", {"per_class": 4}, 0, "official"),
            "'no' has 3, 'yes' has 3",
        ),
        (OFFICIAL, DataRequest("x", {}, "all", 7, 0, "official"), "7 samples .*there are 6"),
    ],
)
def test_an_official_part_that_is_not_there_is_refused(official, request_, words):
    with pytest.raises(DataError, match=words):
        prepare_table(small(official), request_, 0)


def test_a_batch_of_cifar10_with_another_hash_is_never_unpickled(empty_places, monkeypatch):
    folder = empty_places[0] / "cifar-10-batches-py"
    folder.mkdir()
    for name in ("data_batch_1", "test_batch", "batches.meta"):
        (folder / name).write_bytes(b"cos\nsystem\n(S'touch pwned'\ntR.")
    monkeypatch.setattr("qbench.data.published.read_cifar", pytest.fail)
    with pytest.raises(DataError, match=r"data_batch_1: is not the file that cifar10"):
        DATASETS["cifar10"].load()


def test_cifar10_takes_the_training_batches_that_are_here(published):
    info = published("cifar10")
    table = info.load()
    batches = sum(find(file) is not None for file in info.files[:5])
    assert np.bincount(table.official).tolist() == [10000 * batches, 0, 10000]
