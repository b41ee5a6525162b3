"""The table of diagnostics: what a circuit can express, entangle and learn; a row a circuit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from qbench.report.cells import (
    AGREEMENT,
    agreement_cell,
    figure,
    interval_cell,
    interval_column,
    problems,
    significant_cell,
    whole,
)
from qbench.report.frames import (
    LABEL,
    TASK_OF_DIAGNOSIS,
    axes_of,
    from_one_backend,
    group_by_axes,
    reasons,
)
from qbench.report.table import Column, Table, significant
from qbench.stats import Interval
from qbench.store import OK

_COUNTS = {
    "qubits": "n_qubits",
    "parameters": "parameters_quantum",
    "depth": "depth",
    "two_qubit_gates": "two_qubit_gates",
}


def diagnostics_table(frame: pd.DataFrame, *, in_full: bool = False) -> Table:
    """One row a circuit at each point of the grid, from its first backend that is complete.

    Parameters
    ----------
    frame : DataFrame
        ``Store.frame(run, each_path=True)``.
    in_full : bool
        Keep columns that say the same in every row, which a note would say once.
    """
    rows = frame[frame["task"] == TASK_OF_DIAGNOSIS]
    axes = axes_of(rows)
    table = Table("Diagnostics", _columns(axes))
    for labels, group in group_by_axes(rows, axes):
        for method in dict.fromkeys(group["method"]):
            table.rows.append(labels | _row(group[group["method"] == method]))
    table.notes += _notes(table, rows)
    table.notes += reasons(rows, "method")
    if in_full:
        return table
    return table.with_constants_as_note(("qubits", "cost", "init", "from_backend"))


def _columns(axes: list[str]) -> list[Column]:
    return [
        *(Column(LABEL + axis, axis, numeric=False) for axis in axes),
        Column("method", "circuit", numeric=False),
        Column("qubits", "qubits", rank=2),
        Column("parameters", "parameters", rank=1),
        Column("depth", "depth", rank=2),
        Column("two_qubit_gates", "2q gates", rank=2),
        Column(
            "expressibility_text",
            "expressibility (KL to Haar, nats)",
            parts=("expressibility",),
            wrap=15,
        ),
        Column("bias_text", "its bias", parts=("expressibility_bias",), rank=3),
        interval_column("entangling", "entangling capability [95%]", wrap=22),
        interval_column("cost_variance", "Var[C] [95%]", rank=3),
        Column("norm_text", "gradient norm", parts=("gradient_norm",), rank=4, wrap=8),
        interval_column("gradient_variance", "gradient variance [95%]", wrap=30),
        Column("zero_text", "exactly zero", parts=("zero_share",), rank=4, wrap=7),
        Column("cost", "cost", numeric=False, rank=5),
        Column("init", "init", numeric=False, rank=5),
        Column("from_backend", "figures from", numeric=False, rank=6),
        AGREEMENT,
        Column("problems", "not ok", numeric=False),
    ]


def _row(rows: pd.DataFrame) -> dict[str, Any]:
    chosen = from_one_backend(rows)
    ok = chosen[chosen["status"] == OK]
    first = chosen.iloc[0] if ok.empty else ok.iloc[0]
    row: dict[str, Any] = {"method": first["method"], "problems": problems(rows)}
    row |= agreement_cell(rows) | {key: whole(first, f"counts.{n}") for key, n in _COUNTS.items()}
    if ok.empty:
        return row
    row |= {key: first.get(f"gradient_variance.{key}") for key in ("cost", "init")}
    row["from_backend"] = first["variant"]
    plain = {
        "expressibility": "metrics.expressibility",
        "expressibility_bias": "metrics.expressibility_bias",
        "gradient_norm": "metrics.gradient_norm",
        "zero_share": "gradient_variance.zero_share",
    }
    found = {key: figure(first, column) for key, column in plain.items()}
    row |= found
    row["expressibility_text"] = significant(found["expressibility"])
    row["bias_text"] = significant(found["expressibility_bias"], 2)
    row["norm_text"] = significant(found["gradient_norm"])
    if found["zero_share"] is not None:
        row["zero_text"] = f"{found['zero_share']:.0%}"
    row |= interval_cell("entangling", _interval(first, "metrics.entangling_capability"))
    row |= significant_cell("cost_variance", _interval(first, "metrics.cost_variance"))
    drawn = _interval(first, "gradient_variance.mean", "gradient_variance.")
    return row | significant_cell("gradient_variance", drawn)


def _interval(row: pd.Series[Any], estimate: str, ends: str | None = None) -> Interval:
    before = f"{estimate}_" if ends is None else ends
    found = (figure(row, name) for name in (estimate, f"{before}low", f"{before}high"))
    mean, low, high = (float("nan") if value is None else value for value in found)
    return Interval(mean, low, high, 1)


def _notes(table: Table, rows: pd.DataFrame) -> Iterator[str]:
    if not table.rows:
        yield "no circuit was diagnosed in this run"
        return
    pairs, bins = (_said(rows, f"metrics.{name}") for name in ("n_pairs", "bins"))
    if pairs:
        yield (
            f"expressibility: divergence of the fidelities of {pairs} pairs of states, {bins} "
            "bins, from those of Haar-random states; smaller is more expressive (Sim et al. "
            "2019); its bias: what Haar-random states themselves would give with so many pairs, "
            "not subtracted"
        )
        yield (
            "entangling capability: mean Meyer-Wallach measure, 0 for product states, 1 at most "
            "(Sim et al. 2019)"
        )
    if any(row.get("cost_variance_text") for row in table.rows):
        yield "Var[C]: variance of the cost itself over the draws; a cost that concentrates"
    if any(row.get("gradient_variance_text") for row in table.rows):
        yield (
            "gradient variance: mean over the components; gradient norm: mean Euclidean norm; "
            "exactly zero: share of weights whose gradient is 0 in every draw"
        )
    if any(row.get("agreement_text") for row in table.rows):
        yield (
            "agreement: largest difference of outputs / gradients from the reference, "
            "over all backends, on the first draws"
        )


def _said(rows: pd.DataFrame, column: str) -> str:
    found = rows.get(column, pd.Series(dtype=float)).dropna()
    return " or ".join(dict.fromkeys(f"{float(value):g}" for value in found))
