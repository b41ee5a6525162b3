import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qbench.data import DataRequest, Table, find_dataset, prepare, prepare_table
from qbench.exceptions import DataError

TRANSFORM = (("standardize", None), ("pca", 2), ("min_max", (0.0, 1.0)))
FRACTIONS = st.sampled_from([0.1, 0.2, 0.25, 0.3, 1 / 3])
ARRAYS = ("x_train", "y_train", "x_validation", "y_validation", "x_test", "y_test", "raw_test")


def indices_of(prepared):
    return [set(prepared.indices[part].tolist()) for part in ("train", "validation", "test")]


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 2**40),
    train=FRACTIONS,
    validation=st.one_of(FRACTIONS, st.integers(0, 20)),
    test=st.one_of(FRACTIONS, st.integers(0, 20), st.just({"per_class": 5}), st.just("all")),
)
def test_parts_never_overlap(seed, train, validation, test):
    prepared = prepare(DataRequest("wine", {}, "all", train, validation, test), seed)
    parts = indices_of(prepared)
    assert sum(map(len, parts)) == len(set().union(*parts))
    assert [len(part) for part in parts] == [
        len(x) if x is not None else 0
        for x in (prepared.x_train, prepared.x_validation, prepared.x_test)
    ]
    if test == "all":
        assert set().union(*parts) == set(range(178))


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**31))
def test_the_same_seed_gives_the_same_arrays_and_another_one_others(seed):
    request = DataRequest("breast_cancer", transform=TRANSFORM)
    first, again, other = prepare(request, seed), prepare(request, seed), prepare(request, seed + 1)
    for name in ARRAYS:
        assert np.array_equal(getattr(first, name), getattr(again, name))
    assert first.digest == again.digest
    assert first.digest != other.digest
    assert not np.array_equal(first.indices["train"], other.indices["train"])


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000), scale=st.floats(-1e3, 1e3))
def test_test_and_validation_samples_do_not_influence_the_training_arrays(seed, scale):
    request = DataRequest("wine", transform=TRANSFORM)
    table = find_dataset("wine").load()
    before = prepare_table(table, request, seed)
    x = table.x.copy()
    x[before.indices["test"]] *= scale
    x[before.indices["validation"]] += scale
    after = prepare_table(dataclasses.replace(table, x=x), request, seed)
    assert np.array_equal(before.x_train, after.x_train)


def test_test_targets_do_not_influence_the_scale_of_a_regression():
    request = DataRequest("diabetes")
    table = find_dataset("diabetes").load()
    before = prepare_table(table, request, 0)
    y = table.y.copy()
    y[before.indices["test"]] += 1000
    after = prepare_table(dataclasses.replace(table, y=y), request, 0)
    assert before.target_scale == after.target_scale
    assert np.array_equal(before.y_train, after.y_train)


def test_a_random_split_holds_the_classes_in_proportion():
    prepared = prepare(DataRequest("breast_cancer"), 3)
    whole = np.bincount(find_dataset("breast_cancer").load().y) / 569
    for y in (prepared.y_train, prepared.y_validation, prepared.y_test):
        assert np.bincount(y) / len(y) == pytest.approx(whole, abs=1 / len(y))


def test_fractions_that_sum_to_one_leave_no_sample_out():
    prepared = prepare(DataRequest("wine"), 0)
    assert [len(part) for part in indices_of(prepared)] == [108, 35, 35]


def test_per_class_gives_each_class_that_many():
    sizes = {"train": {"per_class": 20}, "validation": {"per_class": 3}, "test": 30}
    prepared = prepare(DataRequest("wine", **sizes), 0)
    assert np.bincount(prepared.y_train).tolist() == [20, 20, 20]
    assert np.bincount(prepared.y_validation).tolist() == [3, 3, 3]
    assert len(prepared.y_test) == 30


def test_order_first_takes_samples_as_they_lie_whatever_the_seed():
    request = DataRequest("digits", train=100, validation=0, test=50, order="first")
    prepared = prepare(request, 0)
    assert prepared.indices["train"].tolist() == list(range(100))
    assert prepared.indices["test"].tolist() == list(range(100, 150))
    assert prepare(request, 1).digest == prepared.digest


def test_order_first_per_class_takes_the_first_of_each():
    request = DataRequest(
        "iris", train={"per_class": 2}, validation=0, test={"per_class": 1}, order="first"
    )
    prepared = prepare(request, 0)
    assert prepared.indices["train"].tolist() == [0, 1, 50, 51, 100, 101]
    assert prepared.indices["test"].tolist() == [2, 52, 102]


def test_classes_are_numbered_in_the_order_in_which_they_are_named():
    prepared = prepare(DataRequest("digits", classes=(7, 3)), 0)
    assert prepared.class_labels == ("7", "3")
    assert prepared.n_classes == 2
    source = find_dataset("digits").load()
    kept = source.x[np.isin(source.y, (3, 7))]
    sevens = kept[prepared.indices["train"]][prepared.y_train == 0]
    assert {tuple(x) for x in sevens} <= {tuple(x) for x in source.x[source.y == 7]}


def test_classes_can_be_named_by_their_words():
    prepared = prepare(DataRequest("iris", classes=("virginica", "setosa")), 0)
    assert prepared.class_labels == ("virginica", "setosa")


