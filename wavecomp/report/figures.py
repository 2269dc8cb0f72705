"""The figures of the study, each a function from records to a matplotlib Figure, and how a figure is saved."""

from __future__ import annotations

import io
from pathlib import Path

from matplotlib.figure import Figure

from wavecomp.report.draw_frontier import frontier
from wavecomp.report.draw_gradient import figure14
from wavecomp.report.draw_sections import figure11, figure13
from wavecomp.report.draw_spectrum import figure_spectrum
from wavecomp.report.draw_steps import figure10
from wavecomp.report.draw_tolerance import figure12
from wavecomp.report.files import write_files
from wavecomp.report.style import drawing

__all__ = ["figure10", "figure11", "figure12", "figure13", "figure14", "figure_spectrum", "frontier", "save_figure"]

_DPI = 160


def save_figure(fig: Figure, folder: str | Path, stem: str) -> list[Path]:
    """Write ``stem.png`` and ``stem.svg``: both or neither, and the same bytes for the same figure.

    Raises
    ------
    StorageError
        The disk is full or gone.
    """
    contents = {}
    with drawing():
        for form, metadata in (("png", {"Software": None}), ("svg", {"Date": None, "Creator": None})):
            memory = io.BytesIO()
            fig.savefig(memory, format=form, dpi=_DPI, metadata=metadata)
            contents[f"{stem}.{form}"] = memory.getvalue()
    return write_files(folder, contents)
