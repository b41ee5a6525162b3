"""Transforms of the features, fitted on the training part alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np

from qbench.data.request import Transform
from qbench.data.tables import Floats, ImageShape
from qbench.exceptions import DataError

Shape = ImageShape | None
Apply = Callable[[Floats], Floats]
Fit = Callable[[Floats, Any, Shape], tuple[Apply, Shape]]
"""From the training features, the main value and the image shape: what to apply to every part,
and the image shape afterwards (None where the features are pixels no more)."""


@dataclass(frozen=True)
class Fitted:
    """Transforms as fitted; called with the features of any part.

    Attributes
    ----------
    image_shape : (channels, height, width) or None
        Of what comes out; None where the features are pixels no more.
    """

    steps: tuple[Apply, ...]
    image_shape: Shape

    def __call__(self, x: Floats) -> Floats:
        """Every step in order, on features of shape (samples, features)."""
        for step in self.steps:
            x = step(x)
        return np.ascontiguousarray(x, dtype=np.float64)


def fit_transforms(
    x_train: Floats, transforms: Iterable[Transform], image_shape: Shape = None
) -> Fitted:
    """All transforms in order, each fitted on what the ones before made of the training part.

    Parameters
    ----------
    x_train : float array, shape (samples, features)
    transforms : iterable of (name, main value)
    image_shape : (channels, height, width) or None
        Where the features are pixels, for ``resize``.

    Raises
    ------
    DataError
        A transform that there is not, or one that these features do not allow.
    """
    steps: list[Apply] = []
    for name, value in transforms:
        if name not in TRANSFORMS:
            near = get_close_matches(name, TRANSFORMS, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(TRANSFORMS)}"
            raise DataError(f"no transform {name!r}; {hint}")
        step, image_shape = TRANSFORMS[name](x_train, value, image_shape)
        x_train = step(x_train)
        steps.append(step)
    return Fitted(tuple(steps), image_shape)


_MANY_FEATURES = 100
_TALL = 5


def _standardize(x_train: Floats, _value: Any, shape: Shape) -> tuple[Apply, Shape]:
    """Mean 0 and standard deviation 1; constant features become 0."""
    from sklearn.preprocessing import StandardScaler

    return _applied(StandardScaler().fit(x_train)), shape


def _min_max(x_train: Floats, value: Any, shape: Shape) -> tuple[Apply, Shape]:
    """The training part fills [a, b]; other parts may go beyond it a little."""
    from sklearn.preprocessing import MinMaxScaler

    low, high = _numbers("min_max", value, float)
    if not low < high:
        raise DataError(f"min_max: [a, b] with a below b, not {value!r}")
    return _applied(MinMaxScaler((low, high)).fit(x_train)), shape


def _pca(x_train: Floats, value: Any, _shape: Shape) -> tuple[Apply, Shape]:
    """The k leading principal components, each turned so that its largest loading is positive."""
    from sklearn.decomposition import PCA

    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise DataError(f"pca: a number of components, not {value!r}")
    samples, features = x_train.shape
    if value > features:
        raise DataError(f"pca: {value} components of {features} features")
    if value > samples:
        raise DataError(f"pca: {value} components of {samples} training samples")
    # by the covariance a tall matrix of many pixels takes a second in place of a minute
    tall = features >= _MANY_FEATURES and samples >= _TALL * features
    fitted = PCA(value, svd_solver="covariance_eigh" if tall else "full").fit(x_train)
    axes = fitted.components_
    largest = axes[np.arange(value), np.abs(axes).argmax(axis=1)]
    directions, mean = (axes * np.sign(largest)[:, None]).T, fitted.mean_
    return (lambda x: (x - mean) @ directions), None


def _l2_normalize(_x_train: Floats, _value: Any, shape: Shape) -> tuple[Apply, Shape]:
    """Each sample divided by its Euclidean norm; a sample of zeros stays."""
    from sklearn.preprocessing import normalize

    return (lambda x: np.asarray(normalize(x), dtype=np.float64)), shape


def _resize(_x_train: Floats, value: Any, shape: Shape) -> tuple[Apply, Shape]:
    """Bilinear with antialiasing, as Pillow and torchvision resize floats."""
    if shape is None:
        raise DataError("resize: the features are not the pixels of an image (any more)")
    new = (shape[0], *resize_size(value))
    return (lambda x: resized(x, shape, new)), new


def resize_size(value: Any) -> tuple[int, int]:
    """The height and width that ``resize`` asks for.

    Raises
    ------
    DataError
        Not two whole numbers from 1.
    """
    height, width = _numbers("resize", value, int)
    if height < 1 or width < 1:
        raise DataError(f"resize: [height, width], not {value!r}")
    return height, width


def resized(x: Floats, old: ImageShape, new: ImageShape) -> Floats:
    """Images of another size, each channel by itself; shape (samples, features) in and out."""
    rows, columns = _triangle_filter(old[1], new[1]), _triangle_filter(old[2], new[2])
    small = rows @ x.reshape(-1, *old) @ columns.T
    return np.asarray(small.reshape(len(x), -1))


def _triangle_filter(old: int, new: int) -> Floats:
    """Weights of the old pixels in each new one, shape (new, old), rows sum to 1."""
    scale = old / new
    centres = (np.arange(new) + 0.5) * scale
    distance = np.abs(np.arange(old) + 0.5 - centres[:, None]) / max(scale, 1.0)
    weights = np.maximum(0.0, 1.0 - distance)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def _applied(fitted: Any) -> Apply:
    return lambda x: np.asarray(fitted.transform(x), dtype=np.float64)


def _numbers(name: str, value: Any, kind: type[int] | type[float]) -> tuple[Any, Any]:
    allowed = int if kind is int else (int, float)
    if isinstance(value, list | tuple) and len(value) == 2:
        first, second = value
        if all(isinstance(v, allowed) and not isinstance(v, bool) for v in value):
            return kind(first), kind(second)
    raise DataError(f"{name}: two numbers [a, b], not {value!r}")


TRANSFORMS: dict[str, Fit] = {
    "standardize": _standardize,
    "min_max": _min_max,
    "pca": _pca,
    "resize": _resize,
    "l2_normalize": _l2_normalize,
}
