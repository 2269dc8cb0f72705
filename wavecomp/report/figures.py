"""The figures of the study, each a function from records to a matplotlib Figure, and how a figure is saved."""

from __future__ import annotations

import io
from pathlib import Path

from matplotlib.figure import Figure

from wavecomp.records.own_files import refuse_foreign
from wavecomp.report.draw_comparison import comparison_figure
from wavecomp.report.draw_comparison_curves import comparison_curves
from wavecomp.report.draw_frontier import frontier
from wavecomp.report.draw_gradient import figure14
from wavecomp.report.draw_gradient_comparison import gradient_comparison_figure
from wavecomp.report.draw_sections import figure11, figure13
from wavecomp.report.draw_spectrum import figure_spectrum
from wavecomp.report.draw_steps import figure10
from wavecomp.report.draw_tolerance import figure12
from wavecomp.report.files import write_files
from wavecomp.report.style import drawing

__all__ = [
    "check_figure_place",
    "comparison_curves",
    "comparison_figure",
    "figure10",
    "figure11",
    "figure12",
    "figure13",
    "figure14",
    "figure_files",
    "figure_spectrum",
    "frontier",
    "gradient_comparison_figure",
    "save_figure",
]

_DPI = 160
_MADE_BY = "wavecomp"
_PNG_MARK = f"tEXtSoftware\0{_MADE_BY}".encode()
_SVG_MARK = f"<dc:title>{_MADE_BY}</dc:title>".encode()
_HEAD_BYTES = 4096  # both stand near the beginning


def figure_files(fig: Figure, stem: str, made_by: str | None = None) -> dict[str, bytes]:
    """Return ``stem.png`` and ``stem.svg``, the same bytes for the same figure, with who drew it if given."""
    contents = {}
    with drawing():
        for form, metadata in (("png", {"Software": made_by}), ("svg", {"Date": None, "Creator": made_by})):
            memory = io.BytesIO()
            fig.savefig(memory, format=form, dpi=_DPI, metadata=metadata)
            contents[f"{stem}.{form}"] = memory.getvalue()
    return contents


def check_figure_place(folder: str | Path, stem: str) -> None:
    """See, before anything is drawn, that :func:`save_figure` may write here; raises ForeignFile."""
    for form in ("png", "svg"):
        refuse_foreign(Path(folder) / f"{stem}.{form}", _is_drawn_here, "a figure")


def save_figure(fig: Figure, folder: str | Path, stem: str) -> list[Path]:
    """Write ``stem.png`` and ``stem.svg``: both or neither, and the same bytes for the same figure.

    They stand alone, on no report's list, and so they name wavecomp as what drew them.

    Raises
    ------
    ForeignFile
        One of them is there, and wavecomp did not draw it.
    StorageError
        The disk is full or gone.
    """
    check_figure_place(folder, stem)
    return write_files(folder, figure_files(fig, stem, _MADE_BY))


def _is_drawn_here(file: Path) -> bool:
    head = file.read_bytes()[:_HEAD_BYTES]
    return _PNG_MARK in head or _SVG_MARK in head
