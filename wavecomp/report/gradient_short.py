"""The short form of a gradient study's table: what fits a terminal, and answers at a glance."""

from __future__ import annotations

import textwrap
from dataclasses import replace

from wavecomp.report.table import Cell, Column, Row, Table

TERMINAL = 120
"""Columns of characters that a printed short table never exceeds."""

# The columns that answer, by their headers in the whole table, and what stands above them here.
_KEPT = {
    "median": "Ratio,\nmedian",
    "Peak (MB)": "Peak\n(MB)",
    "Forward steps": "Forward\nsteps",
    "Wall (s)": "Wall\n(s)",
    "Wall / bare": "Wall / bare\n[least, greatest]",
    "Relative L2": "Relative\nL2",
    "Angle (rad)": "Angle\n(rad)",
}
_RATIO, _OF_ROUNDS = "Wall / bare", ("least of rounds", "greatest of rounds")
_LABEL = 32
_INDENT = "  "


def short_table(table: Table) -> Table:
    """Return the columns of :func:`wavecomp.report.gradient_table.gradient_table` that answer at a glance.

    Strategy, compressor and setting share the first column: a strategy stands above its compressors. Printed as text
    the table is at most :data:`TERMINAL` characters wide, its notes too.
    """
    places = {column.header: place for place, column in enumerate(table.columns)}
    columns = [
        Column("Strategy\n  compressor", left=True),
        *(replace(table.columns[places[header]], header=short) for header, short in _KEPT.items()),
    ]
    rows: list[Row] = []
    above: Cell = None
    for row in table.rows:
        strategy, compressor, setting = (row.cells[places[name]] for name in ("Strategy", "Compressor", "Setting"))
        cells: dict[str, Cell] = {header: row.cells[places[header]] for header in _KEPT}
        cells[_RATIO] = _spread(*(row.cells[places[header]] for header in (_RATIO, *_OF_ROUNDS)))
        label = _wrapped(f"{compressor} {setting}".strip(), _INDENT)
        if strategy != above:
            # A strategy's text has no blanks; it may be broken behind its commas.
            head = _wrapped(str(strategy).replace(",", ", "), "").replace(", ", ",")
            if compressor in ("", "none"):
                label = head
            else:
                rows.append(Row((head, *("" for _ in _KEPT))))
        above = strategy
        rows.append(replace(row, cells=(label, *cells.values())))
    return replace(table, columns=tuple(columns), rows=tuple(rows))


def _spread(median: Cell, least: Cell, greatest: Cell) -> Cell:
    """Return a ratio with what it was in single rounds, in one cell; by itself where there was one round."""
    ratios = [cell for cell in (median, least, greatest) if isinstance(cell, float)]
    if len(ratios) < 3:
        return None
    words = [f"{ratio:.2f}" if ratio < 100 else f"{ratio:.0f}" for ratio in ratios]
    return words[0] if least == greatest else f"{words[0]} [{words[1]}, {words[2]}]"


def _wrapped(text: str, indent: str) -> str:
    return textwrap.fill(
        text, _LABEL, initial_indent=indent, subsequent_indent=indent + 2 * _INDENT, break_on_hyphens=False
    )
