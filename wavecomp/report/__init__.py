"""Tables, figures and the page, made from records alone.

Importing this package does not import matplotlib: figures are in :mod:`wavecomp.report.figures`, the page that shows
them in :mod:`wavecomp.report.page`.
"""

from __future__ import annotations

from wavecomp.report.order import explain_order
from wavecomp.report.quality import quality_table
from wavecomp.report.summary import outside_share, summary
from wavecomp.report.table import Format, Table, render, rich_table
from wavecomp.report.table1 import Table1, table1

__all__ = [
    "Format",
    "Table",
    "Table1",
    "explain_order",
    "outside_share",
    "quality_table",
    "render",
    "rich_table",
    "summary",
    "table1",
]
