"""Tables for a paper: LaTeX that needs the package booktabs and no other."""

from __future__ import annotations

import re

from qbench.report.table import Table

_ESCAPES = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
}
_FIGURE = re.compile(r"(?<![\w.-])(-?)(\d+(?:\.\d+)?)(?:e([+-]?\d+))?(?!\w)")


def latex(table: Table) -> str:
    """The table as a ``table`` environment with its notes below; ``\\usepackage{booktabs}``."""
    shown = table.without_empty_columns()
    alignment = "".join("r" if c.numeric else "l" for c in shown.columns)
    lines = [
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{escaped(shown.title)}}}",
        rf"\begin{{tabular}}{{{alignment}}}",
        r"\toprule",
        _row([escaped(c.heading) for c in shown.columns]),
        r"\midrule",
    ]
    for cells in shown.texts():
        pairs = zip(cells, shown.columns, strict=True)
        lines.append(_row([_number(cell) if c.numeric else escaped(cell) for cell, c in pairs]))
    lines += [r"\bottomrule", r"\end{tabular}"]
    if shown.notes:
        notes = r" \\".join(f"\n{escaped(note)}" for note in shown.notes)
        lines.append(rf"\par\medskip\raggedright\footnotesize{notes}")
    return "\n".join([*lines, r"\end{table}"])


def escaped(text: str) -> str:
    """The text with every character that means something to LaTeX made to mean itself."""
    return "".join(_ESCAPES.get(sign, sign) for sign in text)


def _number(cell: str) -> str:
    """A cell of figures: ``5e-07`` as a power of ten, a hyphen before a digit as a minus."""
    return _FIGURE.sub(_figure, escaped(cell))


def _figure(found: re.Match[str]) -> str:
    sign, digits, exponent = found.groups()
    if exponent:
        return rf"${sign}{digits}\times10^{{{int(exponent)}}}$"
    return f"$-${digits}" if sign else digits


def _row(cells: list[str]) -> str:
    r"""One row; what begins with a bracket would be an option of the ``\\`` before it."""
    safe = ["{[}" + cell[1:] if cell.startswith("[") else cell for cell in cells]
    return " & ".join(safe) + r" \\"
