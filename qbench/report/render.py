"""Tables as terminal text, Markdown, LaTeX, CSV or JSON."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from qbench.exceptions import UnknownNameError
from qbench.report.latex import latex
from qbench.report.table import Table

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table as RichTable

FORMATS = ("rich", "md", "csv", "json", "latex")


def render_text(tables: Sequence[Table], fmt: str) -> str:
    """The tables as Markdown, LaTeX, CSV or JSON.

    CSV and JSON hold plain values under their own names (``accuracy_low``), not
    the composed cells that people read; a list of them is JSON text in CSV. Several tables
    in CSV are separated by a blank line; JSON is one object, keyed by the tables' titles.

    Raises
    ------
    UnknownNameError
        Another format.
    """
    if fmt == "md":
        return "\n\n".join(_markdown(t) for t in tables) + "\n"
    if fmt == "latex":
        return "\n\n".join(latex(t) for t in tables) + "\n"
    if fmt == "csv":
        return "\n".join(_csv(t) for t in tables)
    if fmt == "json":
        plain = {t.title: {"rows": _jsonable(t.records()), "notes": t.notes} for t in tables}
        return json.dumps(plain, indent=2) + "\n"
    raise UnknownNameError(f"format '{fmt}': there are {', '.join(FORMATS)}")


def render_rich(table: Table, width: int | None = None) -> RenderableType:
    """The table for a terminal, notes below it; columns that don't fit ``width`` left out."""
    from rich.console import Group
    from rich.text import Text

    shown = table.without_empty_columns()
    if width is not None:
        shown = shown.narrowed(lambda t: _drawn_width(t) <= width)
    return Group(_drawn(shown), *(Text(f"  {note}", style="dim") for note in shown.notes))


def _drawn(table: Table) -> RichTable:
    from rich import box
    from rich.table import Table as RichTable
    from rich.text import Text

    drawn = RichTable(title=table.title, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for column in table.columns:
        drawn.add_column(
            column.heading,
            justify="right" if column.numeric else "left",
            overflow="fold",
            max_width=column.wrap,
        )
    for row in table.texts():
        drawn.add_row(*(Text(cell) for cell in row))
    return drawn


def _drawn_width(table: Table) -> int:
    """Columns of text that the table takes unwrapped, headings on as many lines as they need."""
    from rich.console import Console
    from rich.measure import Measurement

    console = Console(width=10_000)
    return Measurement.get(console, console.options, _drawn(table)).maximum


def _markdown(table: Table) -> str:
    shown = table.without_empty_columns()
    lines = [f"### {shown.title}", ""]
    lines.append("| " + " | ".join(c.heading for c in shown.columns) + " |")
    lines.append("|" + "|".join(" ---: " if c.numeric else " --- " for c in shown.columns) + "|")
    for row in shown.texts():
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |")
    if shown.notes:
        lines += ["", *(f"- {note}" for note in shown.notes)]
    return "\n".join(lines)


def _csv(table: Table) -> str:
    records = table.records()
    out = io.StringIO()
    if records:
        writer = csv.DictWriter(out, fieldnames=list(records[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows({key: _in_csv(item) for key, item in row.items()} for row in records)
    return out.getvalue()


def _in_csv(value: Any) -> Any:
    return json.dumps(_jsonable(value)) if isinstance(value, list) else value


def _jsonable(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _jsonable(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_jsonable(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value.item() if hasattr(value, "item") else value
