"""What one point of the grid asks for: its models on their backends, controls, baselines."""

from __future__ import annotations

from qbench.plan.methods.baselines import MLP_HIDDEN
from qbench.plan.methods.resolved import ResolvedPoint
from qbench.plan.methods.works import works_at

__all__ = ["MLP_HIDDEN", "ResolvedPoint", "works_at"]
