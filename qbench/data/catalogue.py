"""The data sets that qbench knows by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches

import numpy as np

from qbench.data import generated, ising, own, published
from qbench.data.info import DatasetInfo
from qbench.data.tables import CLASSIFICATION, REGRESSION, ImageShape, Table
from qbench.exceptions import UnknownNameError


def _bundled(function: str, image_shape: ImageShape | None = None) -> Callable[[], Table]:
    """A loader of a data set that scikit-learn ships."""

    def load() -> Table:
        import sklearn.datasets

        bunch = getattr(sklearn.datasets, function)()
        return Table(
            np.ascontiguousarray(bunch.data, dtype=np.float64),
            bunch.target.astype(np.int64),
            tuple(str(name) for name in bunch.feature_names),
            tuple(str(name) for name in bunch.target_names),
            image_shape,
        )

    return load


def _diabetes() -> Table:
    from sklearn.datasets import load_diabetes

    bunch = load_diabetes(scaled=False)  # scikit-learn's scaling has seen the test part
    x = np.ascontiguousarray(bunch.data, dtype=np.float64)
    return Table(x, bunch.target.astype(np.float64), tuple(bunch.feature_names))


_UCI = "CC BY 4.0"
_DRAWN = "generated"

_ENTRIES = (
    DatasetInfo(
        "digits",
        "Handwritten digits, 8 x 8 pixels, 0 to 16",
        CLASSIFICATION,
        1797,
        64,
        10,
        "E. Alpaydin, C. Kaynak (1998), UCI Machine Learning Repository; scikit-learn's copy",
        _UCI,
        _bundled("load_digits", (1, 8, 8)),
    ),
    DatasetInfo(
        "breast_cancer",
        "Breast cancer Wisconsin (diagnostic)",
        CLASSIFICATION,
        569,
        30,
        2,
        "W. Wolberg et al. (1993), UCI Machine Learning Repository; scikit-learn's copy",
        _UCI,
        _bundled("load_breast_cancer"),
    ),
    DatasetInfo(
        "wine",
        "Chemical analysis of Italian wines of three cultivars",
        CLASSIFICATION,
        178,
        13,
        3,
        "S. Aeberhard, M. Forina (1992), UCI Machine Learning Repository; scikit-learn's copy",
        _UCI,
        _bundled("load_wine"),
    ),
    DatasetInfo(
        "iris",
        "Fisher's irises of three species",
        CLASSIFICATION,
        150,
        4,
        3,
        "R. A. Fisher (1936), UCI Machine Learning Repository; scikit-learn's copy",
        _UCI,
        _bundled("load_iris"),
    ),
    DatasetInfo(
        "diabetes",
        "Progression of diabetes one year after the baseline, unscaled",
        REGRESSION,
        442,
        10,
        0,
        "B. Efron et al., Annals of Statistics 32 (2004); scikit-learn's copy",
        "not stated by its authors; shipped by scikit-learn",
        _diabetes,
    ),
    DatasetInfo(
        "moons",
        "Two interleaving half circles",
        CLASSIFICATION,
        300,
        2,
        2,
        "scikit-learn's make_moons",
        _DRAWN,
        generated.moons,
        {"n_samples": 300, "noise": 0.1, "random_state": 0},
    ),
    DatasetInfo(
        "circles",
        "A circle within a circle",
        CLASSIFICATION,
        300,
        2,
        2,
        "scikit-learn's make_circles",
        _DRAWN,
        generated.circles,
        {"n_samples": 300, "noise": 0.1, "factor": 0.5, "random_state": 0},
    ),
    DatasetInfo(
        "linearly_separable",
        "Points of a cube on two sides of a plane, with a margin",
        CLASSIFICATION,
        300,
        2,
        2,
        "after J. Bowles, S. Ahmed, M. Schuld, arXiv:2403.07059 (2024)",
        _DRAWN,
        generated.linearly_separable,
        {"n_samples": 300, "n_features": 2, "margin": 0.02, "random_state": 0},
    ),
    DatasetInfo(
        "tfim",
        "Ground states of the transverse-field Ising chain in its two phases, as amplitudes",
        CLASSIFICATION,
        200,
        64,
        2,
        "exact diagonalisation; P. Pfeuty, Annals of Physics 57 (1970)",
        _DRAWN,
        ising.tfim,
        {
            "n_samples": 200,
            "n_qubits": 6,
            "h_min": 0.2,
            "h_max": 1.8,
            "gap": 0.2,
            "boundary": "open",
            "random_state": 0,
        },
        choices={"boundary": ("open", "periodic")},
        states=True,
    ),
)

DATASETS: Mapping[str, DatasetInfo] = {
    entry.name: entry for entry in (*_ENTRIES, *published.ENTRIES, own.ENTRY)
}


def find_dataset(name: str) -> DatasetInfo:
    """The catalogue's entry of that name.

    Raises
    ------
    UnknownNameError
        There is none; suggests the nearest.
    """
    if name in DATASETS:
        return DATASETS[name]
    near = get_close_matches(name, DATASETS, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(DATASETS)}"
    raise UnknownNameError(f"no data set {name!r}; {hint}")
