"""A page while it grows: its lines, the files of its tables and figures, and what it has to leave out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import get_args

from matplotlib.figure import Figure

from wavecomp.errors import NothingToReport
from wavecomp.report.figures import figure_files
from wavecomp.report.own_report import FIGURES, TABLES
from wavecomp.report.table import SUFFIXES, Format, Table, escape_markdown, render


@dataclass
class GrowingPage:
    """Lines and files of the page while it grows."""

    lines: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)

    def table(self, stem: str, make: Callable[[], tuple[Table, list[str]]]) -> None:
        """Make a table in every form and show it, with the sentences that belong to it."""
        try:
            table, sentences = make()
        except NothingToReport as reason:
            self.missing.append(str(reason))
            return
        forms: tuple[Format, ...] = get_args(Format)
        self.files |= {f"{TABLES}/{stem}.{SUFFIXES[form]}": render(table, form).encode() for form in forms}
        self.lines += [render(table, "markdown")]
        if sentences:
            self.lines += [*(f"- {escape_markdown(sentence)}" for sentence in sentences), ""]
        self.lines += [f"As {', '.join(f'[{form}]({TABLES}/{stem}.{SUFFIXES[form]})' for form in forms)}.", ""]

    def figure(self, stem: str, caption: str, make: Callable[[], Figure]) -> None:
        """Make a figure in both forms and show it."""
        try:
            figure = make()
        except NothingToReport as reason:
            self.missing.append(str(reason))
            return
        self.files |= {f"{FIGURES}/{name}": content for name, content in figure_files(figure, stem).items()}
        caption = escape_markdown(caption)
        self.lines += [f"![{caption}]({FIGURES}/{stem}.png)", ""]
        self.lines += [f"{caption} ([SVG]({FIGURES}/{stem}.svg))", ""]
