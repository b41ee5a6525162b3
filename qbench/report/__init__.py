"""The two honest tables, and how they are written."""

from __future__ import annotations

from qbench.report.render import FORMATS, render_rich, render_text
from qbench.report.run_tables import View, run_tables, two_runs_tables
from qbench.report.table import Column, Table

__all__ = [
    "FORMATS",
    "Column",
    "Table",
    "View",
    "render_rich",
    "render_text",
    "run_tables",
    "two_runs_tables",
]
