"""Data sets that are drawn, not measured; each is fixed by its options."""

from __future__ import annotations

import numpy as np

from qbench.data.tables import Table
from qbench.exceptions import DataError

_BINARY = ("0", "1")

_ROUNDS = 1000
"""In many dimensions hardly a point lies beyond a wide margin."""


def moons(n_samples: int, noise: float, random_state: int) -> Table:
    """Two interleaving half circles (scikit-learn's ``make_moons``)."""
    from sklearn.datasets import make_moons

    x, y = make_moons(n_samples, noise=noise, random_state=random_state)
    return Table(x, y.astype(np.int64), ("x0", "x1"), _BINARY)


def circles(n_samples: int, noise: float, factor: float, random_state: int) -> Table:
    """A circle within a circle (scikit-learn's ``make_circles``)."""
    from sklearn.datasets import make_circles

    if factor >= 1:
        raise DataError(f"circles: factor is below 1, not {factor}")
    x, y = make_circles(n_samples, noise=noise, factor=factor, random_state=random_state)
    return Table(x, y.astype(np.int64), ("x0", "x1"), _BINARY)


def linearly_separable(n_samples: int, n_features: int, margin: float, random_state: int) -> Table:
    """Uniform points of the cube [-1, 1]^d, divided by the plane through 0 across its diagonal.

    Points with ``|sum(x)| <= margin * d`` are left out. After Bowles, Ahmed and
    Schuld, "Better than classical?" (2024), whose margin is 0.02 d.
    """
    if not 0 <= margin <= 0.5:
        raise DataError(f"linearly_separable: margin is between 0 and 0.5, not {margin}")
    generator = np.random.default_rng(random_state)
    kept = np.empty((0, n_features))
    for _ in range(_ROUNDS):
        drawn = generator.uniform(-1, 1, size=(n_samples, n_features))
        kept = np.concatenate([kept, drawn[np.abs(drawn.sum(axis=1)) > margin * n_features]])
        if len(kept) >= n_samples:
            break
    else:
        raise DataError(f"linearly_separable: {n_features} features leave no margin of {margin}")
    x = kept[:n_samples]
    y = (x.sum(axis=1) > 0).astype(np.int64)
    return Table(x, y, tuple(f"x{i}" for i in range(n_features)), _BINARY)
