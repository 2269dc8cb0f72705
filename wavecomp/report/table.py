"""A small table, and its four printed forms: text, Markdown, LaTeX and CSV."""

from __future__ import annotations

import csv
import io
import re
import textwrap
from dataclasses import dataclass
from typing import Literal, get_args

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from wavecomp.errors import UsageError
from wavecomp.plain_text import one_line, printable

Cell = str | int | float | None
Format = Literal["text", "markdown", "latex", "csv"]
SUFFIXES: dict[Format, str] = {"text": "txt", "markdown": "md", "latex": "tex", "csv": "csv"}


@dataclass(frozen=True, slots=True)
class Column:
    """A column's header and how its numbers are printed.

    Attributes
    ----------
    header : str
        Name with unit.
    number : str
        Format of its numbers for people, e.g. ``.2f``; CSV always carries every digit.
    left : bool
        Aligned left: text.
    """

    header: str
    number: str = ""
    left: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """Cells in the columns' order; None is "no value".

    Attributes
    ----------
    cells : tuple
        Text or numbers.
    muted : bool
        Of second rank: dim on a terminal, italic elsewhere.
    gap_after : bool
        A little room follows.
    """

    cells: tuple[Cell, ...]
    muted: bool = False
    gap_after: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its title above and its notes below."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()

    def shown(self, row: Row) -> list[str]:
        """Return a row's cells as people read them."""
        return [_shown(cell, column.number) for cell, column in zip(row.cells, self.columns, strict=True)]


def _shown(cell: Cell, number: str) -> str:
    if cell is None:
        return "–"
    return printable(cell) if isinstance(cell, str) else format(cell, number)


def render(table: Table, form: Format) -> str:
    """Print a table in one of its forms, ending in a line feed.

    Raises
    ------
    UsageError
        ``form`` is none of text, markdown, latex, csv.
    """
    match form:
        case "text":
            return _text(table)
        case "markdown":
            return _markdown(table)
        case "latex":
            return _latex(table)
        case "csv":
            return _csv(table)
    raise UsageError(f'format "{form}": must be one of {", ".join(get_args(Format))}')


def rich_table(table: Table) -> RichTable:
    """Return the table for a terminal; the notes are the caller's to print."""
    view = RichTable(
        title=Text(printable(table.title)), box=SIMPLE_HEAD, title_justify="left", title_style="bold", pad_edge=False
    )
    for column in table.columns:
        view.add_column(Text(printable(column.header)), justify="left" if column.left else "right")
    for row in table.rows:
        # Text, not str: a cell in square brackets is no markup.
        view.add_row(*map(Text, table.shown(row)), style="dim" if row.muted else None)
        if row.gap_after and row is not table.rows[-1]:
            view.add_row()
    return view


def _text(table: Table) -> str:
    memory = io.StringIO()
    console = Console(file=memory, width=400, color_system=None, markup=False, highlight=False, emoji=False)
    console.print(rich_table(table))
    lines = [line.rstrip() for line in memory.getvalue().rstrip().splitlines()]
    notes = [line for note in table.notes for line in ("", *textwrap.wrap(one_line(note), max(60, *map(len, lines))))]
    return "\n".join([*lines, *notes]) + "\n"


def escape_markdown(text: str) -> str:
    """Escape what GitHub's Markdown would read as markup in a cell or sentence."""
    return re.sub(r"([\\|*_`<\[\]])", r"\\\1", one_line(text))


def _markdown(table: Table) -> str:
    lines = [f"**{escape_markdown(table.title)}**", ""]
    lines.append(_pipes([escape_markdown(column.header) for column in table.columns]))
    lines.append(_pipes([":---" if column.left else "---:" for column in table.columns]))
    for row in table.rows:
        cells = [escape_markdown(cell) for cell in table.shown(row)]
        lines.append(_pipes([f"*{cell}*" for cell in cells] if row.muted else cells))
    for note in table.notes:
        lines += ["", escape_markdown(note)]
    return "\n".join(lines) + "\n"


def _pipes(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


_LATEX = {
    **{character: f"\\{character}" for character in "&%$#_{}"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "–": "--",
    "×": r"$\times$",
    "≥": r"$\geq$",
    "≤": r"$\leq$",
}


def escape_latex(text: str) -> str:
    """Escape what LaTeX would read as commands; a few signs become their commands."""
    return "".join(_LATEX.get(character, character) for character in one_line(text))


def _latex(table: Table) -> str:
    """Return a ``tabular`` for the booktabs package, with title and notes as comments for the caption."""
    lines = [f"% {one_line(text)}" for text in (table.title, *table.notes, r"needs \usepackage{booktabs}")]
    lines.append(rf"\begin{{tabular}}{{{''.join('l' if column.left else 'r' for column in table.columns)}}}")
    lines += [r"\toprule", _ampersands([escape_latex(column.header) for column in table.columns]), r"\midrule"]
    for row in table.rows:
        cells = [escape_latex(cell) for cell in table.shown(row)]
        lines.append(_ampersands([rf"\textit{{{cell}}}" for cell in cells] if row.muted else cells))
        if row.gap_after and row is not table.rows[-1]:
            lines.append(r"\addlinespace")
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}"]) + "\n"


def _ampersands(cells: list[str]) -> str:
    return " & ".join(cells) + r" \\"


def _csv(table: Table) -> str:
    memory = io.StringIO()
    writer = csv.writer(memory, lineterminator="\n")
    writer.writerow([printable(column.header) for column in table.columns])
    for row in table.rows:
        writer.writerow(
            ["" if cell is None else printable(cell) if isinstance(cell, str) else cell for cell in row.cells]
        )
    return memory.getvalue()
