"""At which wavenumbers compressors put their errors, beside the field's own spectrum."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from wavecomp.errors import NothingToReport
from wavecomp.records import Section
from wavecomp.report.choose_sections import comparable, sections_of_field
from wavecomp.report.direct_labels import EndLabel, label_ends, label_room_in
from wavecomp.report.names import family_of, setting_label
from wavecomp.report.rows import RUN
from wavecomp.report.style import BLACK, DASHES, drawing, family_style, new_figure, panel


def figure_spectrum(sections: Sequence[Section], field: str | None = None) -> Figure:
    """Draw the mean power a Fourier mode of the field and of each compressor's error, at errors of one size.

    The curve ``wavenumber`` is taken in cycles/m and drawn in cycles/km; where the grid's spacing is not known it is in
    cycles a point.

    Raises
    ------
    NothingToReport
        No section holds spectra.
    """
    of_field = [s for s in sections if {"wavenumber", "field_power", "error_power"} <= set(s.curves)]
    if not of_field:
        raise NothingToReport(f"no cross-section beside the records holds a spectrum; {RUN} makes them")
    chosen, _ = comparable(sections_of_field(of_field, field))
    if not chosen:
        raise NothingToReport(f"no spectrum of {field or of_field[0].field} has an error in it; {RUN} makes them")
    with drawing():
        return _draw(chosen)


def _draw(chosen: list[Section]) -> Figure:
    families = [family_of(section.spec or "") for section in chosen]
    first = chosen[0]
    curves = [(first.curves["wavenumber"], first.curves["field_power"], "the field", BLACK, DASHES[0], "")]
    for place, (section, family) in enumerate(zip(chosen, families, strict=True)):
        look = family_style(family, families)
        dash = DASHES[families[:place].count(family) % len(DASHES)]
        label = f"error of {setting_label(section.spec or '')}"
        curves.append(
            (section.curves["wavenumber"], section.curves["error_power"], label, look.colour, dash, look.marker)
        )
    width, height = 6.7 + label_room_in([curve[2] for curve in curves]), 5.0
    figure = new_figure(width, height)
    axes = figure.add_axes((0.85 / width, 0.6 / height, 5.8 / width, 1 - 1.05 / height))
    unit, scale = ("cycles/point", 1.0) if first.length_unit == "points" else ("cycles/km", 1e3)
    drawn = []
    for wavenumber, power, label, colour, dash, marker in curves:
        shown = (wavenumber > 0.0) & (power > 0.0)
        x, y = scale * wavenumber[shown], power[shown]
        if not x.size:
            continue
        every = max(1, x.size // 10)
        axes.plot(x, y, color=colour, linestyle=dash, marker=marker, markevery=every, label=label)
        drawn.append((x, y, label, colour))
    axes.set_yscale("log")
    axes.margins(x=0.01)
    axes.set_xlim(left=0.0)
    low, high = axes.get_ylim()
    low = max(low, high * 1e-16)
    axes.set_ylim(low, high)
    panel(
        axes,
        f"{first.field}{f' at t = {first.time_s:.4g} s' if first.time_s is not None else ''}: spectra of the field and "
        "of the errors",
        f"Wavenumber ({unit})",
        "Mean power a mode (squared unit of the field)",
    )
    ends = []
    for x, y, label, colour in drawn:
        inside = np.flatnonzero(np.isfinite(y) & (y >= low))  # a smooth field falls out of the figure before its end
        if inside.size:
            ends.append(EndLabel(float(x[inside[-1]]), float(y[inside[-1]]), label, colour))
    label_ends(axes, ends)
    return figure
