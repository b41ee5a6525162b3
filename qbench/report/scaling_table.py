"""How times grow: exponents against 2^n, the batch and the depth; a row a variant and axis."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from qbench.report.cells import interval_column, significant_cell
from qbench.report.frameworks_table import versioned
from qbench.report.table import Column, Table
from qbench.report.timings import BATCH, MEASURE, exponent_points, timed
from qbench.stats import SCALING_POINTS, scaling_exponent
from qbench.store import OK

LARGEST = 4
"""Points of a fit: the largest sizes, since overheads hide the law at small ones."""

_VARIANT = ("device", "diff_method", "tier", "precision")
_QUBITS, _DEPTH = "counts.n_qubits", "counts.depth"


def scaling_table(frame: pd.DataFrame, *, in_full: bool = False) -> Table:
    """Exponents b of seconds = a x^b over the largest sizes of each variant and measure.

    Against 2^n the depth grows as the suite has it grow with n; against the depth the
    number of qubits is fixed.
    """
    rows = timed(frame)
    ok = rows[rows["status"] == OK]
    table = Table("Scaling", _COLUMNS)
    for (method, measure, _), group in ok.groupby(["method", MEASURE, "variant"], sort=False):
        head = {"circuit": method, "measure": measure, "backend": versioned(group.iloc[0])}
        head |= {key: group.iloc[0][key] for key in _VARIANT}
        table.rows += [head | row for row in _exponents(group)]
    if table.rows:
        table.notes.append(
            f"b of seconds = a x^b, least squares over the {LARGEST} largest x [95% t interval]; "
            "an overhead that does not grow pulls b down"
        )
    return table if in_full else table.with_constants_as_note(("circuit", *_VARIANT))


_COLUMNS = (
    Column("circuit", "circuit", numeric=False),
    Column("measure", "measure", numeric=False),
    Column("backend", "backend", numeric=False),
    Column("device", "device", numeric=False, rank=2),
    Column("diff_method", "gradient", numeric=False),
    Column("tier", "tier", numeric=False, rank=2),
    Column("precision", "precision", numeric=False, rank=2),
    Column("along", "x", numeric=False),
    Column("fixed", "at", numeric=False),
    Column("range", "from - to", numeric=False, rank=1),
    interval_column("exponent", "b [95%]"),
)


def _exponents(group: pd.DataFrame) -> Iterator[dict[str, Any]]:
    sized = group.assign(states=2.0 ** group[_QUBITS], batch=group[BATCH].astype(float))
    kinds = (
        ("2^n", "states", "batch", "batch"),
        ("batch", "batch", _QUBITS, "qubits"),
        ("depth", _DEPTH, _QUBITS, "qubits"),
    )
    for said, x, fixed, name in kinds:
        for value, part in sized.groupby(fixed):
            if x == _DEPTH:  # at one batch size, or the batch would be what grows
                part = part[part["batch"] == part["batch"].max()]
            if part[x].nunique() < SCALING_POINTS:
                continue
            along, times = exponent_points(part, x, LARGEST)
            ends = f"{along[0]:.0f} - {along[-1]:.0f}"
            if x == "states":
                ends = f"2^{np.log2(along[0]):.0f} - 2^{np.log2(along[-1]):.0f}"
            yield {
                "along": said,
                "fixed": f"{name} {value:.0f}",
                "range": ends,
                **significant_cell("exponent", scaling_exponent(along, times)),
            }
