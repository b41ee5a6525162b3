"""Published data sets that are read from files: images with an official split, and tables."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qbench.data import addresses
from qbench.data.fetching import obtain
from qbench.data.files import DataFile, find, read
from qbench.data.formats import read_cifar, read_idx, read_npz
from qbench.data.info import DatasetInfo
from qbench.data.tables import CLASSIFICATION, REGRESSION, ImageShape, Table, pixel_names
from qbench.exceptions import DataError

Array = NDArray[Any]


def _images(parts: Sequence[tuple[Array, Array]], names: tuple[str, ...], numbers: list[int],
            shape: ImageShape, where: str) -> Table:  # fmt: skip
    """A table of images and labels by part; ``numbers`` are the parts' places in PARTS.

    Raises
    ------
    DataError
        Not as many labels as images, or a label without a name.
    """
    for images, labels in parts:
        if len(images) != len(labels) or len(images) == 0:
            raise DataError(f"{where}: {len(images)} images and {len(labels)} labels")
    x = np.concatenate([images.reshape(len(images), -1) for images, _ in parts])
    y = np.concatenate([labels.ravel() for _, labels in parts]).astype(np.int64)
    if y.min() < 0 or y.max() >= len(names) or x.shape[1] != np.prod(shape):
        raise DataError(f"{where}: holds labels or images that the data set has not")
    official = np.repeat(np.array(numbers, dtype=np.int8), [len(labels) for _, labels in parts])
    return Table(x, y, pixel_names(shape), names, shape, official)


def _idx(files: tuple[DataFile, ...], names: tuple[str, ...]) -> Table:
    """MNIST and sets in its form: images and labels of a training and a test part."""
    obtain(files)
    arrays = [read_idx(read(file), file.path) for file in files]
    parts = [(arrays[0], arrays[1]), (arrays[2], arrays[3])]
    return _images(parts, names, [0, 2], (1, 28, 28), files[0].dataset)


def _medmnist(files: tuple[DataFile, ...], names: tuple[str, ...]) -> Table:
    """A set of MedMNIST: one archive with three parts."""
    obtain(files)
    (file,) = files
    arrays = read_npz(read(file), file.path)
    parts = [(arrays[f"{part}_images"], arrays[f"{part}_labels"]) for part in _MEDMNIST_PARTS]
    return _images(parts, names, [0, 1, 2], (1, 28, 28), file.dataset)


_MEDMNIST_PARTS = ("train", "val", "test")


def _cifar10(files: tuple[DataFile, ...], names: tuple[str, ...]) -> Table:
    """The training batches that are here and the test batch; all are fetched where one is missing
    without which there is no data set."""
    *training, test, meta = files
    if find(test) is None or find(meta) is None or all(find(file) is None for file in training):
        obtain(files)
    batches = [file for file in training if find(file) is not None]
    parts = [_cifar_batch(file) for file in (*batches, test)]
    given = read_cifar(read(meta), meta.path)[b"label_names"]
    if tuple(name.decode() for name in given) != names:
        raise DataError(f"{meta.path}: names other classes than the data set has")
    return _images(parts, names, [0] * len(batches) + [2], (3, 32, 32), test.dataset)


def _cifar_batch(file: DataFile) -> tuple[Array, Array]:
    batch = read_cifar(read(file), file.path)
    images, labels = batch.get(b"data"), batch.get(b"labels")
    if not isinstance(images, np.ndarray) or images.dtype != np.uint8 or images.ndim != 2:
        raise DataError(f"{file.path}: holds no array of images")
    return images, np.array(labels, dtype=np.int64)


def _california_housing(files: tuple[DataFile, ...]) -> Table:
    """The features that scikit-learn makes of the file; the target is in 100 000 dollars."""
    raw = _numbers(files, ",")
    longitude, latitude, age, rooms, bedrooms, population, households, income, value = raw.T
    x = np.stack([income, age, rooms / households, bedrooms / households, population,
                  population / households, latitude, longitude], axis=1)  # fmt: skip
    names = ("MedInc", "HouseAge", "AveRooms", "AveBedrms", "Population", "AveOccup",
             "Latitude", "Longitude")  # fmt: skip
    return Table(x, value / 100_000, names)


def _energy(files: tuple[DataFile, ...], target: str) -> Table:
    raw = _numbers(files, ",", skip=1)
    names = ("relative_compactness", "surface_area", "wall_area", "roof_area", "overall_height",
             "orientation", "glazing_area", "glazing_area_distribution")  # fmt: skip
    return Table(raw[:, :8].copy(), raw[:, 8 + _LOADS.index(target)].copy(), names)


_LOADS = ("heating_load", "cooling_load")


def _last_column(files: tuple[DataFile, ...], names: tuple[str, ...], separator: str | None,
                 skip: int = 0) -> Table:  # fmt: skip
    raw = _numbers(files, separator, skip)
    return Table(raw[:, :-1].copy(), raw[:, -1].copy(), names)


def _numbers(files: tuple[DataFile, ...], separator: str | None, skip: int = 0) -> Array:
    obtain(files)
    text = io.BytesIO(read(files[0]))
    return np.loadtxt(text, delimiter=separator, skiprows=skip, dtype=np.float64)


def _entry(
    name: str, title: str, shape: tuple[int, int, int], source: str, licence: str,
    loader: Callable[..., Table], options: Mapping[str, Any] | None = None,
    choices: Mapping[str, tuple[str, ...]] | None = None,
) -> DatasetInfo:  # fmt: skip
    files = addresses.FILES[name]
    task = CLASSIFICATION if shape[2] else REGRESSION
    load = partial(loader, files)
    return DatasetInfo(
        name, title, task, *shape, source, licence, load, options or {}, files, choices or {}
    )


_DIGITS = tuple("0123456789")
_CLOTHES = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker",
            "Bag", "Ankle boot")  # fmt: skip
_THINGS = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship",
           "truck")  # fmt: skip
_CONCRETE = ("cement", "blast_furnace_slag", "fly_ash", "water", "superplasticizer",
             "coarse_aggregate", "fine_aggregate", "age_days")  # fmt: skip
_YACHT = ("longitudinal_position", "prismatic_coefficient", "length_displacement_ratio",
          "beam_draught_ratio", "length_beam_ratio", "froude_number")  # fmt: skip
_MEDMNIST = "J. Yang et al., Scientific Data 10 (2023), MedMNIST v2"

ENTRIES = (
    _entry(
        "mnist",
        "Handwritten digits, 28 x 28 pixels, official test part",
        (70000, 784, 10),
        "Y. LeCun, C. Cortes, C. Burges, the MNIST database (1998)",
        "CC BY-SA 3.0, as Keras states it; none stated by its authors",
        lambda files: _idx(files, _DIGITS),
    ),
    _entry(
        "fashion_mnist",
        "Articles of clothing, 28 x 28 pixels, official test part",
        (70000, 784, 10),
        "H. Xiao, K. Rasul, R. Vollgraf, arXiv:1708.07747 (2017)",
        "MIT",
        lambda files: _idx(files, _CLOTHES),
    ),
    _entry(
        "cifar10",
        "Photographs of ten things, 3 x 32 x 32 pixels, official test part",
        (60000, 3072, 10),
        "A. Krizhevsky, Learning multiple layers of features from tiny images (2009)",
        "none stated by its author",
        lambda files: _cifar10(files, _THINGS),
    ),
    _entry(
        "pneumoniamnist",
        "Chest X-rays of children, 28 x 28 pixels, official validation and test parts",
        (5856, 784, 2),
        _MEDMNIST,
        "CC BY 4.0",
        lambda files: _medmnist(files, ("normal", "pneumonia")),
    ),
    _entry(
        "breastmnist",
        "Breast ultrasound, 28 x 28 pixels, official validation and test parts",
        (780, 784, 2),
        _MEDMNIST,
        "CC BY 4.0",
        lambda files: _medmnist(files, ("malignant", "normal, benign")),
    ),
    _entry(
        "california_housing",
        "Median house values of Californian districts, in 100 000 dollars",
        (20640, 8, 0),
        "R. K. Pace, R. Barry, Statistics and Probability Letters 33 (1997)",
        "none stated (StatLib)",
        _california_housing,
    ),
    _entry(
        "energy",
        "Heating or cooling load of buildings",
        (768, 8, 0),
        "A. Tsanas, A. Xifara (2012), UCI Machine Learning Repository",
        "CC BY 4.0",
        _energy,
        {"target": "heating_load"},
        {"target": _LOADS},
    ),
    _entry(
        "concrete",
        "Compressive strength of concrete, in MPa",
        (1030, 8, 0),
        "I-C. Yeh (1998), UCI Machine Learning Repository",
        "CC BY 4.0",
        lambda files: _last_column(files, _CONCRETE, ",", skip=1),
    ),
    _entry(
        "yacht",
        "Residuary resistance of sailing yachts",
        (308, 6, 0),
        "J. Gerritsma, R. Onnink, A. Versluis (1981), UCI Machine Learning Repository",
        "CC BY 4.0",
        lambda files: _last_column(files, _YACHT, None),
    ),
)
"""In the order of the catalogue."""
