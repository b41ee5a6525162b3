"""The suite language: what a user writes in a file, validated and resolved."""

from qbench.spec.backends import BackendChoice, parse_backend
from qbench.spec.config import Budget, SuiteConfig
from qbench.spec.controls import CLASSICAL_CONTROLS, CONTROLS, control_key, split_control
from qbench.spec.dependencies import distillation_of, everything_needed, needs
from qbench.spec.expressions import evaluate
from qbench.spec.gradient import UntilPrecise
from qbench.spec.identity import IDENTITY
from qbench.spec.layers import written_layers
from qbench.spec.own_settings import data_of, trainer_of
from qbench.spec.point import Point
from qbench.spec.selection import parse_only, selects
from qbench.spec.suite import Suite, load_suite
from qbench.spec.trainability import measures_circuits

__all__ = [
    "CLASSICAL_CONTROLS",
    "CONTROLS",
    "IDENTITY",
    "BackendChoice",
    "Budget",
    "Point",
    "Suite",
    "SuiteConfig",
    "UntilPrecise",
    "control_key",
    "data_of",
    "distillation_of",
    "evaluate",
    "everything_needed",
    "load_suite",
    "measures_circuits",
    "needs",
    "parse_backend",
    "parse_only",
    "selects",
    "split_control",
    "trainer_of",
    "written_layers",
]