def test_a_part_of_size_zero_is_none():
    prepared = prepare(DataRequest("iris", train=0.8, validation=0, test=0.2), 0)
    assert prepared.x_validation is None
    assert prepared.y_validation is None
    assert prepared.raw_validation is None


def test_regression_targets_are_standardised_on_the_training_part():
    prepared = prepare(DataRequest("diabetes"), 0)
    assert prepared.task == "regression"
    assert prepared.n_classes == 0
    assert prepared.y_train.mean() == pytest.approx(0, abs=1e-12)
    assert prepared.y_train.std() == pytest.approx(1)
    mean, spread = prepared.target_scale
    original = find_dataset("diabetes").load().y[prepared.indices["test"]]
    assert prepared.y_test * spread + mean == pytest.approx(original)


def test_raw_arrays_are_the_same_samples_before_the_transforms():
    prepared = prepare(DataRequest("wine", transform=TRANSFORM), 0)
    source = find_dataset("wine").load()
    assert np.array_equal(prepared.raw_train, source.x[prepared.indices["train"]])
    assert prepared.x_train.shape == (108, 2)
    assert prepared.x_train.flags.c_contiguous
    assert prepared.raw_train.dtype == prepared.x_train.dtype == np.float64


def test_the_digest_tells_transforms_and_classes_apart():
    requests = [
        DataRequest("wine"),
        DataRequest("wine", transform=(("standardize", None),)),
        DataRequest("wine", transform=(("pca", 2),)),
        DataRequest("wine", classes=(0, 1)),
        DataRequest("wine", classes=(1, 0)),
        DataRequest("wine", train=0.5),
    ]
    assert len({prepare(request, 0).digest for request in requests}) == len(requests)


def test_a_request_survives_json():
    import json

    request = DataRequest(
        "moons", {"noise": 0.2}, (1, 0), {"per_class": 5}, 0.2, "all", "random", TRANSFORM
    )
    assert DataRequest.from_json(json.loads(json.dumps(request.to_json()))) == request


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (DataRequest("digits", classes=(0, 11)), "no class 11 .*there are: 0, 1, 2"),
        (DataRequest("iris", classes=("setosa", "virginca")), "did you mean 'virginica'"),
        (DataRequest("iris", classes=("setosa",)), "at least two"),
        (DataRequest("iris", classes=(0, 1, "setosa")), "twice"),
        (DataRequest("diabetes", classes=(0, 1)), "regression and has none"),
        (
            DataRequest("wine", train={"per_class": 40}, test={"per_class": 20}),
            r"60 samples of each class .*'class_0' has 59, 'class_2' has 48",
        ),
        (DataRequest("wine", train=100, validation=50, test=50), "200 samples .*there are 178"),
        (
            DataRequest("wine", train={"per_class": 40}, validation=60, test=0),
            "58 of 178 are left after per_class",
        ),
        (DataRequest("wine", train=0.8, validation=0.2, test=0.2), "sum to 1.2"),
        (DataRequest("wine", test="official"), "no official split"),
        (DataRequest("wine", train="all", test="all"), "only one part"),
        (DataRequest("wine", train=-1), "not -1"),
        (DataRequest("wine", train=True), "not True"),
        (DataRequest("wine", train={"per_class": 3, "x": 1}), "per_class: N"),
        (DataRequest("wine", train=0, test=0.2), "no samples"),
        (DataRequest("wine", train=2, test=10), "hold none of class"),
        (DataRequest("wine", order="first", train=30), "order: random"),
        (DataRequest("wine", order="last"), "random or first"),
        (DataRequest("diabetes", train={"per_class": 3}), "needs classes"),
        (DataRequest("wine", transform=(("pca", 14),)), "14 components of 13 features"),
        (
            DataRequest("digits", train=20, transform=(("pca", 21),)),
            "21 components of 20 training samples",
        ),
        (DataRequest("wine", transform=(("standardise", None),)), "did you mean 'standardize'"),
        (DataRequest("wine", transform=(("min_max", (1, 0)),)), "a below b"),
        (DataRequest("wine", transform=(("min_max", None),)), "two numbers"),
        (DataRequest("wine", transform=(("resize", (2, 2)),)), "not the pixels"),
        (DataRequest("digits", transform=(("pca", 16), ("resize", (2, 2)))), "not the pixels"),
    ],
)
def test_what_cannot_be_had_is_refused_with_its_reason(request_, words):
    with pytest.raises(DataError, match=words):
        prepare(request_, 0)


def test_a_regression_table_needs_no_classes():
    x = np.arange(20.0).reshape(10, 2)
    prepared = prepare_table(Table(x, np.ones(10), ("a", "b")), DataRequest("mine"), 0)
    assert prepared.target_scale == (1.0, 1.0)
    assert np.array_equal(prepared.y_train, np.zeros(6))


@pytest.mark.parametrize("order", ["random", "first"])
def test_training_on_all_takes_every_row_that_is_not_held_out_and_moves_none_that_is(order):
    few = DataRequest("wine", {}, "all", {"per_class": 10}, 20, {"per_class": 10}, order=order)
    small, whole = prepare(few, 3), prepare(dataclasses.replace(few, train_on="all"), 3)
    for part in ("validation", "test"):
        assert np.array_equal(small.indices[part], whole.indices[part])
    train, *held_out = indices_of(whole)
    assert train == set(range(178)).difference(*held_out)
    assert set(small.indices["train"].tolist()) < train
