"""Pictures of a run, in one house style.

What a picture shows is found first, as a :class:`Drawing` of plain figures, and
drawn after; so what is drawn can be held against the store.
"""

from __future__ import annotations

from qbench.report.plots.kinds import FORMATS, KINDS, find_kinds, plot, write
from qbench.report.plots.source import Drawing, Source

__all__ = ["FORMATS", "KINDS", "Drawing", "Source", "find_kinds", "plot", "write"]
