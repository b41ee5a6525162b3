"""Metrics, intervals, paired comparisons and agreement."""

from __future__ import annotations

from qbench.stats.agreement import max_difference, max_relative_difference, worst_pair
from qbench.stats.decay import Decay, fit_decay
from qbench.stats.diagnostics import (
    Expressibility,
    expressibility,
    fidelities,
    haar_mean_meyer_wallach,
    meyer_wallach,
)
from qbench.stats.gradients import (
    GradientVariance,
    gradient_variance,
    resolution_floor,
    samples_needed,
    variance_interval,
)
from qbench.stats.intervals import (
    LEVEL,
    Interval,
    clopper_pearson_interval,
    least_difference,
    mean_interval,
    paired_difference,
    quotient_interval,
    ratio_interval,
    ratio_of_medians,
    wilson_interval,
)
from qbench.stats.metrics import (
    CLASSIFICATION_METRICS,
    HIGHER_IS_BETTER,
    OUTPUT_KINDS,
    REGRESSION_METRICS,
    Metrics,
    check_metric,
    classification_metrics,
    metric_names,
    predictions,
    regression_metrics,
)
from qbench.stats.power import POWER, detectable_difference, paired_power
from qbench.stats.speed import (
    SCALING_POINTS,
    WIDE_SPREAD,
    median_interval,
    outliers,
    paired_ratio,
    scaling_exponent,
    spread,
    time_interval,
)

__all__ = [
    "CLASSIFICATION_METRICS",
    "HIGHER_IS_BETTER",
    "LEVEL",
    "OUTPUT_KINDS",
    "POWER",
    "REGRESSION_METRICS",
    "SCALING_POINTS",
    "WIDE_SPREAD",
    "Decay",
    "Expressibility",
    "GradientVariance",
    "Interval",
    "Metrics",
    "check_metric",
    "classification_metrics",
    "clopper_pearson_interval",
    "detectable_difference",
    "expressibility",
    "fidelities",
    "fit_decay",
    "gradient_variance",
    "haar_mean_meyer_wallach",
    "least_difference",
    "max_difference",
    "max_relative_difference",
    "mean_interval",
    "median_interval",
    "metric_names",
    "meyer_wallach",
    "outliers",
    "paired_difference",
    "paired_power",
    "paired_ratio",
    "predictions",
    "quotient_interval",
    "ratio_interval",
    "ratio_of_medians",
    "regression_metrics",
    "resolution_floor",
    "samples_needed",
    "scaling_exponent",
    "spread",
    "time_interval",
    "variance_interval",
    "wilson_interval",
    "worst_pair",
]
