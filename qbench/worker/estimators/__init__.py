"""scikit-learn's estimators as classical baselines."""

from __future__ import annotations

from qbench.worker.estimators.fitting import fit, versions

__all__ = ["fit", "versions"]
