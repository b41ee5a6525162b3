"""Suite to trials: the grid, the seeds, the identity of each trial, its initial weights."""

from __future__ import annotations

from qbench.plan.drawing import (
    circuit_inputs,
    component_indices,
    feature_draws,
    fixed_samples,
    rule_text,
    weight_draws,
)
from qbench.plan.initial import gradient_draws, initial_parameters
from qbench.plan.loading import diagnosis_plan, load_plan
from qbench.plan.models import Parameter, ResolvedModel
from qbench.plan.order import batch_order
from qbench.plan.plan import ONLY_KEYS, Plan, interleave, make_plan
from qbench.plan.search import Search
from qbench.plan.theory import ClosedForm, closed_form, two_design
from qbench.plan.trial import STREAMS, Trial, supporting
from qbench.plan.variants import Variant
from qbench.plan.work import ENSEMBLE, Work

__all__ = [
    "ENSEMBLE",
    "ONLY_KEYS",
    "STREAMS",
    "ClosedForm",
    "Parameter",
    "Plan",
    "ResolvedModel",
    "Search",
    "Trial",
    "Variant",
    "Work",
    "batch_order",
    "circuit_inputs",
    "closed_form",
    "component_indices",
    "diagnosis_plan",
    "feature_draws",
    "fixed_samples",
    "gradient_draws",
    "initial_parameters",
    "interleave",
    "load_plan",
    "make_plan",
    "rule_text",
    "supporting",
    "two_design",
    "weight_draws",
]
