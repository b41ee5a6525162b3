import numpy as np
import pytest

from qbench.data.transforms import fit_transforms

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(40, 6)) @ RANDOM.normal(size=(6, 6)) + 3


def test_standardize_uses_the_training_mean_and_deviation():
    apply = fit_transforms(X[:20], [("standardize", None)])
    expected = (X[20:] - X[:20].mean(axis=0)) / X[:20].std(axis=0)
    assert apply(X[20:]) == pytest.approx(expected)


def test_a_constant_feature_becomes_zero():
    assert np.array_equal(
        fit_transforms(np.ones((5, 2)), [("standardize", None)])(np.ones((1, 2))), [[0, 0]]
    )


def test_min_max_fills_its_interval_on_the_training_part():
    fitted = fit_transforms(X[:20], [("min_max", (-np.pi, np.pi))])(X[:20])
    assert fitted.min(axis=0) == pytest.approx(np.full(6, -np.pi))
    assert fitted.max(axis=0) == pytest.approx(np.full(6, np.pi))


def test_pca_gives_the_leading_components_of_the_covariance():
    reduced = fit_transforms(X, [("pca", 3)])(X)
    variances = np.sort(np.linalg.eigvalsh(np.cov(X.T)))[::-1][:3]
    assert np.cov(reduced.T) == pytest.approx(np.diag(variances), abs=1e-9)


def test_the_sign_of_a_component_does_not_depend_on_the_order_of_samples():
    forward, backward = (fit_transforms(x, [("pca", 4)])(X) for x in (X, X[::-1]))
    assert forward == pytest.approx(backward)


def test_the_largest_loading_of_a_component_is_positive():
    axes = fit_transforms(X, [("pca", 6)])(np.eye(6)) - fit_transforms(X, [("pca", 6)])(
        np.zeros((1, 6))
    )
    assert (axes[np.abs(axes).argmax(axis=0), np.arange(6)] > 0).all()


def test_l2_normalize_gives_unit_vectors_and_keeps_zeros():
    x = np.array([[3.0, 4.0], [0.0, 0.0]])
    assert fit_transforms(x, [("l2_normalize", None)])(x) == pytest.approx(
        np.array([[0.6, 0.8], [0, 0]])
    )


def test_resize_by_a_whole_factor_keeps_constant_images_and_means():
    images = RANDOM.uniform(size=(3, 64))
    apply = fit_transforms(images, [("resize", (4, 4))], (1, 8, 8))
    assert apply(np.full((1, 64), 5.0)) == pytest.approx(np.full((1, 16), 5.0))
    assert apply(images).shape == (3, 16)


def test_resize_follows_the_antialiased_bilinear_weights():
    column = np.arange(4.0)[:, None] * np.ones((1, 1))
    apply = fit_transforms(column.reshape(1, -1), [("resize", (2, 1))], (1, 4, 1))
    # centres 1 and 3, support 2: weights (3, 3, 1) / 7 of pixels 0, 1, 2 and mirrored
    assert apply(column.reshape(1, -1))[0] == pytest.approx([5 / 7, 16 / 7])


def test_a_transform_after_a_resize_sees_the_small_images():
    images = RANDOM.uniform(size=(20, 64))
    assert fit_transforms(images, [("resize", (2, 3)), ("pca", 6)], (1, 8, 8))(images).shape == (
        20,
        6,
    )


def test_pca_of_many_pixels_takes_the_same_directions_by_the_covariance():
    x = RANDOM.normal(size=(600, 110)) * np.linspace(3, 1, 110)
    reduced = fit_transforms(x, [("pca", 3)])(x)
    centred = x - x.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    assert np.abs(reduced) == pytest.approx(np.abs(centred @ axes[:3].T), abs=1e-9)


def test_resize_treats_each_channel_by_itself():
    images = RANDOM.uniform(size=(2, 3, 8, 6))
    apply = fit_transforms(images.reshape(2, -1), [("resize", (4, 3))], (3, 8, 6))
    whole = apply(images.reshape(2, -1)).reshape(2, 3, 4, 3)
    single = fit_transforms(images[:, 1].reshape(2, -1), [("resize", (4, 3))], (1, 8, 6))
    assert whole[:, 1].reshape(2, -1) == pytest.approx(single(images[:, 1].reshape(2, -1)))
    assert apply.image_shape == (3, 4, 3)
