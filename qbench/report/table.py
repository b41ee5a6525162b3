"""A table as data, before anyone decides how it looks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Column:
    """A column: the key of its values, its heading, and how text shows a value.

    ``parts`` names the plain values behind a composed cell such as
    ``0.96 [0.94, 0.98]``; CSV and JSON carry those instead of the text. Where a
    terminal is narrow the columns of the highest ``rank`` go first, those of rank 0 never.
    A terminal breaks heading and cells that are longer than ``wrap`` signs into lines.
    """

    key: str
    heading: str
    numeric: bool = True
    parts: tuple[str, ...] = ()
    rank: int = 0
    wrap: int | None = None


@dataclass
class Table:
    """Rows of texts with the plain values behind them, and notes to read them by."""

    title: str
    columns: Sequence[Column]
    rows: list[Mapping[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def records(self) -> list[dict[str, Any]]:
        """Plain values, one mapping a row, for CSV, JSON and pandas."""
        keys = [key for c in self.columns for key in (c.parts or (c.key,))]
        return [{key: row.get(key) for key in keys} for row in self.rows]

    def texts(self) -> list[list[str]]:
        """What a person reads, one list a row, empty where a value is missing."""
        return [[_text(row.get(c.key)) for c in self.columns] for row in self.rows]

    def names(self) -> list[str]:
        """What columns can be asked for by: their headings without the bracket."""
        return [c.heading.partition(" [")[0] for c in self.columns]

    def column(self, name: str) -> Column | None:
        """The column of this heading (with its bracket or without), key or part; None if absent."""
        for c, short in zip(self.columns, self.names(), strict=True):
            if name in (short, c.heading, c.key, *c.parts):
                return c
        return None

    def sorted_by(self, name: str, *, descending: bool = False) -> Table:
        """The rows in the order of a column's values; empty ones last, unknown names no change."""
        column = self.column(name)
        if column is None:
            return self
        key = name if name in column.parts else (column.parts or (column.key,))[0]
        filled = [row for row in self.rows if _text(row.get(key))]
        empty = [row for row in self.rows if not _text(row.get(key))]
        filled.sort(key=lambda row: _order(row[key]), reverse=descending)
        return Table(self.title, self.columns, filled + empty, self.notes)

    def without_empty_columns(self) -> Table:
        """The same table without columns that no row fills."""
        kept = [c for c in self.columns if any(_text(row.get(c.key)) for row in self.rows)]
        return Table(self.title, kept, self.rows, self.notes)

    def narrowed(self, fits: Callable[[Table], bool]) -> Table:
        """Without as many of the columns that may go as it takes to fit, named in a note."""
        table, left_out = self, list[str]()
        while not fits(table):
            least = max(table.columns, key=lambda c: c.rank)
            if least.rank == 0:
                break
            left_out.append(least.heading)
            kept = [c for c in table.columns if c is not least]
            table = Table(self.title, kept, self.rows, self.notes)
        if left_out:
            said = f"left out for want of room: {', '.join(left_out)} (--format md has all)"
            return Table(self.title, table.columns, self.rows, [*self.notes, said])
        return table

    def with_constants_as_note(self, keys: Sequence[str]) -> Table:
        """Columns of ``keys`` that say the same in every row, said once in a note instead."""
        if len(self.rows) < 2:
            return self
        texts = {c.key: {_text(row.get(c.key)) for row in self.rows} for c in self.columns}
        told = {key for key, each in texts.items() if len(each) == 1 and each != {""}}
        constant = [c for c in self.columns if c.key in keys and c.key in told]
        said = ", ".join(f"{c.heading} {texts[c.key].pop()}" for c in constant)
        kept = [c for c in self.columns if c not in constant]
        return Table(self.title, kept, self.rows, [f"all rows: {said}"] * bool(said) + self.notes)


def _order(value: Any) -> tuple[bool, float, str]:
    """Numbers, also those written in labels, before words."""
    try:
        return False, float(value), ""
    except ValueError:
        return True, 0.0, str(value)


def _text(value: Any) -> str:
    if value is None or (isinstance(value, float) and value != value):
        return ""
    return value if isinstance(value, str) else str(value)


def significant(value: float | None, digits: int = 3) -> str:
    """A number at so many significant digits, without an exponent where it is short."""
    if value is None or value != value:
        return ""
    if value == 0:
        return "0"
    if 1e-3 <= abs(value) < 1e5:
        text = f"{value:.{digits}g}"
        return f"{float(text):g}" if "e" not in text else f"{float(text):.0f}"
    mantissa, _, power = f"{value:.{digits - 1}e}".partition("e")
    return f"{float(mantissa):g}e{power}"


def with_interval(
    value: float | None, low: float | None, high: float | None, decimals: int = 3, sign: str = ""
) -> str:
    """``0.962 [0.947, 0.977]``; without the bracket where there is no interval."""
    if value is None or value != value:
        return ""
    text = f"{value:{sign}.{decimals}f}"
    if low is None or high is None or low != low or high != high:
        return text
    return f"{text} [{low:{sign}.{decimals}f}, {high:{sign}.{decimals}f}]"
